"""`voicecli tools`: lists, allows, forbids and tests tools."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fakes import forked
from voicecli.app import permissions, user_tools
from voicecli.app.session_tools import offers
from voicecli.cli.main import main
from voicecli.config.load import load
from voicecli.memory.notes import SavedNotes


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("voicecli.config.paths.config_dir", lambda: tmp_path)
    monkeypatch.setattr("voicecli.config.paths.history_dir", lambda: tmp_path / "history")
    return tmp_path


def test_list_names_every_tool_and_whether_it_may_be_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tools", "list"]) == 0
    rows = {line.split("\t")[0]: line.split("\t") for line in capsys.readouterr().out.splitlines()}
    assert rows["time"][1:3] == ["clock", "allow"]
    assert rows["add_note"][1:3] == ["notes", "ask"]
    assert main(["tools", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert next(each for each in listed if each["name"] == "set_timer")["arguments"]["required"] == ["seconds"]


def test_what_is_allowed_is_not_asked_for_and_what_is_forbidden_is_not_offered() -> None:
    assert main(["tools", "allow", "notes"]) == 0
    assert main(["tools", "forbid", "timers"]) == 0
    offered = {each.tool.name: each.asks for each in offers(load().settings)}
    assert offered["add_note"] is False
    assert "set_timer" not in offered


def test_a_group_that_there_is_not_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tools", "allow", "note"]) != 0
    assert "There is no group of tools note." in capsys.readouterr().err


def test_test_says_what_would_be_called(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tools", "test", "How much is seventeen times twenty-three?"]) == 0
    assert capsys.readouterr().out == "calculate: expression 17*23\n17 times 23 is 391.\n"
    assert main(["tools", "test", "--json", "Set a timer for ten minutes"]) == 0
    assert json.loads(capsys.readouterr().out) == {"tool": "set_timer", "arguments": {"seconds": 600}, "answer": None}
    assert main(["tools", "test", "Tell me a joke."]) == 0
    assert capsys.readouterr().out == "No tool: the language model answers this.\n"


def test_notes_are_listed_and_removed(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tools", "notes"]) == 0
    assert capsys.readouterr().out == ""
    notes = SavedNotes(own / "history", writes=True)
    notes.add("buy milk")
    notes.add("call Ana")
    assert main(["tools", "notes"]) == 0
    assert capsys.readouterr().out == "1. buy milk\n2. call Ana\n"
    assert main(["tools", "notes", "--rm", "1"]) == 0
    assert notes.newest(5) == (["call Ana"], 1)
    assert main(["tools", "notes", "--rm", "7"]) != 0
    assert main(["tools", "notes", "--rm", "all"]) == 0
    assert notes.newest(5) == ([], 0)


PROGRAM = """
[tools.command.lights]
program = ["sh", "-c", "echo $1 in $2", "lights"]
arguments = ["{state}", "{room}"]
description = "Switches lights."
reads = true
"""


@pytest.fixture
def lights(own: Path) -> Path:
    (own / "config.toml").write_text(PROGRAM, encoding="utf-8")
    return own


def may(capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(["tools", "list"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    return next(row[2] for row in rows if row[0] == "lights")


def test_a_program_is_listed_and_asked_for_until_it_is_allowed(
    lights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert may(capsys) == "ask"
    assert main(["tools", "allow", "lights", "room=hall", "state=*"]) == 0
    assert may(capsys) == "ask; allow room=hall state=*"
    assert (lights / "permissions.json").stat().st_mode & 0o077 == 0
    assert main(["tools", "forbid", "lights"]) == 0
    assert may(capsys) == "forbid"
    assert user_tools.found(load().settings).offers(permissions.load()) == ()
    assert main(["tools", "allow", "lights"]) == 0
    assert [each.asks for each in user_tools.found(load().settings).offers(permissions.load())] == [False]
    assert main(["tools", "ask", "lights"]) == 0
    assert may(capsys) == "ask"
    assert [each.asks for each in user_tools.found(load().settings).offers(permissions.load())] == [True]


@pytest.mark.parametrize("words", [["lights", "room"], ["notes", "text=*"], ["lamps"]])
def test_what_cannot_be_allowed_is_told(lights: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tools", "allow", *words]) != 0
    assert capsys.readouterr().err.startswith("error: ")
    assert not (lights / "permissions.json").exists()


def test_a_damaged_file_of_permissions_is_told_and_kept(lights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (lights / "permissions.json").write_text("{", encoding="utf-8")
    assert main(["tools", "allow", "lights"]) != 0
    assert "permissions.json is damaged" in capsys.readouterr().err
    assert (lights / "permissions.json").read_text(encoding="utf-8") == "{"


def test_a_program_can_be_tried(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(PROGRAM, encoding="utf-8")
    folders = {f"XDG_{name}_HOME": str(tmp_path / name) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
    done = forked.voicecli(
        *("tools", "test", "lights", "--with", '{"state": "off", "room": "hall; id"}'),
        env={**folders, "VOICECLI_CONFIG": str(tmp_path / "config.toml")},
    )
    assert done.stdout == "off in hall; id\n", done.stderr
