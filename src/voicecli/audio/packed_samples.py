"""Converts samples as FFmpeg's decoders pack them to floating point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from voicecli.audio.pyav_decoder import Packed
from voicecli.audio.wav_reader import bounded
from voicecli.pcm import Float

FULL_SCALES: dict[str, tuple[str, float]] = {
    "u8": ("u1", 2.0**7),
    "s16": ("<i2", 2.0**15),
    "s32": ("<i4", 2.0**31),
    "s64": ("<i8", 2.0**63),
    "flt": ("<f4", 1.0),
    "dbl": ("<f8", 1.0),
}
"""NumPy type and full scale of each sample format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """Samples of shape (n, channels), full scale ±1.0, at `rate_hz`."""

    samples: Float
    rate_hz: int


def unpacked(packed: Packed) -> Frames:
    """Returns the samples of `packed`, whose format must be one of `FULL_SCALES`."""
    kind, full_scale = FULL_SCALES[packed.kind]
    raw = np.frombuffer(packed.data, dtype=kind).reshape(-1, packed.channels)
    samples = bounded(raw) if "f" in kind else raw.astype(np.float32)
    if kind == "u1":
        samples -= full_scale
    return Frames(samples=samples / np.float32(full_scale), rate_hz=packed.rate_hz)
