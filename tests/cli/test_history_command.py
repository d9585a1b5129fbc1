"""`voicecli history` from the outside: its output and exit codes."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import wave
from pathlib import Path

import av
import numpy as np
import pytest

from fakes.histories import MONDAY, save, traces
from fakes.pty_terminal import PtyTerminal
from voicecli.audio.sound_files import read_audio
from voicecli.cli.history_view import length_text
from voicecli.cli.main import main
from voicecli.config import paths
from voicecli.memory import sound_files
from voicecli.memory.database import open_database

HEAVY = ("rich", "numpy", "prompt_toolkit", "onnxruntime", "sounddevice")


@pytest.fixture(autouse=True)
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return paths.history_dir()


@pytest.fixture
def talks(where: Path) -> Path:
    """Two conversations, one on a Monday and one on the next Tuesday."""
    database = open_database(where)
    save(database, ("What is a nebula?", "A cloud of gas in the Zwetschgenkuchen."), ("And a star?", "A sun."))
    save(database, ("Wie spät ist es?", "Halb \x1b[31mzehn."), asked=MONDAY + dt.timedelta(days=1))
    database.close()
    return where


Said = pytest.CaptureFixture[str]


def test_list(talks: Path, capsys: Said) -> None:  # noqa: ARG001 - it is read
    assert main(["history", "list"]) == 0
    assert [line.split("\t") for line in capsys.readouterr().out.splitlines()] == [
        ["2", "2026-05-05T09:31:00+02:00", "1", "6", "assistant", "Wie spät ist es?"],
        ["1", "2026-05-04T09:31:00+02:00", "2", "66", "assistant", "What is a nebula?"],
    ]
    assert main(["history", "list", "--from", "2026-05-05", "--json"]) == 0
    (record,) = json.loads(capsys.readouterr().out)
    assert (record["id"], record["turn_count"], record["models"]) == (2, 1, {"llm": "echo"})
    assert main(["history", "list", "--to", "2026-05-03"]) == 0
    assert capsys.readouterr().err == "No conversation is saved of these days.\n"


def test_a_list_on_a_terminal_is_by_day(talks: Path, tmp_path: Path) -> None:  # noqa: ARG001 - it is read
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path)}
    with PtyTerminal([sys.executable, "-m", "voicecli", "history", "list"], environment=environment) as terminal:
        assert terminal.end() == 0
        shown = [line.rstrip() for line in terminal.text.splitlines() if line.strip()]
    assert shown == [
        "2026-05-05 Tuesday",
        "  2  09:31     1 turn     6 s  assistant  Wie spät ist es?",
        "2026-05-04 Monday",
        "  1  09:31    2 turns   1 min  assistant  What is a nebula?",
    ]


def test_where_nothing_is_saved_nothing_is_created(where: Path, capsys: Said) -> None:
    assert main(["history", "list"]) == 0
    assert capsys.readouterr() == ("", "No conversation is saved.\n")
    assert main(["history", "list", "--json"]) == 0
    assert capsys.readouterr().out == "[]\n"
    for command in (["show"], ["show", "3"], ["search", "x"], ["export"], ["rm", "--all", "-y"]):
        assert main(["history", *command]) == 2
        assert "error: No conversation is saved yet." in capsys.readouterr().err
    assert not where.exists()


def test_show(talks: Path, capsys: Said) -> None:  # noqa: ARG001 - it is read
    assert main(["history", "show"]) == 0
    assert capsys.readouterr().out == (
        "2. Wie spät ist es?\n2026-05-05 09:30 · assistant · echo\n\nyou: Wie spät ist es?\nvoicecli: Halb zehn.\n"
    )
    assert main(["history", "show", "1", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["turns"]) == 2
    assert main(["history", "show", "9"]) == 2
    assert capsys.readouterr().err == "error: There is no conversation 9.\nhint: voicecli history list\n"


def test_search(talks: Path, capsys: Said) -> None:  # noqa: ARG001 - it is read
    assert main(["history", "search", "GAS", "nebul"]) == 0
    assert capsys.readouterr().out == (
        "1, turn 1  2026-05-04 09:30  What is a nebula?\n"
        "  you: What is a nebula?\n"
        "  voicecli: A cloud of gas in the Zwetschgenkuchen.\n"
    )
    assert main(["history", "search", "sun", "--json"]) == 0
    assert [hit["number"] for hit in json.loads(capsys.readouterr().out)] == [2]
    assert main(["history", "search", "nothing-like-it"]) == 1
    assert capsys.readouterr() == ("", "Nothing was found.\n")


def test_export(talks: Path, tmp_path: Path, capsys: Said) -> None:  # noqa: ARG001 - it is read
    assert main(["history", "export", "1"]) == 0
    assert capsys.readouterr().out.startswith("# What is a nebula?\n")
    file = tmp_path / "talk.srt"
    assert main(["history", "export", "1", "-o", str(file)]) == 0
    assert "00:00:00,000 --> 00:00:02,000\nYou: What is a nebula?" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert main(["history", "export", "2", "-o", str(file)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert "nebula" in file.read_text()
    assert main(["history", "export", "2", "--format", "json", "-o", str(tmp_path / "talk.txt")]) == 0
    assert json.loads((tmp_path / "talk.txt").read_text())["id"] == 2
    assert main(["history", "export", "--format", "pdf"]) == 2
    assert main(["history", "export", "1", "-o", str(tmp_path / "no" / "talk.md")]) == 1


@pytest.fixture
def with_sound(talks: Path) -> Path:
    """The first conversation has sound. Only the times that the helper sets are known."""
    for row in (1, 2):
        tone = (8000 * np.sin(np.arange(8000) / 8)).astype(np.int16)
        sound_files.write(talks, row, sound_files.TurnSound(you=tone, voicecli=tone, rate_hz=16_000))
    return talks


def test_sound_is_exported_and_played(with_sound: Path, tmp_path: Path, capsys: Said) -> None:
    file = tmp_path / "talk.wav"
    assert main(["history", "export", "1", "-o", str(file)]) == 0
    assert file.stat().st_mode & 0o777 == 0o600
    with wave.open(str(file)) as opened:
        length_s = opened.getnframes() / opened.getframerate()
    assert length_s == pytest.approx(63.0, abs=0.1)  # the second answer begins 62.5 s after the first question did
    with av.open(str(file)) as container:  # FFmpeg's libraries read it as well
        (stream,) = container.streams.audio
        assert stream.codec_context.name == "pcm_s16le"
        assert sum(frame.samples for frame in container.decode(stream)) / stream.rate == pytest.approx(length_s)
    assert main(["history", "export", "1", "-o", str(file)]) == 2
    assert main(["history", "export", "1", "--format", "wav"]) == 2
    assert main(["history", "export", "2", "-o", str(tmp_path / "none.wav")]) == 2
    assert "The sound of conversation 2 was not saved." in capsys.readouterr().err
    assert not (tmp_path / "none.wav").exists()
    heard = tmp_path / "heard.wav"
    run = [sys.executable, "-m", "voicecli", "history", "play"]
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    subprocess.run([*run, "1", "2", "--speaker", str(heard)], env=environment, check=True, timeout=60)
    assert 1.5 < read_audio(heard)[1] < 4
    assert main(["history", "play", "1", "3"]) == 2
    assert main(["history", "rm", "1", "-y"]) == 0
    assert list((with_sound / "audio").iterdir()) == []


def test_rm_by_number_leaves_no_trace(talks: Path, capsys: Said) -> None:
    assert traces(talks, ["Zwetschgenkuchen"]) != []
    assert main(["history", "rm", "1"]) == 2  # nobody can be asked
    assert "add -y" in capsys.readouterr().err
    assert main(["history", "rm", "1", "-y"]) == 0
    assert capsys.readouterr().err == "Removed 1 conversation.\n"
    assert traces(talks, ["Zwetschgenkuchen", "nebula"]) == []
    assert main(["history", "show", "2"]) == 0
    assert main(["history", "rm", "--traces"]) == 0


def test_rm_by_day_and_all(talks: Path, capsys: Said) -> None:  # noqa: ARG001 - it is read
    assert main(["history", "rm", "--from", "2026-05-05", "--to", "2026-05-05", "-y"]) == 0
    assert main(["history", "rm", "--from", "2026-05-05", "-y"]) == 2
    assert main(["history", "rm", "--all", "-y"]) == 0
    capsys.readouterr()
    assert main(["history", "list"]) == 0
    assert capsys.readouterr() == ("", "No conversation is saved.\n")


@pytest.mark.parametrize(
    "arguments",
    [[], ["1", "--all"], ["--all", "--from", "today"], ["--from", "31.5.2026"], ["1", "--traces"], ["7", "-y"]],
)
def test_rm_of_what_is_not_clear_removes_nothing(talks: Path, arguments: list[str], capsys: Said) -> None:  # noqa: ARG001
    assert main(["history", "rm", *arguments]) == 2
    capsys.readouterr()
    assert main(["history", "list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.mark.parametrize(("answer", "left"), [("n", 2), ("y", 0)])
def test_rm_asks_first(talks: Path, tmp_path: Path, answer: str, left: int, capsys: Said) -> None:  # noqa: ARG001
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path)}
    with PtyTerminal([sys.executable, "-m", "voicecli", "history", "rm", "--all"], environment=environment) as terminal:
        terminal.until(lambda: "Remove these 2 conversations for good?" in terminal.text, "the question")
        assert "What is a nebula?" in terminal.text
        terminal.type(f"{answer}\r")
        terminal.end()
    assert main(["history", "list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == left


def test_a_list_needs_no_heavy_package(talks: Path) -> None:  # noqa: ARG001 - it is read
    script = (
        "import sys; from voicecli.cli.main import main; code = main(['history', 'list']);"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.4, "59 s"), (61, "1 min"), (3600, "60 min"), (7500, "2 h")]
)
def test_lengths(seconds: float, text: str) -> None:
    assert length_text(seconds) == text
