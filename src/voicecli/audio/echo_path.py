"""Whether there is any echo at all: with headphones there is none, and a canceller that looks for one holds the person down.

AEC3 takes the first words that somebody says into a first answer for an echo, for half a second and more, since it has heard none yet. So where the
microphone stays as quiet as the room while something plays, the voice detector is given the microphone as it is, until an echo is found in it.
"""

from __future__ import annotations

from collections import deque
from statistics import quantiles

from voicecli.pcm import Pcm, blocks_of
from voicecli.speech.level import dbfs

FAR_ACTIVE_DBFS = -50.0
"""Something that is played more softly makes no echo that counts."""

AUDIBLE_DB = 8.0
"""How far above the room's noise a microphone that hears an echo is, at least."""

REACH_BLOCKS = blocks_of(500)
"""How late an echo may come; before that, silence proves nothing."""

PROOF_BLOCKS = blocks_of(300)
"""How long the microphone must stay quiet after that."""

FLOOR_BLOCKS = blocks_of(10_000)
FLOOR_EVERY_BLOCKS = blocks_of(500)
ENOUGH_BLOCKS = blocks_of(1000)
"""How much must have been heard for the room's noise to be known."""


class EchoPath:
    """Watches the microphone's level while something plays.

    Thread: the one that listens.
    """

    def __init__(self) -> None:
        self.absent = False
        """Whether the microphone does not hear the speaker."""
        self._levels: deque[float] = deque(maxlen=FLOOR_BLOCKS)
        self._floor_dbfs: float | None = None
        self._blocks = 0
        self._playing_blocks = 0
        self._quiet_blocks = 0

    def step(self, near: Pcm, far: Pcm) -> None:
        """Takes the next block of both."""
        level = dbfs(near)
        self._levels.append(level)
        if self._blocks % FLOOR_EVERY_BLOCKS == 0 and len(self._levels) >= ENOUGH_BLOCKS:
            self._floor_dbfs = quantiles(self._levels, n=20)[0]
        self._blocks += 1
        if self._floor_dbfs is None or dbfs(far) <= FAR_ACTIVE_DBFS:
            return
        self._playing_blocks += 1
        if level > self._floor_dbfs + AUDIBLE_DB:
            self._quiet_blocks = 0
        elif self._playing_blocks > REACH_BLOCKS:
            self._quiet_blocks += 1
            self.absent = self.absent or self._quiet_blocks >= PROOF_BLOCKS

    def found(self) -> None:
        """An echo was heard after all: somebody took the headphones off, or turned the volume up."""
        self.absent = False
        self._playing_blocks = self._quiet_blocks = 0
