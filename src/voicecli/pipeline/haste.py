"""How urgently a reply must be cut so that the voice can begin, or need not fall silent in the middle.

A model that writes slowly may need a second and more for its first clause. A listener takes that for a failure. So the first piece is cut by time
as well as by its marks, and a later one when the voice is about to run out of text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from voicecli.audio.playout_marks import PlayedPosition
from voicecli.pcm import ms_of
from voicecli.speech.sentences import Haste, Piece
from voicecli.turn import Turn

GOOD_JOINT_MS: Final = 250.0
"""How long after the first token the first piece may end at a good joint. A token takes 20 to 70 ms on two cores, so it is cut before 330 ms."""

ANY_JOINT_MS: Final = 380.0
"""How long after it any joint will do; with the token that is being written, the first piece is complete before 500 ms."""

GOOD_LEFT_MS: Final = 600.0
"""How much of what was let go is still to be heard when a later piece may end at a good joint. A voice beside a model needs as long for its first
sound."""

ANY_LEFT_MS: Final = 350.0
"""The same for any joint."""

CHARACTER_MS: Final = 65.0
"""How long a voice takes for a letter, spaces included: 15 a second, measured with joe. An estimate of what is not synthesized yet."""


class Heard(Protocol):
    """Who knows how much of a reply was heard; the playout."""

    rate_hz: int

    def position(self, turn: Turn) -> PlayedPosition | None:
        """How far the speaker got; None before the first sound."""
        ...


class Urgency:
    """Tells one reply's haste.

    Thread: the one that reads the model's reply.

    Args:
        turn: Whose reply it is.
        heard: The playout; None where there is no voice.
        clock: Seconds, increasing. None where the pieces must not depend on time.
    """

    def __init__(self, turn: Turn, heard: Heard | None, clock: Callable[[], float] | None) -> None:
        self._turn = turn
        self._heard = heard
        self._clock = clock
        self._begun_s: float | None = None
        self._let_go: list[float] = []  # how long each piece is, in ms

    def let_go(self, piece: Piece) -> None:
        """A piece goes to the voice."""
        self._let_go.append(len(piece.text) * CHARACTER_MS)

    def now(self) -> Haste:
        """The haste with which the token that has just come is read."""
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
        """How much of what was let go is still to be heard."""
        position = heard.position(self._turn)
        if position is None or position.piece >= len(self._let_go):
            return sum(self._let_go)
        whole = ms_of(position.piece_samples_so_far, heard.rate_hz) if position.piece_complete else 0.0
        of_piece = whole or self._let_go[position.piece]
        played_ms = ms_of(position.samples_into_piece, heard.rate_hz)
        return max(0.0, of_piece - played_ms) + sum(self._let_go[position.piece + 1 :])


def _haste(*, some: bool, great: bool) -> Haste:
    if great:
        return Haste.GREAT
    return Haste.SOME if some else Haste.NONE
