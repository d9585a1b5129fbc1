"""Sample type, rates and block sizes. These numbers are defined only here.

Sound is mono int16 in the whole program. Capture is 16 kHz in blocks of 20 ms; float32 exists only inside adapters.
Time in the pipeline is a sample index at `RATE_HZ`, never a clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Pcm: TypeAlias = NDArray[np.int16]
"""Mono samples, shape (n,), full scale ±32768."""

Float: TypeAlias = NDArray[np.float32]
"""Mono samples, shape (n,), full scale ±1.0; only inside adapters."""

RATE_HZ = 16_000
"""Rate of everything that is captured, gated and transcribed (webrtcvad, Silero and Whisper all accept it)."""

BLOCK_MS = 20
"""The length of a block: the second longest frame that webrtcvad accepts, and what PortAudio carried without a dropout."""

BLOCK_SAMPLES = RATE_HZ * BLOCK_MS // 1000
"""Samples of a block: 320."""

FULL_SCALE = 32768
"""The largest amplitude of an int16 sample."""


def samples_of(duration_ms: float, rate_hz: int = RATE_HZ) -> int:
    """Returns the number of samples in `duration_ms` at `rate_hz`, rounded."""
    return round(duration_ms * rate_hz / 1000)


def ms_of(samples: int, rate_hz: int = RATE_HZ) -> float:
    """Returns the duration of `samples` at `rate_hz`, in ms."""
    return samples * 1000 / rate_hz


def blocks_of(duration_ms: float) -> int:
    """Returns the number of blocks that cover `duration_ms`: rounded up, at least one."""
    return max(1, -(-round(duration_ms) // BLOCK_MS))


def to_float(pcm: Pcm) -> Float:
    """Converts int16 to float32 in ±1.0, with the same shape."""
    return pcm.astype(np.float32) / np.float32(FULL_SCALE)


def to_pcm(samples: Float) -> Pcm:
    """Converts float32 in ±1.0 to int16, with the same shape. Values out of range are clipped, not wrapped."""
    scaled = np.rint(samples * FULL_SCALE)
    return np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)


def silence(samples: int) -> Pcm:
    """Returns `samples` zeros."""
    return np.zeros(samples, dtype=np.int16)


def frozen(pcm: Pcm) -> Pcm:
    """Makes an array that travels between threads read-only, and returns it."""
    pcm.flags.writeable = False
    return pcm


def blocks(pcm: Pcm, size: int = BLOCK_SAMPLES) -> Iterator[Pcm]:
    """Splits `pcm` into pieces of exactly `size` samples. The last one is padded with zeros."""
    for start in range(0, len(pcm), size):
        piece = pcm[start : start + size]
        if len(piece) < size:
            piece = np.concatenate([piece, silence(size - len(piece))])
        yield piece
