"""`voicecli tools`: lists, allows, forbids and tests tools."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

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
