"""How loud answers are played: changed without a click, and limited, so that nothing is ever clipped."""

from __future__ import annotations

from typing import Final

import numpy as np

from voicecli.pcm import FULL_SCALE, Float, Pcm, samples_of, to_float

LOUDEST: Final = 200
"""Percent: 6 dB above the voice as it is; beyond that the limiter would be at work all the time."""

RAMP_MS: Final = 20.0
"""How long a change of volume takes: no click, and nobody notices that it is not at once."""

CEILING: Final = 0.98
"""Highest peak the limiter lets through, of full scale."""

BENT_ROOM: Final = 0.01
"""How far above the ceiling the peaks get that come before the limiter has turned down."""

ATTACK_MS: Final = 1.0
"""How long the limiter takes to turn down. What is too loud within that time is bent, not cut off."""

RELEASE_PER_S: Final = 4.0
"""How fast it lets go again: from half the volume to all of it in an eighth of a second."""


class Volume:
    """Scales what is played, block by block.

    Thread: `percent` may be set by any, `apply` belongs to the speaker's.

    Args:
        rate_hz: Rate of the blocks.
        percent: 100 leaves sound as it is, 0 is silence; at most `LOUDEST`.
    """

    def __init__(self, rate_hz: int, percent: float = 100) -> None:
        self.percent = percent
        self._rate_hz = rate_hz
        self._gain = percent / 100  # where the last block ended
        self._limit = 1.0  # how much of it the limiter let through at that point

    def apply(self, block: Pcm) -> Pcm:
        """The block as it is to be played, shape kept; the same array where nothing is to be done."""
        wanted = self.percent / 100
        if wanted == self._gain == self._limit == 1.0:
            return block
        loud = to_float(block) * self._ramp(self._gain, wanted, RAMP_MS, len(block))
        self._gain = wanted
        peak = float(np.abs(loud).max(initial=0.0))
        needed = CEILING / peak if peak > CEILING else 1.0
        if needed < self._limit:
            limits = self._ramp(self._limit, needed, ATTACK_MS, len(block))
        else:
            needed = min(needed, self._limit + RELEASE_PER_S * len(block) / self._rate_hz)
            limits = np.linspace(self._limit, needed, len(block), dtype=np.float32)
        self._limit = needed
        return np.rint(_bent(loud * limits) * (FULL_SCALE - 1)).astype(np.int16)

    def settle(self) -> None:
        """Nothing is being played, so a new volume counts from the first sample on."""
        self._gain, self._limit = self.percent / 100, 1.0

    def _ramp(self, start: float, end: float, duration_ms: float, samples: int) -> Float:
        steps = np.minimum(np.arange(1, samples + 1) / samples_of(duration_ms, self._rate_hz), 1.0)
        return (start + (end - start) * steps).astype(np.float32)


def _bent(sound: Float) -> Float:
    """`sound` with what is above the ceiling bent below full scale; the rest untouched."""
    over = np.maximum(np.abs(sound) - CEILING, 0.0)
    bent = CEILING + BENT_ROOM * np.tanh(over / BENT_ROOM)
    return np.where(over > 0, np.sign(sound) * bent, sound).astype(np.float32)
