"""Tests a microphone and a speaker: whether they carry sound, and how loud it is."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from voicecli.audio.ports import HELD_MS, Microphone, Speaker
from voicecli.errors import DeviceLost
from voicecli.pcm import Pcm, blocks_of, samples_of, silence
from voicecli.speech.level import dbfs, peak_dbfs

Verdict: TypeAlias = Literal["silent", "quiet", "good", "clipped"]

STEP_MS = 100
"""Length of one reading. The eye cannot follow more than about ten per second."""

SILENT_DBFS = -75.0
"""Peaks below this level mean that no sound arrives. The noise of a microphone that is switched on is louder, even in a quiet room."""

QUIET_DBFS = -35.0
"""Speech with peaks below this level is too soft to be distinguished from the noise of a room."""

CLIPPED_DBFS = -0.1
"""A peak from here on counts as clipped."""

PATIENCE_S = 3.0
"""How long a device may take longer than its sound before the test fails."""

TONE_HZ = 440.0
"""The pitch of the test tone: A4."""

TONE_DBFS = -20.0
"""The level of the test tone. It is easy to hear and hurts nobody with headphones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The levels of a tenth of a second of a microphone.

    Attributes:
        at_s: Its end, since the microphone was started.
        dbfs: Root mean square.
        peak_dbfs: Loudest sample.
    """

    at_s: float
    dbfs: float
    peak_dbfs: float


def listen(microphone: Microphone, seconds: float) -> Iterator[Reading]:
    """Starts the microphone and yields ten readings per second until `seconds` of sound have arrived, then stops it.

    Raises:
        AudioError: It cannot be opened.
        DeviceLost: It is open but delivers no sound at all.
    """
    heard: queue.SimpleQueue[Pcm] = queue.SimpleQueue()
    microphone.start(lambda block, _: heard.put(block))
    try:
        step = blocks_of(STEP_MS)
        for reading in range(max(1, round(seconds * 1000 / STEP_MS))):
            sound = np.concatenate([_next_block(microphone, heard) for _ in range(step)])
            yield Reading(at_s=(reading + 1) * STEP_MS / 1000, dbfs=dbfs(sound), peak_dbfs=peak_dbfs(sound))
    finally:
        microphone.stop()


def _next_block(microphone: Microphone, heard: queue.SimpleQueue[Pcm]) -> Pcm:
    try:
        return heard.get(timeout=PATIENCE_S)
    except queue.Empty:
        raise DeviceLost(
            f"The microphone {microphone.name} is open but gives no sound.", "Choose another one: voicecli devices"
        ) from None


def judge(peak: float) -> Verdict:
    """Judges a microphone by the loudest sample of a test, in dBFS."""
    if peak < SILENT_DBFS:
        return "silent"
    if peak < QUIET_DBFS:
        return "quiet"
    return "clipped" if peak >= CLIPPED_DBFS else "good"


def play_tone(speaker: Speaker, seconds: float) -> None:
    """Plays a soft tone. Returns when the tone has been heard.

    Raises:
        AudioError: The speaker cannot be opened.
        DeviceLost: It is open but plays nothing.
    """
    samples = samples_of(seconds * 1000, speaker.rate_hz)
    ramp = np.minimum(1.0, np.minimum(np.arange(samples), np.arange(samples)[::-1]) / samples_of(20, speaker.rate_hz))
    wave = np.sin(2 * np.pi * TONE_HZ * np.arange(samples) / speaker.rate_hz)
    tone = (wave * ramp * 32_767 * 10 ** (TONE_DBFS / 20)).astype(np.int16)
    tone = np.concatenate([tone, silence(samples_of(HELD_MS, speaker.rate_hz))])
    played, at = threading.Event(), 0

    def source(count: int) -> Pcm:
        nonlocal at
        part = tone[at : at + count]
        at += count
        if at >= len(tone):
            played.set()
        return part if len(part) == count else np.concatenate([part, silence(count - len(part))])

    speaker.start(source)
    try:
        if not played.wait(len(tone) / speaker.rate_hz + PATIENCE_S):
            raise DeviceLost(
                f"The speaker {speaker.name} is open but plays nothing.", "Choose another one: voicecli devices"
            )
    finally:
        speaker.stop()
