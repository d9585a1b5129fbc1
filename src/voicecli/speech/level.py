"""How loud a block is, and a meter that the eye can follow."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from voicecli.pcm import FULL_SCALE, Pcm

FLOOR_DBFS = -96.0
"""Silence: one step of 16 bits is -90 dBFS, and the floor is what 16 bits are said to reach."""


def dbfs(block: Pcm) -> float:
    """Root mean square of `block`, shape (n,), in dB of full scale.

    0.0 for a square wave as loud as can be, -3.0 for such a sine, `FLOOR_DBFS` for silence.
    """
    if not len(block):
        return FLOOR_DBFS
    samples = block.astype(np.float64)
    return _decibels(math.sqrt(float(np.dot(samples, samples)) / len(block)))


def peak_dbfs(block: Pcm) -> float:
    """Loudest sample of `block`, shape (n,), in dB of full scale; 0.0 says that it may be clipped."""
    if not len(block):
        return FLOOR_DBFS
    return _decibels(max(int(block.max()), -int(block.min())))


def _decibels(amplitude: float) -> float:
    if amplitude <= 0:
        return FLOOR_DBFS
    return max(FLOOR_DBFS, 20 * math.log10(amplitude / FULL_SCALE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballistics:
    """How a meter moves, by blocks of 20 ms.

    Attributes:
        attack: Share of the way up that is made in one block. At 0.7 a syllable shows within two blocks; a click of one does not reach the top.
        release_db: How far it falls in one block. 0.5 dB is 25 dB a second: a pause between words is seen, one between syllables hardly.
    """

    attack: float = 0.7
    release_db: float = 0.5


class LevelMeter:
    """Follows loudness up fast and down slowly. Time is blocks; the thread is whichever feeds it."""

    def __init__(self, ballistics: Ballistics | None = None) -> None:
        self._ballistics = ballistics or Ballistics()
        self._dbfs = FLOOR_DBFS

    @property
    def dbfs(self) -> float:
        """What the meter shows, from `FLOOR_DBFS` to 0.0."""
        return self._dbfs

    def update(self, block: Pcm) -> float:
        """Takes the next block, shape (n,); gives what the meter shows now."""
        level = dbfs(block)
        if level >= self._dbfs:
            self._dbfs += (level - self._dbfs) * self._ballistics.attack
        else:
            self._dbfs = max(level, self._dbfs - self._ballistics.release_db)
        return self._dbfs
