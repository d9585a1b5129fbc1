"""Decides how urgently a reply must be cut so that the voice can start, or does not fall silent in the middle.

A slow model may need a second or more for its first clause. A listener mistakes that for a failure. So the first chunk is cut by time
as well as by its marks, and so is a later one when the voice is about to run out of text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from voicecli.audio.playout_reports import PlayedPosition
from voicecli.pcm import ms_of
from voicecli.speech.sentence_chunker import Chunk, Haste
from voicecli.turn import Turn

GOOD_JOINT_MS: Final = 250.0
"""Time after the first token from which the first chunk may end at a good joint. A token takes 20 to 70 ms on two cores: it is cut before 330 ms."""

ANY_JOINT_MS: Final = 380.0
"""Time after the first token from which it may end at any joint. With the token that is being written, the first chunk is complete before 500 ms."""

GOOD_LEFT_MS: Final = 600.0
"""A later chunk may end at a good joint when less released speech than this is left to be heard. A voice that runs beside a model takes that long to
its first sound."""

ANY_LEFT_MS: Final = 350.0
"""A later chunk may end at any joint when less than this is left."""

CHARACTER_MS: Final = 65.0
"""How long a voice takes for a letter, spaces included: 15 per second, measured with joe. It estimates speech that is not synthesized yet."""


class Heard(Protocol):
    """Reports how much of a reply was heard; implemented by the playout."""

    rate_hz: int

    def position(self, turn: Turn) -> PlayedPosition | None:
        """Returns how far the speaker got; None before the first sound."""
        ...


class Urgency:
    """Computes the haste for one reply.

    Thread: the one that reads the model's reply.

    Args:
        turn: The turn of the reply.
        heard: The playout; None without a voice.
        clock: Monotonic seconds. None if the chunks must not depend on time.
    """

    def __init__(self, turn: Turn, heard: Heard | None, clock: Callable[[], float] | None) -> None:
        self._turn = turn
        self._heard = heard
        self._clock = clock
        self._begun_s: float | None = None
        self._let_go: list[float] = []  # the length of each released chunk in ms

    def let_go(self, chunk: Chunk) -> None:
        """Notes that a chunk was released to the voice."""
        self._let_go.append(len(chunk.text) * CHARACTER_MS)

    def now(self) -> Haste:
        """Returns the haste for the token that has just arrived."""
        if self._heard is None or self._clock is None:
            return Haste.NONE
        now_s = self._clock()
        if self._begun_s is None:
            self._begun_s = now_s
        if not self._let_go:
            waited_ms = (now_s - self._begun_s) * 1000
            return _haste(some=waited_ms >= GOOD_JOINT_MS, great=waited_ms >= ANY_JOINT_MS)
        left_ms = self._left_ms(self._heard)
        return _haste(some=left_ms < GOOD_LEFT_MS, great=left_ms < ANY_LEFT_MS)

    def _left_ms(self, heard: Heard) -> float:
        """Returns how much released speech is left to be heard, in ms."""
        position = heard.position(self._turn)
        if position is None or position.chunk >= len(self._let_go):
            return sum(self._let_go)
        whole = ms_of(position.chunk_samples_so_far, heard.rate_hz) if position.chunk_complete else 0.0
        of_chunk = whole or self._let_go[position.chunk]
        played_ms = ms_of(position.samples_into_chunk, heard.rate_hz)
        return max(0.0, of_chunk - played_ms) + sum(self._let_go[position.chunk + 1 :])


def _haste(*, some: bool, great: bool) -> Haste:
    if great:
        return Haste.GREAT
    return Haste.SOME if some else Haste.NONE
