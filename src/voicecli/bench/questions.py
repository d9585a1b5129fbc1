"""The questions: a fixed set of finished ones, fixed sets with a pause inside or spoken during an answer, or the user's own recordings.

The installed voice speaks the sets, and the cache folder keeps them. A synthesizer never says a text the same way twice, and a benchmark must
ask the same question every time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from voicecli.bench.voiced_spans import voiced
from voicecli.config import paths
from voicecli.errors import AudioError, SynthesisFailed
from voicecli.pcm import Pcm, samples_of, silence

if TYPE_CHECKING:
    from voicecli.models.store import ResolvedModel

FINISHED = (
    "What is the capital of France?",
    "How many days are there in a week?",
    "What colour is the sky on a clear day?",
    "Name a fruit that is yellow.",
    "Who wrote Romeo and Juliet?",
    "What do bees make?",
    "Which animal says meow?",
    "What is the opposite of hot?",
    "How do you make a cup of tea?",
    "Tell me a short joke.",
    "Why do leaves turn red in autumn?",
    "What is the largest ocean?",
    "Can you explain what a rainbow is?",
    "How far away is the moon?",
    "What should I cook for dinner tonight?",
    "Which planet is closest to the sun?",
    "What is a good name for a dog?",
    "How does a bicycle stay upright?",
    "When do birds fly south?",
    "What is the difference between a frog and a toad?",
)
"""Questions and requests of everyday length. Each is finished, so any wait after it is unnecessary."""

PAUSED = (
    ("I would like to know,", "what bears do in the winter."),
    ("If it rains tomorrow,", "what could I do with my children?"),
    ("When I boil an egg,", "how long should it stay in the water?"),
    ("Tell me something about Italy,", "and then about Greece."),
    ("My friend gave me a plant,", "how often should I water it?"),
    ("Before I go to sleep,", "should I drink coffee or milk?"),
    ("I have apples and oranges,", "which of them is better for a cake?"),
    ("Please explain to me,", "why the sea is salty."),
    ("Since my garden is very small,", "which vegetables should I grow?"),
    ("Although cats like fish,", "why do they hate water?"),
)
"""Questions of two clauses, between which a person may stop to think."""

TALKED_OVER = (
    ("Please tell me a long story about the sea.", "Wait a moment, I have another question."),
    ("What can I see and do in a big city?", "Hold on, that is not what I meant."),
    ("Explain to me how a bicycle works.", "Stop there, I know that already."),
    ("Tell me everything about cats and dogs.", "Excuse me, may I ask something else?"),
    ("What happens in a kitchen before dinner?", "Okay, thank you, that is enough."),
    ("Describe a long day at the seaside.", "Sorry, can we talk about dinner?"),
    ("How do people build a house?", "What does that cost?"),
    ("Tell me about the history of Rome.", "No, I mean the one in Georgia."),
    ("Explain to me how plants grow.", "May I interrupt you for a second?"),
    ("What should I know about horses?", "All right, let us move on."),
)
"""Questions with a long answer, and what is said during that answer."""

SPOKEN = "en"
"""The language of the sets."""

PAUSE_MS = 700
"""The pause between the clauses. It is longer than most silences that end a turn, and shorter than most pauses for thought."""

TALKS_OVER_AFTER_MS = 4000
"""The pause before an answer is talked over. It is long enough for the answer to be playing, even on a slow machine."""

LEAD_IN_MS = 300
"""Silence before a question, so that its first syllable is not the first sound of the session."""

PERSONA = "assistant"
"""The persona that answers, whichever the user has chosen. Figures are comparable only for the same length of prompt and answer."""

LAYOUT = 1
"""Version of the layout of the files. Change it when the same words give a different file, so that old files are not used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question.

    Attributes:
        path: Its sound file.
        clauses: Its words. Each clause but the last is followed by a pause. Empty if the words are not known.
        pause_ms: The length of that pause.
    """

    path: Path
    clauses: tuple[str, ...] = ()
    pause_ms: int = PAUSE_MS

    @property
    def text(self) -> str:
        """Its words, or the name of its file."""
        return " ".join(self.clauses) or self.path.name


def in_cache(sentences: Sequence[Sequence[str]], voice: ResolvedModel, pause_ms: int = PAUSE_MS) -> list[Question]:
    """The questions for `sentences` as spoken by `voice`, with their paths in the cache. Each sentence is a list of clauses `pause_ms` apart.

    The files need not exist yet.

    Raises:
        AudioError: The cache folder cannot be created.
    """
    folder = paths.cache_dir() / "bench"
    try:
        paths.private_dir(folder)
        voice_bytes = voice.path.stat().st_size
    except OSError as error:
        raise AudioError(f"{folder} cannot be made: {error.strerror}.", f"ls -ld {folder.parent}") from error
    found = []
    for clauses in sentences:
        identity = json.dumps([LAYOUT, voice.name, voice_bytes, pause_ms, *clauses]).encode()
        path = folder / f"{hashlib.sha256(identity).hexdigest()[:20]}.wav"
        found.append(Question(path=path, clauses=tuple(clauses), pause_ms=pause_ms))
    return found


def recordings(folder: Path) -> list[Question]:
    """All sound files in `folder`, sorted by name.

    Raises:
        AudioError: The folder does not exist or contains no sound file.
    """
    from voicecli.audio.sound_files import SUFFIXES

    if not folder.is_dir():
        raise AudioError(f"There is no folder {folder}.", "Give a folder with recordings of questions.")
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())
    if not found:
        raise AudioError(
            f"There is no sound file in {folder}.", "Record one question per file, as WAV, FLAC, MP3 or Ogg."
        )
    return [Question(path=path) for path in found]


def laid_out(clauses: Sequence[Pcm], pause_ms: int = PAUSE_MS) -> Pcm:
    """The sound of a question: `LEAD_IN_MS` of silence, then its clauses.

    The pause from the last voiced sample of a clause to the first of the next is exactly `pause_ms`. Sound after the last clause is kept.

    Args:
        clauses: The sound of each clause, shape (n,) at 16 kHz.
        pause_ms: The pause between two clauses.

    Raises:
        SynthesisFailed: A clause is silent.
    """
    parts = [silence(samples_of(LEAD_IN_MS))]
    for number, clause in enumerate(clauses, start=1):
        span = voiced(clause)
        if span is None:
            raise SynthesisFailed("The voice produced no speech.", "voicecli doctor")
        is_last = number == len(clauses)
        parts += [clause[span.start :]] if is_last else [clause[span.start : span.end], silence(samples_of(pause_ms))]
    return np.concatenate(parts)
