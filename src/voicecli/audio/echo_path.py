"""Detects whether there is an echo at all, and its delay. With headphones there is none, and a canceller that looks for one attenuates the person.

AEC3 mistakes the first words that a person says over the first answer for echo, for half a second or more, because it has not heard an echo yet. If
the microphone stays as quiet as the room while something plays, or if its sound cannot be found in what was played, the voice detector is given the
unprocessed microphone signal until an echo is found.
"""

from __future__ import annotations

from collections import deque
from statistics import quantiles

from voicecli.audio.echo_detector import EchoDetector
from voicecli.pcm import Pcm, blocks_of
from voicecli.speech.level import dbfs

FAR_ACTIVE_DBFS = -50.0
"""A far end below this level produces no relevant echo."""

AUDIBLE_DB = 8.0
"""How far above the noise floor a microphone that hears an echo is, at least."""

REACH_BLOCKS = blocks_of(500)
"""The longest delay of an echo. Before that, silence proves nothing."""

PROOF_BLOCKS = blocks_of(300)
"""How long the microphone must stay quiet after `REACH_BLOCKS` to prove that there is no echo."""

HEARD_BLOCKS = blocks_of(200)
"""How much sound of a microphone that is not quiet is examined."""

NO_ECHO = 0.12
"""Mean peak of `EchoDetector` below which the sound is not an echo. In simulated rooms the median of an echo was 0.3, down to 28 dB below what was
played. No person who talked exceeded the limit; one in ten recordings of the answer's own voice, talking over the answer, did."""

SURE = 0.15
"""Height of a single peak that gives the delay of an echo. 84 in 100 peaks of an echo exceed it, and 1 in 100 of the answer's own voice that talks
over it."""

SURER = 0.25
"""Height of a single peak that proves an echo. 6 of 10 blocks of an echo exceed it, and none of 4000 blocks of a person who talks."""

LOOK_BLOCKS = blocks_of(100)
"""How often the delay is estimated while something plays."""

DELAYS = 8
"""How many of the latest delay estimates count. When the delay of a card jumps, the estimate follows within a third of a second."""

STARTING_BLOCKS = blocks_of(320)
"""How much must have been played before an echo can be found."""

LONG_PROOF_BLOCKS = blocks_of(3000)
"""Same as `PROOF_BLOCKS`, once there has been an echo."""

FLOOR_BLOCKS = blocks_of(10_000)
FLOOR_EVERY_BLOCKS = blocks_of(500)
ENOUGH_BLOCKS = blocks_of(1000)
"""How much must have been recorded before the noise floor is known."""


class EchoPath:
    """Watches the microphone while something plays.

    Thread: the listener's.
    """

    def __init__(self) -> None:
        self._present: bool | None = None
        self._witness = EchoDetector()
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
        """The delays at which an echo was found lately, in samples."""
        return frozenset(self._delays)

    def step(self, near: Pcm, far: Pcm) -> None:
        """Processes the next block of both signals."""
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
        """Looks for an echo in the newest block, which contains a voice. Takes a millisecond.

        An echo where there was none means that the user took the headphones off, or turned the volume up.
        """
        peak = self._witness.peak()
        if peak.height >= (SURER if self.absent else SURE):
            self._delays.append(peak.delay)
            if self.absent:
                self._present = True
                self._quiet_blocks = 0

    def _watch(self) -> None:
        """Checks in every block whether the microphone hears what was played, until that is known, and tracks the delay."""
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
