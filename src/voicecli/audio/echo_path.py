"""Whether there is any echo at all, and how late: with headphones there is none, and a canceller that looks for one holds the person down.

AEC3 takes the first words that somebody says into a first answer for an echo, for half a second and more, since it has heard none yet. So where the
microphone stays as quiet as the room while something plays, or hears what cannot be found in it, the voice detector is given the microphone as it is,
until an echo is found.
"""

from __future__ import annotations

from collections import deque
from statistics import quantiles

from voicecli.audio.echo_witness import EchoWitness
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

HEARD_BLOCKS = blocks_of(200)
"""How much sound is examined of a microphone that is not quiet."""

NO_ECHO = 0.12
"""Mean peak of `EchoWitness` below which the sound is not an echo. In simulated rooms the median of an echo was 0.3, down to 28 dB below what was
played. No person who talked exceeded the limit; one in ten recordings of the answer's own voice, talking into the answer, did."""

SURE = 0.15
"""A single peak that gives the delay of an echo: 84 in 100 peaks of an echo exceed it, and 1 in 100 of the answer's own voice that talks into it."""

SURER = 0.25
"""A single peak that proves an echo: 6 of 10 blocks of an echo exceed it, and none of 4000 blocks of a person who talks."""

LOOK_BLOCKS = blocks_of(100)
"""How often the delay is estimated while something plays."""

DELAYS = 8
"""How many of the latest estimates of the delay count. When the delay of a card jumps, it is followed within a third of a second."""

STARTING_BLOCKS = blocks_of(320)
"""How much must have been played before an echo can be found."""

LONG_PROOF_BLOCKS = blocks_of(3000)
"""The same, once there has been an echo."""

FLOOR_BLOCKS = blocks_of(10_000)
FLOOR_EVERY_BLOCKS = blocks_of(500)
ENOUGH_BLOCKS = blocks_of(1000)
"""How much must have been heard for the room's noise to be known."""


class EchoPath:
    """Watches the microphone while something plays.

    Thread: the one that listens.
    """

    def __init__(self) -> None:
        self._present: bool | None = None
        self._witness = EchoWitness()
        self._delays: deque[int] = deque(maxlen=DELAYS)
        self._peaks: list[float] = []
        self._levels: deque[float] = deque(maxlen=FLOOR_BLOCKS)
        self._floor_dbfs: float | None = None
        self._blocks = 0
        self._playing_blocks = 0
        self._quiet_blocks = 0

    @property
    def absent(self) -> bool:
        """Whether the microphone does not hear the speaker."""
        return self._present is False

    @property
    def delays(self) -> frozenset[int]:
        """At which an echo was found lately, in samples."""
        return frozenset(self._delays)

    def step(self, near: Pcm, far: Pcm) -> None:
        """Takes the next block of both."""
        self._witness.step(near, far)
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
            self._watch()
        elif self._playing_blocks > REACH_BLOCKS:
            self._quiet_blocks += 1
            if self._quiet_blocks >= (LONG_PROOF_BLOCKS if self._present else PROOF_BLOCKS):
                self._present = False

    def look(self) -> None:
        """Looks for an echo in the newest block, in which there is a voice; a millisecond.

        Should one be heard where there was none, somebody took the headphones off, or turned the volume up.
        """
        peak = self._witness.peak()
        if peak.height >= (SURER if self.absent else SURE):
            self._delays.append(peak.delay)
            if self.absent:
                self._present = True
                self._quiet_blocks = 0

    def _watch(self) -> None:
        """Whether what the microphone hears is what was played, in every block until it is known; and at which delay."""
        if self._playing_blocks < STARTING_BLOCKS or self.absent:
            return
        if self._present and self._playing_blocks % LOOK_BLOCKS:
            return
        peak = self._witness.peak()
        if peak.height >= SURE:
            self._delays.append(peak.delay)
        if self._present is None:
            self._peaks.append(peak.height)
            if len(self._peaks) >= HEARD_BLOCKS:
                self._present = sum(self._peaks) / len(self._peaks) >= NO_ECHO
