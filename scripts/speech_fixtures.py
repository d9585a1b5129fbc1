"""Makes spoken questions with the installed voice, for the demo, for measuring and for tests: nothing recorded is kept in the repository."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from voicecli.audio.sound_files import WavWriter
from voicecli.engines.piper import PiperSpeaker
from voicecli.models.store import ModelStore

QUESTIONS = (
    "What is the capital of France?",
    "Now the same for Germany.",
    "How many days are there in a week?",
    "What colour is the sky on a clear day?",
    "Name a fruit that is yellow.",
    "What is two plus two?",
    "Who wrote Romeo and Juliet?",
    "What do bees make?",
    "Which animal says meow?",
    "What is the opposite of hot?",
)


def voicecli(*args: str) -> list[str]:
    """The command line of `voicecli` in this environment."""
    return [sys.executable, "-m", "voicecli", *args]


def speak(texts: Sequence[str], folder: Path) -> list[Path]:
    """Says each text into a WAV file of its own in `folder`: q1.wav, q2.wav and so on.

    The voice is used without its noise, so that a text sounds the same in every run and is understood the same.

    Raises:
        ModelError: The voice is not installed, or failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model = ModelStore.default().resolve("voice")
    voice = PiperSpeaker(model.path, name=model.name, threads=1)
    voice._config.noise_scale = voice._config.noise_w_scale = 0.0  # noqa: SLF001 - there is no other way
    paths = []
    for number, text in enumerate(texts, start=1):
        path = folder / f"q{number}.wav"
        with WavWriter(path, voice.rate_hz) as file:
            for chunk in voice.speak(text, is_cancelled=lambda: False):
                file.write(chunk)
        paths.append(path)
    return paths
