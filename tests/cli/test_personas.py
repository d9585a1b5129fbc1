from __future__ import annotations

import json
from pathlib import Path

import pytest

from voicecli.cli.main import main
from voicecli.session import personas


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the user's own personas."""
    monkeypatch.setattr("voicecli.config.paths.config_dir", lambda: tmp_path)
    return tmp_path / "personas"


def test_list_has_those_that_come_along_and_the_users_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["personas", "new", "pirate"]) == 0
    capsys.readouterr()
    assert main(["personas", "list"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [row[0] for row in rows] == personas.names()
    assert {"assistant", "magic-8-ball", "note-taker", "oracle", "pirate"} < {row[0] for row in rows}
    assert {row[0] for row in rows if row[2] == "your own"} == {"pirate"}


def test_a_bad_file_hides_no_good_one(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own.mkdir()
    (own / "pirate.toml").write_text("title = ")
    assert main(["personas", "list", "--json"]) == 0
    said = capsys.readouterr()
    assert "error: The persona pirate is wrong: it is not valid TOML" in said.err
    assert [each["name"] for each in json.loads(said.out)] == [name for name in personas.names() if name != "pirate"]


def test_show_prints_a_file_that_could_be_a_persona(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["personas", "show", "assistant"]) == 0
    text = capsys.readouterr().out
    own.mkdir()
    (own / "copy.toml").write_text(text)
    assert main(["personas", "show", "copy", "--json"]) == 0
    copy = json.loads(capsys.readouterr().out)
    assert main(["personas", "show", "assistant", "--json"]) == 0
    original = json.loads(capsys.readouterr().out)
    assert copy == original | {"name": "copy", "own": True}


def test_new_prints_the_file_for_an_editor(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["personas", "new", "butler", "--like", "support"]) == 0
    assert capsys.readouterr().out == f"{own / 'butler.toml'}\n"
    assert "support agent" in (own / "butler.toml").read_text()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["show", "pirat"], "There is no persona pirat."),
        (["new", "robot2", "--like", "pirat"], "There is no persona pirat."),
        (["new", "../x"], "'../x' cannot be a persona's name."),
    ],
)
def test_a_wrong_name_is_an_error(
    own: Path, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["personas", *arguments]) == 2
    assert capsys.readouterr().err.startswith(f"error: {says}\nhint: ")
    assert not own.exists()


def test_a_byte_order_mark_is_no_part_of_a_persona(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own.mkdir(exist_ok=True)
    (own / "pirate.toml").write_bytes(b'\xef\xbb\xbftitle = "Arr"\r\nprompt = "Say arr."\r\n')
    assert main(["personas", "list"]) == 0
    assert "pirate\tArr" in capsys.readouterr().out
    assert main(["personas", "show", "pirate"]) == 0
    assert capsys.readouterr().out == 'title = "Arr"\nprompt = "Say arr."\n'


def editor(folder: Path, script: str) -> str:
    """An editor that does one thing to the file."""
    path = folder / "editor"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    return str(path)


def test_edit_saves_ones_own_version_of_a_built_in_persona(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", editor(tmp_path, """sed -i.bak 's/^title.*/title = "Mine"/' "$1"; rm "$1.bak" """))
    assert main(["personas", "edit", "robot"]) == 0
    assert f"Saved to {own / 'robot.toml'}" in capsys.readouterr().out
    assert personas.load("robot").title == "Mine"
    assert personas.load("robot").own
    assert [file.name for file in own.iterdir()] == ["robot.toml"]


def test_edit_without_a_change_writes_nothing(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", editor(tmp_path, "true"))
    assert main(["personas", "edit", "robot"]) == 0
    assert "Nothing was changed" in capsys.readouterr().out
    assert not list(own.iterdir())


def test_edit_keeps_a_wrong_text_as_a_draft_and_the_persona_as_it_was(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["personas", "new", "pirate"])
    before = (own / "pirate.toml").read_text()
    monkeypatch.setenv("VISUAL", editor(tmp_path, """echo 'longest = 3' >> "$1" """))
    assert main(["personas", "edit", "pirate"]) == 2
    said = capsys.readouterr().err
    assert "there is no key sampling.longest" in said
    assert "line" in said
    assert "voicecli personas edit pirate" in said
    assert (own / "pirate.toml").read_text() == before
    assert "longest = 3" in (own / "pirate.toml.draft").read_text()
    assert "pirate" in personas.names()


def test_edit_of_an_unknown_persona_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["personas", "edit", "robott"]) == 2
    assert "Did you mean robot?" in capsys.readouterr().err
