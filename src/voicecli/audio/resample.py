"""Converts sample rates and channels at the two edges of the program: from a card that refuses 16 kHz, and from the voice's rate to the card's.

soxr does the work in float32, in which its output does not depend on how the input was split (with int16 it dithers).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from voicecli.errors import AudioError, EngineNotInstalled
from voicecli.pcm import BLOCK_SAMPLES, Float, Pcm, silence, to_float, to_pcm

if TYPE_CHECKING:
    import soxr

Quality: TypeAlias = Literal["LQ", "HQ"]
"""`LQ` has a delay of at most 20 ms and no audible aliases. It is used for the microphone. `HQ` has a delay of up to 41 ms. It is used for the
voice, which is synthesized ahead of time anyway. Both were measured from 44.1 and 48 kHz to 16 kHz."""


class Resampler:
    """Converts a stream of mono sound from one rate to another. If both are the same, the stream passes through unchanged.

    A stream yields `round(samples in * to_hz / from_hz)` samples in total, however it was split.

    Thread: one at a time.

    Args:
        from_hz: Rate of the input.
        to_hz: Rate of the output.
        quality: See `Quality`.

    Raises:
        EngineNotInstalled: soxr is missing.
        AudioError: soxr refuses the rates, or fails later.
    """

    def __init__(self, from_hz: int, to_hz: int, quality: Quality) -> None:
        self.from_hz = from_hz
        self.to_hz = to_hz
        self._fed = 0
        self._given = 0
        self._stream: soxr.ResampleStream | None = None
        if from_hz != to_hz:
            self._stream = _stream(from_hz, to_hz, quality)

    def feed(self, pcm: Pcm) -> Pcm:
        """Takes the next samples. Returns the samples that are ready, possibly none."""
        if self._stream is None:
            return pcm
        self._fed += len(pcm)
        ready = to_pcm(self._converted(self._stream, to_float(pcm)))
        self._given += len(ready)
        return ready

    def finish(self) -> Pcm:
        """Returns the remaining samples, and starts a new stream."""
        if self._stream is None:
            return silence(0)
        rest = to_pcm(self._converted(self._stream, np.zeros(0, dtype=np.float32), last=True))
        missing = round(self._fed * self.to_hz / self.from_hz) - self._given - len(rest)
        self._stream.clear()
        self._fed = self._given = 0
        if missing > 0:  # soxr rounds down, and returns nothing at all for very short streams
            return np.concatenate([rest, silence(missing)])
        return rest[: len(rest) + missing]

    def _converted(self, stream: soxr.ResampleStream, sound: Float, *, last: bool = False) -> Float:
        try:
            return stream.resample_chunk(sound, last=last)
        except (RuntimeError, ValueError, TypeError) as error:  # what soxr raises
            raise _refused(self.from_hz, self.to_hz) from error


def _stream(from_hz: int, to_hz: int, quality: Quality) -> soxr.ResampleStream:
    try:
        import soxr

        return soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality=quality)
    except ImportError as error:
        raise EngineNotInstalled(
            "soxr, which converts sample rates, cannot be imported.", "pip install soxr"
        ) from error
    except (RuntimeError, ValueError, TypeError) as error:
        raise _refused(from_hz, to_hz) from error


def _refused(from_hz: int, to_hz: int) -> AudioError:
    return AudioError(f"Sound cannot be converted from {from_hz} to {to_hz} Hz.", "voicecli doctor")


def resample(pcm: Pcm, from_hz: int, to_hz: int) -> Pcm:
    """Converts all of `pcm` to another rate."""
    if from_hz == to_hz or not len(pcm):
        return pcm
    stream = Resampler(from_hz, to_hz, "HQ")
    return np.concatenate([stream.feed(pcm), stream.finish()])


def mixed(frames: NDArray[np.int16]) -> Pcm:
    """Mixes sound of shape (n, channels) to mono, shape (n,): the mean of the channels."""
    if frames.shape[1] == 1:
        return frames[:, 0]
    mono: Pcm = np.rint(frames.mean(axis=1)).astype(np.int16)
    return mono


class Blocker:
    """Splits sound that arrives in pieces of any length into blocks of exactly `BLOCK_SAMPLES`."""

    def __init__(self) -> None:
        self._rest = silence(0)

    def feed(self, pcm: Pcm) -> Iterator[Pcm]:
        """Takes the next samples. Yields the full blocks, each in its own array."""
        joined = np.concatenate([self._rest, pcm]) if len(self._rest) else pcm
        whole = len(joined) - len(joined) % BLOCK_SAMPLES
        self._rest = joined[whole:].copy()
        for start in range(0, whole, BLOCK_SAMPLES):
            yield joined[start : start + BLOCK_SAMPLES].copy()
