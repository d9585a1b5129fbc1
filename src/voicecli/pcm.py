"""Sample type, rates and block sizes: the only home of such numbers.

The currency of the program is mono int16. Capture is 16 kHz in blocks of 20 ms; float32 exists only inside adapters.
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
"""Rate of everything that is captured, gated and transcribed (webrtcvad, Silero and Whisper all take it)."""

BLOCK_MS = 20
"""A block: the longest frame but one that webrtcvad takes, and what PortAudio carried without a dropout."""

BLOCK_SAMPLES = RATE_HZ * BLOCK_MS // 1000
FULL_SCALE = 32768


def samples_of(duration_ms: float, rate_hz: int = RATE_HZ) -> int:
    """How many samples last `duration_ms` at `rate_hz`, rounded."""
    return round(duration_ms * rate_hz / 1000)


def ms_of(samples: int, rate_hz: int = RATE_HZ) -> float:
    """How many milliseconds `samples` last at `rate_hz`."""
    return samples * 1000 / rate_hz


def blocks_of(duration_ms: float) -> int:
    """How many blocks cover `duration_ms`: rounded up, at least one."""
    return max(1, -(-round(duration_ms) // BLOCK_MS))


def to_float(pcm: Pcm) -> Float:
    """int16 to float32 in ±1.0, shape kept."""
    return pcm.astype(np.float32) / np.float32(FULL_SCALE)


def to_pcm(samples: Float) -> Pcm:
    """float32 in ±1.0 to int16, shape kept; what is out of range is clipped, not wrapped."""
    scaled = np.rint(samples * FULL_SCALE)
    return np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)


def silence(samples: int) -> Pcm:
    """`samples` zeros."""
    return np.zeros(samples, dtype=np.int16)


def frozen(pcm: Pcm) -> Pcm:
    """The same samples, made read-only, for an array that travels between threads."""
    pcm.flags.writeable = False
    return pcm


def blocks(pcm: Pcm, size: int = BLOCK_SAMPLES) -> Iterator[Pcm]:
    """`pcm` in pieces of exactly `size` samples, the last one filled up with zeros."""
    for start in range(0, len(pcm), size):
        piece = pcm[start : start + size]
        if len(piece) < size:
            piece = np.concatenate([piece, silence(size - len(piece))])
        yield piece
