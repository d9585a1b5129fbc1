from __future__ import annotations

import json
import os
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
    assert "VOICECLI_LISTEN_START_MS is set" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("key", "value", "says", "hint"),
    [
        ("listen.strat_ms", "80", "There is no setting listen.strat_ms.", "Did you mean listen.start_ms?"),
        (
            "listen.start_ms",
            "900",
            "listen.start_ms must be a whole number from 20 to 500, not '900'.",
            "Speech that must be heard",
        ),
        (
            "listen.start_ms",
            "-5",
            "listen.start_ms must be a whole number from 20 to 500, not '-5'.",
            "Speech that must be heard",
        ),
        ("log.words", "maybe", "log.words must be true or false, not 'maybe'.", "Whether what was said"),
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
    assert "is not there; the defaults are in use" in capsys.readouterr().out
    (folder / "config.toml").write_text("[log]\nwords = false\n")
    assert main(["config", "check"]) == 0
    assert capsys.readouterr().out == f"{folder / 'config.toml'} is fine.\n"


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
