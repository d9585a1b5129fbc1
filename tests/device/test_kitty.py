"""Holding and releasing the talk key in kitty: real key events, a real sound server, real models."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from fakes.display import press
from fakes.live_session import LOG, events, homes
from fakes.tmux_terminal import SRC, TESTS
from fakes.words import plain
from speech_fixtures import speak
from virtual_sound_card import VirtualSoundCard
from voicecli.audio.sound_files import read_audio
from voicecli.pcm import RATE_HZ, Pcm, samples_of

pytestmark = [
    pytest.mark.engines,
    pytest.mark.skipif(
        not all(map(shutil.which, ("kitty", "Xvfb", "xdotool"))),
        reason="needs kitty, Xvfb and xdotool (`apt install kitty libgl1-mesa-dri xvfb xdotool`)",
    ),
]

BEFORE, MEANT, AFTER = "Name a fruit that is yellow.", "What is the capital of Japan?", "What is two plus two?"
PRE_ROLL, TAIL, EDGE = samples_of(300), samples_of(200), samples_of(100)
AUDIBLE = 100
"""Of 32768: -50 dB of full scale."""

ON_ITS_WAY_S = 1.0
"""Between the player and the recogniser lie two buffers of the sound server."""

PATIENCE_S = 90.0
"""A bound on waiting; reached only when the test has failed."""


class Kitty:
    """A kitty window in which a program runs."""

    def __init__(self, folder: Path, environment: dict[str, str], *command: str) -> None:
        self._log = folder / "kitty.log"
        self._socket = f"unix:{folder / 'kitty'}"
        self._environment = {**os.environ, **environment, "LIBGL_ALWAYS_SOFTWARE": "1", "LC_ALL": "C.UTF-8"}
        options = ["--config", "NONE", "-o", "allow_remote_control=yes", "-o", "update_check_interval=0"]
        options += ["-o", "linux_display_server=x11"]
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                ["kitty", *options, "--listen-on", self._socket, "--hold", *command],
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def screen(self) -> str:
        """The text of the window; empty until kitty can be queried."""
        asked = ["kitty", "@", "--to", self._socket, "get-text"]
        return subprocess.run(asked, capture_output=True, text=True, env=self._environment, check=False).stdout

    def wait(self, there: Callable[[str], bool]) -> str:
        """Waits until `there` is true for the screen, and returns it."""
        deadline_s = time.monotonic() + PATIENCE_S
        while not there(screen := self.screen()):
            assert time.monotonic() < deadline_s, screen
            assert self.process.poll() is None, self._log.read_text()
            time.sleep(0.1)
        return screen


@pytest.fixture
def card() -> Iterator[VirtualSoundCard]:
    """A sound card at the recogniser's sample rate, so that sound arrives unchanged, sample by sample."""
    with VirtualSoundCard(rate_hz=RATE_HZ) as card:
        yield card


def said(text_file: Path) -> tuple[Path, Pcm]:
    """A recording at the microphone's sample rate, as a file and as samples."""
    samples, _ = read_audio(text_file)
    path = text_file.with_suffix(".16k.wav")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.tobytes())
    return path, samples


def place(part: Pcm, whole: Pcm) -> int:
    """The sample in `whole` where an exact copy of `part` begins."""
    offset = whole.tobytes().find(part.tobytes())
    assert offset >= 0, "what was said is not in what was heard"
    return offset // part.itemsize


def test_exactly_what_is_said_while_space_is_held_reaches_the_recogniser(
    card: VirtualSoundCard, display: dict[str, str], tmp_path: Path
) -> None:
    (before, _), (meant, samples), (after, _) = (
        said(path) for path in speak([BEFORE, MEANT, AFTER], tmp_path / "said")
    )
    environment = {
        **display,
        **card.environment,
        **homes(tmp_path),
        **LOG,
        "VOICECLI_LISTEN_SPECULATION": "off",  # so that the recogniser gets nothing but whole utterances
        "HEARD": str(tmp_path / "heard"),
        "PYTHONPATH": f"{TESTS}{os.pathsep}{SRC}",
    }
    program = [sys.executable, str(TESTS / "fakes" / "recorded_chat.py"), "chat", "--ptt", "--language", "en"]
    kitty = Kitty(tmp_path, environment, *program)
    try:
        kitty.wait(lambda screen: "○ listening" in screen and "Space hold to talk" in screen)
        card.play_into_microphone(before).wait()
        time.sleep(ON_ITS_WAY_S)
        press(display, "keydown", "space")
        kitty.wait(lambda screen: "● hearing you" in screen and "Space let go to send" in screen)
        card.play_into_microphone(meant).wait()
        time.sleep(ON_ITS_WAY_S)  # meanwhile kitty says again and again that the key is held
        press(display, "keyup", "space")
        card.play_into_microphone(after).wait()
        screen = kitty.wait(lambda screen: "Tokyo" in screen and "○ listening" in screen)
        print(screen)
    finally:
        kitty.process.terminate()
        kitty.process.wait()
    assert [plain(event["text"]) for event in events(tmp_path, "transcript", final=True)] == [plain(MEANT)]
    assert [event["reason"] for event in events(tmp_path, "speech_ended")] == ["key"]
    (utterance,) = (tmp_path / "heard").iterdir()
    heard = np.load(utterance)
    # The edges are what the key decides; in between, a busy machine's sound server may lose a few milliseconds.
    # What comes behind the last audible sample is the voice's own silence, of which only a pause's length is needed.
    last = int(np.flatnonzero(np.abs(samples) >= AUDIBLE)[-1]) + 1
    begins, ends = place(samples[:EDGE], heard), place(samples[last - EDGE : last], heard) + EDGE
    # Besides it there is the pre-roll, the tail, and silence.
    assert not heard[PRE_ROLL:begins].any()
    assert np.abs(heard[ends : len(heard) - TAIL]).max(initial=0) < AUDIBLE
