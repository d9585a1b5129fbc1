from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from voicecli.cli.main import main
from voicecli.config.schema import SETTINGS


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("voicecli.config.paths.config_dir", lambda: tmp_path)
    for name in [name for name in os.environ if name.startswith("VOICECLI_")]:
        monkeypatch.delenv(name)
    return tmp_path


def test_show_has_every_setting_with_its_source(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "config.toml").write_text('[chat]\npersona = "robot"\n')
    monkeypatch.setenv("VOICECLI_LOG_WORDS", "true")
    assert main(["config", "show"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [row[0] for row in rows] == list(SETTINGS)
    assert ["chat.persona", '"robot"', f"{folder / 'config.toml'}, line 2"] in rows
    assert ["log.words", "true", "VOICECLI_LOG_WORDS"] in rows
    assert ["audio.speaker", '""', "default"] in rows


def test_show_is_json_for_programs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("VOICECLI_LISTEN_START_MS", "80")
    assert main(["config", "show", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert list(record) == list(SETTINGS)
    assert record["listen.start_ms"] == {"value": 80, "source": "environment", "place": "VOICECLI_LISTEN_START_MS"}


def test_path_is_where_set_writes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "path"]) == 0
    assert capsys.readouterr().out == f"{folder / 'config.toml'}\n"
    assert main(["config", "set", "listen.start_ms", "80"]) == 0
    said = capsys.readouterr()
    assert said.out == "listen.start_ms = 80\n"
    assert str(folder / "config.toml") in said.err
    assert (folder / "config.toml").read_text() == "[listen]\nstart_ms = 80\n"


def test_set_says_when_the_environment_goes_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VOICECLI_LISTEN_START_MS", "40")
    assert main(["config", "set", "listen.start_ms", "80"]) == 0
    assert "VOICECLI_LISTEN_START_MS overrides the file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("key", "value", "says", "hint"),
    [
        ("listen.strat_ms", "80", "There is no setting listen.strat_ms.", "Did you mean listen.start_ms?"),
        (
            "listen.start_ms",
            "900",
            "listen.start_ms must be a whole number from 20 to 500, not '900'.",
            "How much speech starts",
        ),
        (
            "listen.start_ms",
            "-5",
            "listen.start_ms must be a whole number from 20 to 500, not '-5'.",
            "How much speech starts",
        ),
        ("log.words", "maybe", "log.words must be true or false, not 'maybe'.", "Whether the log may"),
        ("chat.persona", "rbot", "There is no persona rbot.", "Did you mean robot?"),
    ],
)
def test_a_wrong_value_is_not_written(
    folder: Path, key: str, value: str, says: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["config", "set", key, value]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first == f"error: {says}"
    assert second.startswith(f"hint: {hint}")
    assert not (folder / "config.toml").exists()


def test_check_is_content_without_a_file_and_with_a_good_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "check"]) == 0
    assert "does not exist, so the defaults are used" in capsys.readouterr().out
    (folder / "config.toml").write_text("[log]\nwords = false\n")
    assert main(["config", "check"]) == 0
    assert capsys.readouterr().out == f"{folder / 'config.toml'} has no errors.\n"


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("config.toml", "[log", "is not valid TOML"),
        ("config.toml", "[log]\nwords = 1\n", "log.words must be true or false, not 1"),
        ("config.toml", '[chat]\npersona = "nobody"\n', "There is no persona nobody."),
        ("personas/pirate.toml", 'title = "x"', "The persona pirate is wrong: prompt is missing"),
    ],
)
def test_check_finds_what_is_wrong(
    folder: Path, file: str, text: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "personas").mkdir()
    (folder / file).write_text(text)
    assert main(["config", "check"]) == 2
    assert says in capsys.readouterr().err


def test_check_tells_all_errors_at_once_with_their_lines(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "personas").mkdir()
    (folder / "personas" / "pirate.toml").write_text('title = "x"')
    (folder / "config.toml").write_text("[listen]\nstart_ms = 9000\nspeed = 3\n[chat]\nlanguage = 3\n[what]\na = 1\n")
    monkeypatch.setenv("VOICECLI_LOG_WORDS", "perhaps")
    assert main(["config", "check"]) == 2
    said = capsys.readouterr()
    errors = [line for line in said.err.splitlines() if line.startswith("error: ")]
    for error, part in zip(
        errors,
        (
            *(f"config.toml, line {line}" for line in (2, 3, 5, 6)),
            *("VOICECLI_LOG_WORDS", "persona pirate", "There are 6 errors."),
        ),
        strict=True,
    ):
        assert part in error
    assert said.out == ""


def test_get_prints_the_value_that_is_in_force(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "config.toml").write_text('[chat]\npersona = "robot"\n')
    monkeypatch.setenv("VOICECLI_LOG_WORDS", "true")
    for key in ("chat.persona", "log.words", "listen.start_ms", "audio.speaker"):
        assert main(["config", "get", key]) == 0
    assert capsys.readouterr().out == "robot\ntrue\n60\n\n"
    (folder / "config.toml").write_text('[chat]\npersona = "robot"\n[listen]\nstart_ms = 9000\n')
    assert main(["config", "get", "chat.persona"]) == 0
    assert main(["config", "get", "listen.start_ms"]) == 2
    assert "must be a whole number" in capsys.readouterr().err
    assert main(["config", "get", "chat.persna"]) == 2
    assert "Did you mean chat.persona?" in capsys.readouterr().err


def test_unset_goes_back_to_the_default(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "config.toml").write_text("[listen]\nstart_ms = 80\n")
    assert main(["config", "unset", "listen.start_ms"]) == 0
    assert capsys.readouterr().out == "listen.start_ms = 60 (default)\n"
    assert (folder / "config.toml").read_text() == ""
    assert main(["config", "unset", "listen.start_ms"]) == 0
    assert "is unchanged" in capsys.readouterr().err


def editor(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Sets VISUAL to a script that gets the file as $1."""
    program = folder / "my editor"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    monkeypatch.setenv("VISUAL", f"'{program}'")
    monkeypatch.setenv("EDITOR", "false")


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script as the editor")
class TestEdit:
    def test_what_is_right_is_written(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = folder / "config.toml"
        file.write_text("[listen]\nstart_ms = 80\n")
        editor(folder, monkeypatch, "sed -i 's/80/40/' \"$1\"")
        assert main(["config", "edit"]) == 0
        assert file.read_text() == "[listen]\nstart_ms = 40\n"
        assert "Saved to" in capsys.readouterr().out
        assert not (folder / "config.toml.draft").exists()
        assert file.stat().st_mode & 0o777 == 0o600

    def test_what_is_wrong_is_kept_and_gone_on_with(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file, draft = folder / "config.toml", folder / "config.toml.draft"
        file.write_text("[listen]\nstart_ms = 80\n")
        editor(folder, monkeypatch, "sed -i 's/80/8000/' \"$1\"")
        assert main(["config", "edit"]) == 2
        said = capsys.readouterr().err
        assert "listen.start_ms must be" in said
        assert "line 2" in said
        assert f"The text is kept in {draft}." in said
        assert file.read_text() == "[listen]\nstart_ms = 80\n"
        assert draft.read_text() == "[listen]\nstart_ms = 8000\n"
        editor(folder, monkeypatch, "sed -i 's/8000/50/' \"$1\"")
        assert main(["config", "edit"]) == 0
        assert file.read_text() == "[listen]\nstart_ms = 50\n"
        assert not draft.exists()

    def test_a_file_that_is_wrong_can_be_opened(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (folder / "config.toml").write_text("[listen\n")
        editor(folder, monkeypatch, "printf '[listen]\\nstart_ms = 50\\n' > \"$1\"")
        assert main(["config", "edit"]) == 0
        assert (folder / "config.toml").read_text() == "[listen]\nstart_ms = 50\n"

    @pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 3", 2)])
    def test_an_editor_that_changes_nothing_leaves_nothing(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, script: str, code: int
    ) -> None:
        editor(folder, monkeypatch, script)
        assert main(["config", "edit"]) == code
        assert [each.name for each in folder.iterdir()] == ["my editor"]

    def test_without_an_editor_it_says_what_to_set(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for name in ("VISUAL", "EDITOR"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("PATH", "")
        assert main(["config", "edit"]) == 2
        assert "hint: Set VISUAL or EDITOR" in capsys.readouterr().err
