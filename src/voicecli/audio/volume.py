"""The volume of answers. It changes without a click, and a limiter prevents clipping."""

from __future__ import annotations

from typing import Final

import numpy as np

from voicecli.pcm import FULL_SCALE, Float, Pcm, samples_of, to_float

LOUDEST: Final = 200
"""In percent. This is 6 dB above the original level; beyond that the limiter would work all the time."""

RAMP_MS: Final = 20.0
"""The duration of a change of volume. It avoids a click and is too short to be noticed."""

CEILING: Final = 0.98
"""The highest peak that the limiter passes, relative to full scale."""

BENT_ROOM: Final = 0.01
"""How far above the ceiling peaks may get before the limiter has reduced the gain."""

ATTACK_MS: Final = 1.0
"""How long the limiter takes to reduce the gain. Louder samples in that time are compressed softly, not clipped."""

RELEASE_PER_S: Final = 4.0
"""How fast the limiter restores the gain: from half to full volume in an eighth of a second."""


class Volume:
    """Scales what is played, block by block.

    Thread: `percent` may be set by any, `apply` belongs to the speaker's.

    Args:
        rate_hz: Rate of the blocks.
        percent: 100 leaves sound unchanged, 0 is silence; at most `LOUDEST`.
    """

    def __init__(self, rate_hz: int, percent: float = 100) -> None:
        self.percent = percent
        self._rate_hz = rate_hz
        self._gain = percent / 100  # at the end of the last block
        self._limit = 1.0  # the limiter's gain at that point

    def apply(self, block: Pcm) -> Pcm:
        """Returns the block as it is to be played, with the same shape. Returns the same array if nothing changes."""
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
        """Applies a new volume without a ramp, because nothing is being played."""
        self._gain, self._limit = self.percent / 100, 1.0

    def _ramp(self, start: float, end: float, duration_ms: float, samples: int) -> Float:
        steps = np.minimum(np.arange(1, samples + 1) / samples_of(duration_ms, self._rate_hz), 1.0)
        return (start + (end - start) * steps).astype(np.float32)


def _bent(sound: Float) -> Float:
    """Compresses what exceeds the ceiling so that it stays below full scale. The rest of `sound` is unchanged."""
    over = np.maximum(np.abs(sound) - CEILING, 0.0)
    bent = CEILING + BENT_ROOM * np.tanh(over / BENT_ROOM)
    return np.where(over > 0, np.sign(sound) * bent, sound).astype(np.float32)
