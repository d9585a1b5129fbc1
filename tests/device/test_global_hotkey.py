"""A key that works in any window, really pressed: an X server without a screen, and a program that presses keys."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from fakes.display import press
from fakes.program import Chat
from speech_fixtures import speak
from voicecli.audio.sound_files import read_wav
from voicecli.pcm import RATE_HZ

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("pynput") is None or not shutil.which("Xvfb") or not shutil.which("xdotool"),
    reason="needs voicecli[hotkey], Xvfb and xdotool",
)

WATCHES = """
import sys
from voicecli.app.global_hotkey import Hotkey
key = Hotkey(sys.argv[1])
key.start(on_press=lambda: print("down", flush=True), on_release=lambda: print("up", flush=True))
key._listener.wait()
print("ready", flush=True)
sys.stdin.read()
key.stop()
"""


@pytest.mark.parametrize(("name", "symbol"), [("F9", "F9"), ("pause", "Pause"), ("ctrl_r", "Control_R"), ("a", "a")])
def test_a_key_goes_down_and_up_once_however_long_it_is_held(display: dict[str, str], name: str, symbol: str) -> None:
    lines: list[str] = []
    came = threading.Condition()

    def read() -> None:
        for line in watcher.stdout or ():
            with came:
                lines.append(line.strip())
                came.notify_all()

    def wait_for(line: str) -> None:
        with came:
            assert came.wait_for(lambda: lines[-1:] == [line], 60), lines

    with subprocess.Popen(
        [sys.executable, "-c", WATCHES, name],
        env={**os.environ, **display},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as watcher:
        reader = threading.Thread(target=read)
        reader.start()
        wait_for("ready")
        press(display, "key", "F8")
        press(display, "keydown", symbol)
        wait_for("down")
        time.sleep(1.0)  # X repeats a held key after 0.66 s
        press(display, "key", "F8")
        press(display, "keyup", symbol)
        wait_for("up")
        press(display, "key", symbol)
        wait_for("up")
        assert watcher.stdin is not None
        watcher.stdin.close()
        assert watcher.wait(60) == 0
        reader.join()
    assert lines == ["ready", "down", "up", "down", "up"]


@pytest.mark.engines
def test_held_while_a_question_is_asked_it_is_answered(display: dict[str, str], tmp_path: Path) -> None:
    (question,) = speak(["What is the capital of Japan?"], tmp_path)
    microphone = ("--mic", str(question), "--mic", str(question))
    with Chat("--ptt", "--hotkey", "F9", *microphone, "--speaker", "none", env=display) as chat:
        assert chat.wait_for("ready")["mode"] == "push-to-talk"
        chat.wait_for("file_started", number=2)  # the first one was spoken to nobody
        assert chat.told("speech_started") == []
        press(display, "keydown", "F9")
        chat.wait_for("transcript", final=False)  # which may come before the question is over
        time.sleep(len(read_wav(question)[0]) / RATE_HZ)
        press(display, "keyup", "F9")
        assert "Tokyo" in chat.wait_for("reply")["text"]
        assert chat.end() == 0, chat.stderr()
        assert [event["reason"] for event in chat.told("speech_ended")] == ["key"]
