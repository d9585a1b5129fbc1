"""Decides from the levels before and after the echo canceller whether it works on this machine."""

from __future__ import annotations

from collections import deque
from statistics import median, quantiles

from voicecli.audio.ports import Cancelling
from voicecli.pcm import Pcm, blocks_of
from voicecli.speech.level import dbfs

FAR_ACTIVE_DBFS = -50.0
"""A far end below this level produces no echo worth cancelling."""

REACH_BLOCKS = blocks_of(400)
"""How long after the far end its echo may still arrive, including the latency of both devices and the room."""

WINDOW_BLOCKS = blocks_of(3000)
"""How much echo is judged. With a shorter window, a person who talks over the answer would make up most of it."""

ENOUGH_BLOCKS = blocks_of(1000)
"""How much echo is needed for a first verdict. AEC3 adapts to a room in less."""

PATIENCE_BLOCKS = blocks_of(3000)
"""How much echo in a row must be cancelled badly to count as a failure. One lost block of the card costs two seconds."""

AUDIBLE_DB = 10.0
"""How far an echo must exceed the microphone's noise floor to be judged."""

LEFT_DB = 6.0
"""A residual echo that exceeds the noise floor by no more than this needs no more cancelling."""

CONVERGED_DB = 15.0
"""Echo return loss enhancement from which a voice detector treats the residual echo as silence. It did at 15 to 22 dB, and did not at 9 dB."""

FLOOR_BLOCKS = blocks_of(20_000)
"""Window over which the microphone's noise floor is estimated."""

FLOOR_EVERY_BLOCKS = blocks_of(500)
"""How often the noise floor is estimated. Sorting a thousand numbers for every block would be a waste."""

SPEECH_BLOCKS = blocks_of(500)
"""How long continuous speech counts as a person's. A person would have stopped the answer by then, so a longer voice is the answer's own."""


class Convergence:
    """Tracks the echo return loss enhancement: the level of the microphone over the level after the canceller, while something plays.

    The verdict uses the median over the blocks, so that half a second of double talk does not count as a failure.
    With headphones there is no echo to cancel. That counts as converged.

    Thread: the listener's.
    """

    def __init__(self) -> None:
        self._since_far = REACH_BLOCKS
        self._played_blocks = 0
        self._heard_blocks = 0
        self._enhancements: deque[float] = deque(maxlen=WINDOW_BLOCKS)
        self._residues: deque[float] = deque(maxlen=WINDOW_BLOCKS)
        self._levels: deque[float] = deque(maxlen=FLOOR_BLOCKS)
        self._floor_dbfs = 0.0
        self._blocks = 0
        self._speech_run = 0
        self._bad_blocks = 0
        self._verdict = Cancelling.LEARNING

    @property
    def verdict(self) -> Cancelling:
        """How well the echo was cancelled in the last seconds that contained one."""
        return self._verdict

    @property
    def erle_db(self) -> float | None:
        """Echo return loss enhancement over the last three seconds of echo, in dB; None until there was one second of echo."""
        return median(self._enhancements) if len(self._enhancements) >= ENOUGH_BLOCKS else None

    def step(self, near: Pcm, far: Pcm, decide: Pcm, *, near_speech: bool) -> Cancelling:
        """Processes the next block.

        Args:
            near: What the microphone recorded.
            far: What was played.
            decide: The canceller's output for the voice detectors.
            near_speech: Whether `decide` contains a voice. Such blocks are left out, but for no longer than a person could speak before the answer
                stops.
        """
        level = dbfs(near)
        self._watch_floor(level)
        self._since_far = 0 if dbfs(far) > FAR_ACTIVE_DBFS else self._since_far + 1
        self._speech_run = self._speech_run + 1 if near_speech else 0
        if self._since_far >= REACH_BLOCKS or 0 < self._speech_run <= SPEECH_BLOCKS:
            return self._verdict
        self._played_blocks += 1
        if level > self._floor_dbfs + AUDIBLE_DB:
            self._heard_blocks += 1
            left = dbfs(decide)
            self._enhancements.append(level - left)
            self._residues.append(left - self._floor_dbfs)
            self._judge()
        elif self._played_blocks >= WINDOW_BLOCKS and self._heard_blocks < ENOUGH_BLOCKS // 2:
            self._verdict = Cancelling.CONVERGED  # there is no echo to cancel
        return self._verdict

    def _watch_floor(self, level: float) -> None:
        self._levels.append(level)
        if self._blocks % FLOOR_EVERY_BLOCKS == 0:
            self._floor_dbfs = quantiles(self._levels, n=20)[0] if len(self._levels) > 1 else level
        self._blocks += 1

    def _judge(self) -> None:
        if len(self._enhancements) < ENOUGH_BLOCKS:
            return
        good = median(self._enhancements) >= CONVERGED_DB or median(self._residues) <= LEFT_DB
        self._bad_blocks = 0 if good else self._bad_blocks + 1
        if good:
            self._verdict = Cancelling.CONVERGED
        elif self._bad_blocks >= PATIENCE_BLOCKS:
            self._verdict = Cancelling.NOT_CONVERGING
        else:
            self._verdict = Cancelling.LEARNING
