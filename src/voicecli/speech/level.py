"""The level of a block, and a level meter that the eye can follow."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from voicecli.pcm import FULL_SCALE, Pcm

FLOOR_DBFS = -96.0
"""The level of silence. One step of 16 bits is -90 dBFS, and -96 dBFS is the nominal range of 16 bits."""


def dbfs(block: Pcm) -> float:
    """Returns the root mean square of `block`, shape (n,), in dBFS.

    0.0 for a square wave at full scale, -3.0 for a sine at full scale, `FLOOR_DBFS` for silence.
    """
    if not len(block):
        return FLOOR_DBFS
    samples = block.astype(np.float64)
    return _decibels(math.sqrt(float(np.dot(samples, samples)) / len(block)))


def peak_dbfs(block: Pcm) -> float:
    """Returns the peak of `block`, shape (n,), in dBFS. 0.0 means that it may be clipped."""
    if not len(block):
        return FLOOR_DBFS
    return _decibels(max(int(block.max()), -int(block.min())))


def _decibels(amplitude: float) -> float:
    if amplitude <= 0:
        return FLOOR_DBFS
    return max(FLOOR_DBFS, 20 * math.log10(amplitude / FULL_SCALE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballistics:
    """How a meter moves, per block of 20 ms.

    Attributes:
        attack: Share of a rise that is made in one block. At 0.7 a syllable shows within two blocks; a click of one block does not reach the top.
        release_db: How far the meter falls in one block. 0.5 dB is 25 dB per second: a pause between words is visible, one between syllables hardly.
    """

    attack: float = 0.7
    release_db: float = 0.5


class LevelMeter:
    """Follows the level up fast and down slowly. Time is counted in blocks.

    Thread: the one that feeds it.
    """

    def __init__(self, ballistics: Ballistics | None = None) -> None:
        self._ballistics = ballistics or Ballistics()
        self._dbfs = FLOOR_DBFS

    @property
    def dbfs(self) -> float:
        """The reading of the meter, from `FLOOR_DBFS` to 0.0."""
        return self._dbfs

    def update(self, block: Pcm) -> float:
        """Takes the next block, shape (n,). Returns the new reading."""
        level = dbfs(block)
        if level >= self._dbfs:
            self._dbfs += (level - self._dbfs) * self._ballistics.attack
        else:
            self._dbfs = max(level, self._dbfs - self._ballistics.release_db)
        return self._dbfs
