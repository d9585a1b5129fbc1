"""Every command that runs engines or opens sound blocks the network first. Commands that download on request do not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fakes import forked
from voicecli.cli.main import COMMANDS

SHUT_IN = {
    "chat": ["chat", "--text", "--speaker", "none", "--json"],
    "ask": ["ask", "Why?"],
    "say": ["say", "Hello."],
    "transcribe": ["transcribe", "x.wav"],
    "bench": ["bench"],
    "devices": ["devices"],
    "doctor": ["doctor", "--quick"],
    "ptt": ["ptt", "start"],
    "mcp": ["mcp"],
}
"""A command line for each; the models are not there, so each ends soon."""

AT_HOME = {"models", "history", "personas", "tools", "config", "verify-offline", "help"}
"""These load no engine. `models` downloads, and `verify-offline` listens to others that are shut in."""

PROGRAM = """
import sys
from voicecli.offline import walls
real = walls.shut_in
def watched():
    print("shut in, with", sorted({"llama_cpp", "onnxruntime", "ctranslate2", "sounddevice"} & set(sys.modules)), file=sys.__stderr__)
    return real()
walls.shut_in = watched
from voicecli.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


def said_by(words: list[str], home: Path) -> str:
    environ = {"VOICECLI_MODELS": str(home / "none"), "XDG_CONFIG_HOME": str(home)}
    return forked.run("code", PROGRAM, *words, env=environ).stderr


@pytest.mark.parametrize("name", SHUT_IN)
def test_a_command_shuts_itself_in_before_it_loads_anything(name: str, tmp_path: Path) -> None:
    assert "shut in, with []" in said_by(SHUT_IN[name], tmp_path)


def test_every_command_is_one_or_the_other() -> None:
    assert set(COMMANDS) - AT_HOME == set(SHUT_IN)


def test_downloads_stay_outside() -> None:
    assert "shut in" not in said_by(["models", "list"], Path(__file__).parent)


@pytest.mark.skipif(os.name != "posix", reason="others have no rights to be taken away")
def test_files_that_others_can_read_are_closed_and_it_is_told(tmp_path: Path) -> None:
    file = tmp_path / "voicecli/config.toml"
    file.parent.mkdir(mode=0o700)
    file.write_text("", encoding="utf-8")
    file.chmod(0o644)
    assert f"note: other users could read {file}; now only you can." in said_by(SHUT_IN["say"], tmp_path)
    assert oct(file.stat().st_mode & 0o777) == "0o600"
    assert "others could read" not in said_by(SHUT_IN["say"], tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="others have no rights to be taken away")
def test_saved_conversations_that_others_can_read_are_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    file = tmp_path / "voicecli/history/history.db"
    file.parent.mkdir(parents=True)
    file.parent.chmod(0o755)
    file.write_bytes(b"")
    file.chmod(0o644)
    assert f"note: other users could read {file}; now only you can." in said_by(SHUT_IN["say"], tmp_path)
    assert file.parent.stat().st_mode & 0o777 == 0o700
