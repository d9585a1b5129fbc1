"""Makes spoken questions with the installed voice, for the demo, for measuring and for tests: nothing recorded is kept in the repository."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

QUESTIONS = (
    "What is the capital of France?",
    "And of Spain?",
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
    """Says each text into a WAV file of its own in `folder`; one that is there already is kept.

    Raises:
        subprocess.CalledProcessError: The voice is not installed, or failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, text in enumerate(texts, start=1):
        path = folder / f"q{number}.wav"
        if not path.exists():
            subprocess.run(voicecli("say", "-o", str(path), text), check=True)
        paths.append(path)
    return paths
