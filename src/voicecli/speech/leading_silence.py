"""Finds the onset of a voice. Voices put 30 to 60 ms of silence before a sentence, which delays the first sound of an answer."""

from __future__ import annotations

import numpy as np

from voicecli.pcm import FULL_SCALE, Pcm, samples_of

AUDIBLE_DBFS = -50.0
"""Voices write silence below this level. It is also above the breath of the softest initial consonant."""

KEPT_MS = 5.0
"""How much is kept before the onset, for a sudden attack."""


def silence_before(sound: Pcm, rate_hz: int) -> int:
    """Returns how many samples at the beginning of `sound`, shape (n,), need not be played; 0 if all of it is silent."""
    audible = np.abs(sound.astype(np.int32)) >= FULL_SCALE * 10 ** (AUDIBLE_DBFS / 20)
    if not audible.any():
        return 0
    return max(0, int(np.argmax(audible)) - samples_of(KEPT_MS, rate_hz))
