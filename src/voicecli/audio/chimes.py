"""Two short, quiet tones for people who do not look at the screen."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import numpy as np

from voicecli.pcm import FULL_SCALE, Pcm, samples_of, silence

Chime: TypeAlias = Literal["heard", "trouble"]
"""`heard` rises: what was said has been heard, or the microphone is open again. `trouble` falls: it is muted, or something failed."""

NOTES_HZ: Final[dict[Chime, tuple[float, float]]] = {"heard": (660.0, 880.0), "trouble": (440.0, 330.0)}

NOTE_MS: Final = 60.0
EDGE_MS: Final = 10.0
"""How long a note swells and fades, so that it does not click."""

LEVEL: Final = 0.05
"""Peak, of full scale: about as loud as the soft sounds of a voice."""


def chime(name: Chime, rate_hz: int) -> Pcm:
    """The tone, shape (n,) at `rate_hz`."""
    notes = []
    for hz in NOTES_HZ[name]:
        at = np.arange(samples_of(NOTE_MS, rate_hz))
        edge = np.minimum(at, at[::-1]) / samples_of(EDGE_MS, rate_hz)
        envelope = np.sin(np.clip(edge, 0.0, 1.0) * np.pi / 2) ** 2
        notes.append(LEVEL * FULL_SCALE * envelope * np.sin(2 * np.pi * hz * at / rate_hz))
    return np.rint(np.concatenate(notes)).astype(np.int16)


class Overlay:
    """A tone that sounds over whatever else is played.

    Thread: under the playout's lock.

    Args:
        rate_hz: The speaker's rate.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._rest = silence(0)

    @property
    def sounds(self) -> bool:
        """Whether anything of a tone is still to be played."""
        return len(self._rest) > 0

    def begin(self, name: Chime) -> None:
        """Plays a tone, in the place of one that still sounds."""
        self._rest = chime(name, self._rate_hz)

    def mix_into(self, block: Pcm) -> None:
        """Adds what is due of the tone."""
        taken = self._rest[: len(block)]
        self._rest = self._rest[len(taken) :]
        if len(taken):
            mixed = block[: len(taken)].astype(np.int32) + taken
            block[: len(taken)] = np.clip(mixed, -FULL_SCALE, FULL_SCALE - 1)
