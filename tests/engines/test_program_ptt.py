"""`voicecli chat --ptt` as a user runs it: real models, a file as microphone, and another command that presses the key."""

from __future__ import annotations

import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fakes.program import Chat, files, run
from fakes.words import plain
from speech_fixtures import speak
from voicecli.audio.sound_files import WavWriter, read_wav
from voicecli.pcm import RATE_HZ, silence

pytestmark = pytest.mark.engines

QUESTION = "What is the capital of Japan?"


@pytest.fixture
def runtime() -> Iterator[dict[str, str]]:
    """A folder for sockets."""
    with tempfile.TemporaryDirectory(prefix="vc-") as name:
        yield {"XDG_RUNTIME_DIR": name}


def ptt(word: str, env: dict[str, str]) -> None:
    done = run("ptt", word, env=env)
    assert done.returncode == 0, done.stderr


def test_only_what_is_said_with_the_key_down_is_answered_and_a_mute_is_deaf(
    runtime: dict[str, str], tmp_path: Path
) -> None:
    question, later = speak([QUESTION], tmp_path)[0], tmp_path / "later.wav"
    sound = read_wav(question)[0]
    with WavWriter(later, RATE_HZ) as file:
        file.write(np.concatenate([silence(5 * RATE_HZ), sound]))  # `ptt start` takes a while on a busy machine
    with Chat("--ptt", *files([question, later, question]), "--speaker", "none", env=runtime) as chat:
        assert chat.wait_for("ready")["mode"] == "push-to-talk"
        chat.wait_for("file_started", number=2)
        assert chat.told("speech_started") == []
        ptt("start", runtime)
        chat.wait_for("transcript", final=False)  # which may come before the question is over
        time.sleep(len(sound) / RATE_HZ)
        ptt("stop", runtime)
        answer = chat.wait_for("reply")["text"]
        assert "Tokyo" in answer or "Japan" in answer  # the smallest model does not always know it
        ptt("mute", runtime)
        ptt("start", runtime)
        chat.wait_for("notice", code="microphone-muted")
        assert chat.end() == 0, chat.stderr()
        assert [plain(event["text"]) for event in chat.told("transcript", final=True)] == [plain(QUESTION)]
        assert [event["muted"] for event in chat.told("muted")] == [True]
        assert [event["reason"] for event in chat.told("speech_ended")] == ["key"]
    assert run("ptt", "stop", env=runtime).returncode == 1
    assert list((Path(runtime["XDG_RUNTIME_DIR"]) / "voicecli").iterdir()) == []


def test_the_socket_is_gone_on_the_way_out_by_a_signal(runtime: dict[str, str], tmp_path: Path) -> None:
    question = speak([QUESTION], tmp_path)[0]
    folder = Path(runtime["XDG_RUNTIME_DIR"]) / "voicecli"
    with Chat("--ptt", *files([question] * 9), "--speaker", "none", env=runtime) as chat:
        chat.wait_for("ready")
        assert [path.name for path in folder.iterdir()] == [f"chat-{chat.pid}.sock"]
        chat.signal(signal.SIGTERM)
        assert chat.end() == 128 + signal.SIGTERM
    assert list(folder.iterdir()) == []
