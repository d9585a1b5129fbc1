"""Assigns threads to each engine. By default every engine takes all cores, and they starve one another."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

MOST_STT = 8
"""The recogniser gains little from more threads on windows of a few seconds."""

MOST_LLM = 8
"""Writing tokens is limited by memory bandwidth, which this many threads saturate on any desktop machine."""

MOST_VOICE = 4
"""The voice is far faster than real time with fewer threads."""

FEW_CORES = 2
"""With at most this many cores the recogniser gets one thread, and the others get all."""

SPIN_COUNT = "3000"
"""How often a thread of GNU OpenMP looks for work before it releases its core; its own default is 300,000.

llama.cpp's threads wait for one another many times per token. While they spin, they keep the very thread for which they wait off its core, whenever
anything else runs: docs/decisions/0005-voice-in-chunks.md has the figures.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadBudget:
    """Threads for each engine, each at least 1.

    Attributes:
        stt: The recogniser. It runs while the voice is idle, and mostly while the language model is.
        llm: The language model. It runs at the same time as the voice.
        voice: The voice. It runs at the same time as the language model.
        detector: Each voice and turn detector. They run at the same time as everything else, for fractions of a millisecond.
    """

    stt: int
    llm: int
    voice: int
    detector: int


def share_cores() -> None:
    """Makes OpenMP's threads yield. Call it before an engine is imported, because the libraries read the setting when they are loaded.

    A user's own OpenMP settings are not changed.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPIN_COUNT)


def in_passing(work: Callable[[], T]) -> T:
    """Runs `work` in a thread that ends with it. Its exceptions are raised here.

    GNU OpenMP keeps a team of threads for every thread that ever asked for one. Once there are more of them than cores, none of them spins while it
    waits. So whatever an engine does before its own thread takes over must leave no team behind: a token of
    Qwen2.5 0.5B took 67 ms on two cores after the prompt had been read by the main thread, and 45 ms when that thread was gone.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="passing") as passing:
        return passing.submit(work).result()


def budget(cores: int, *, stt: int = 0, llm: int = 0, voice: int = 0) -> ThreadBudget:
    """Returns the threads for a machine with `cores` physical cores that this process may use.

    With more than two cores the language model leaves one to the voice, because both work at the same time. With two or
    fewer, sharing costs less than a language model that reads its prompt on one core (docs/decisions/0005-voice-in-chunks.md). The
    recogniser gets one of two: its threads wait for one another so often that it is faster alone (docs/decisions/0004-recognition-window.md).

    Args:
        cores: Physical cores; at least 1 is assumed.
        stt: The user's setting; 0 to choose.
        llm: The same.
        voice: The same.
    """
    cores = max(1, cores)
    few = cores <= FEW_CORES
    return ThreadBudget(
        stt=stt or (1 if few else min(cores, MOST_STT)),
        llm=llm or min(cores if few else cores - 1, MOST_LLM),
        voice=voice or (cores if few else min(max(1, cores // 2), MOST_VOICE)),
        detector=1,
    )
