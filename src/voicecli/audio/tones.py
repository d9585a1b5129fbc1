"""Two short, quiet tones for users who do not look at the screen."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import numpy as np

from voicecli.pcm import FULL_SCALE, Pcm, samples_of, silence

Chime: TypeAlias = Literal["heard", "trouble"]
"""`heard` rises: the user's speech was heard, or the microphone was unmuted. `trouble` falls: the microphone was muted, or something failed."""

NOTES_HZ: Final[dict[Chime, tuple[float, float]]] = {"heard": (660.0, 880.0), "trouble": (440.0, 330.0)}

NOTE_MS: Final = 60.0
EDGE_MS: Final = 10.0
"""Fade-in and fade-out of a note. It prevents clicks."""

LEVEL: Final = 0.05
"""Peak level relative to full scale, about as loud as the soft sounds of a voice."""


def chime(name: Chime, rate_hz: int) -> Pcm:
    """Returns the samples of a tone, shape (n,) at `rate_hz`."""
    notes = []
    for hz in NOTES_HZ[name]:
        at = np.arange(samples_of(NOTE_MS, rate_hz))
        edge = np.minimum(at, at[::-1]) / samples_of(EDGE_MS, rate_hz)
        envelope = np.sin(np.clip(edge, 0.0, 1.0) * np.pi / 2) ** 2
        notes.append(LEVEL * FULL_SCALE * envelope * np.sin(2 * np.pi * hz * at / rate_hz))
    return np.rint(np.concatenate(notes)).astype(np.int16)


class Overlay:
    """Mixes a tone into whatever else is played.

    Thread: under the playout's lock.

    Args:
        rate_hz: The speaker's rate.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._rest = silence(0)

    @property
    def sounds(self) -> bool:
        """Whether part of a tone still has to be played."""
        return len(self._rest) > 0

    def begin(self, name: Chime) -> None:
        """Starts a tone. It replaces one that is still playing."""
        self._rest = chime(name, self._rate_hz)

    def mix_into(self, block: Pcm) -> None:
        """Adds the next samples of the tone to `block`, in place."""
        taken = self._rest[: len(block)]
        self._rest = self._rest[len(taken) :]
        if len(taken):
            mixed = block[: len(taken)].astype(np.int32) + taken
            block[: len(taken)] = np.clip(mixed, -FULL_SCALE, FULL_SCALE - 1)
