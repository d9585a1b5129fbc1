"""Where a voice begins to be heard: voices put 30 to 60 ms of silence in front of a sentence, which is time to an answer's first sound."""

from __future__ import annotations

import numpy as np

from voicecli.pcm import FULL_SCALE, Pcm, samples_of

AUDIBLE_DBFS = -50.0
"""Below it is what voices take for silence, and the breath of the softest first consonant."""

KEPT_MS = 5.0
"""So much is left in front, for the attack of what begins suddenly."""


def silence_before(sound: Pcm, rate_hz: int) -> int:
    """How many samples at the beginning of `sound`, shape (n,), need not be played; 0 where all of it is silent."""
    audible = np.abs(sound.astype(np.int32)) >= FULL_SCALE * 10 ** (AUDIBLE_DBFS / 20)
    if not audible.any():
        return 0
    return max(0, int(np.argmax(audible)) - samples_of(KEPT_MS, rate_hz))
