"""What the playout tells of what it has handed to the speaker: marks as it happens, and on request how far a turn has come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from voicecli.turn import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSound:
    """The first sample of the turn was handed to the speaker."""

    turn: Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceStarted:
    """The first sample of the piece was handed to the speaker."""

    turn: Turn
    piece: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WordStarted:
    """The first sample of a word is heard now: what the device holds back is counted in."""

    turn: Turn
    piece: int
    word: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceEnded:
    """The last sample of the piece was handed to the speaker."""

    turn: Turn
    piece: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnPlayed:
    """All sound of a finished turn was handed to the speaker."""

    turn: Turn


Mark: TypeAlias = FirstSound | PieceStarted | WordStarted | PieceEnded | TurnPlayed


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedPosition:
    """How far a turn was handed to the speaker; in samples at the speaker's rate.

    Attributes:
        piece: The piece that sounded last.
        samples_into_piece: How much of it did.
        piece_samples_so_far: How long the piece is, as far as it is synthesized.
        piece_complete: Whether that is all of it; if not, it is still growing.
        words_heard: How many words of the piece have been heard to their end; None where it is not known when they sound.
    """

    piece: int
    samples_into_piece: int
    piece_samples_so_far: int
    piece_complete: bool
    words_heard: int | None = None

    @property
    def fraction(self) -> float:
        """Which part of the piece, as far as it is synthesized, was handed out: 0.0 to 1.0."""
        return self.samples_into_piece / self.piece_samples_so_far if self.piece_samples_so_far else 1.0
