"""Rates and channels of sound, changed at the two edges of the program: a card that refuses 16 kHz, a voice and the card.

soxr does the work, in float32, where its output does not depend on how the input was cut up (with int16 it dithers).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from voicecli.pcm import BLOCK_SAMPLES, Pcm, silence, to_float, to_pcm

Quality: TypeAlias = Literal["LQ", "HQ"]
"""`LQ` holds back 20 ms at worst and still has no audible aliases: for the microphone. `HQ` holds back up to 41 ms: for a
voice, which is made ahead of time anyway (both measured from 44.1 and 48 kHz to 16 kHz)."""


class Resampler:
    """A stream of mono sound from one rate to another; hands it through untouched where they are the same.

    What comes out of a stream is `round(samples in * to_hz / from_hz)` samples in all, whatever pieces it was fed in.

    Thread: one at a time.

    Args:
        from_hz: Rate of what is fed.
        to_hz: Rate of what comes out.
        quality: See `Quality`.
    """

    def __init__(self, from_hz: int, to_hz: int, quality: Quality) -> None:
        self.from_hz = from_hz
        self.to_hz = to_hz
        self._fed = 0
        self._given = 0
        self._stream: Any = None  # soxr has no types
        if from_hz != to_hz:
            import soxr

            self._stream = soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality=quality)

    def feed(self, pcm: Pcm) -> Pcm:
        """Takes the next samples; gives what is ready, which may be nothing."""
        if self._stream is None:
            return pcm
        self._fed += len(pcm)
        ready = to_pcm(self._stream.resample_chunk(to_float(pcm)))
        self._given += len(ready)
        return ready

    def finish(self) -> Pcm:
        """Gives what was held back, and begins a new stream."""
        if self._stream is None:
            return silence(0)
        rest = to_pcm(self._stream.resample_chunk(np.zeros(0, dtype=np.float32), last=True))
        missing = round(self._fed * self.to_hz / self.from_hz) - self._given - len(rest)
        self._stream.clear()
        self._fed = self._given = 0
        if missing > 0:  # soxr rounds down, and gives nothing at all for very short streams
            return np.concatenate([rest, silence(missing)])
        return rest[: len(rest) + missing]


def resample(pcm: Pcm, from_hz: int, to_hz: int) -> Pcm:
    """All of `pcm` at another rate."""
    if from_hz == to_hz or not len(pcm):
        return pcm
    stream = Resampler(from_hz, to_hz, "HQ")
    return np.concatenate([stream.feed(pcm), stream.finish()])


def mixed(frames: NDArray[np.int16]) -> Pcm:
    """Sound of shape (n, channels) as mono, shape (n,): the mean of the channels."""
    if frames.shape[1] == 1:
        return frames[:, 0]
    mono: Pcm = np.rint(frames.mean(axis=1)).astype(np.int16)
    return mono


class Blocker:
    """Cuts sound that comes in pieces of any length into blocks of exactly `BLOCK_SAMPLES`."""

    def __init__(self) -> None:
        self._rest = silence(0)

    def feed(self, pcm: Pcm) -> Iterator[Pcm]:
        """Takes the next samples; gives the blocks that are full, each an array of its own."""
        joined = np.concatenate([self._rest, pcm]) if len(self._rest) else pcm
        whole = len(joined) - len(joined) % BLOCK_SAMPLES
        self._rest = joined[whole:].copy()
        for start in range(0, whole, BLOCK_SAMPLES):
            yield joined[start : start + BLOCK_SAMPLES].copy()
