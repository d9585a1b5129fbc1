"""What the playout reports: marks as sound is handed to the speaker, and on request how far a turn was played."""

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
    """The first sample of a word is heard now. The latency of the device is included."""

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
    """How far a turn was handed to the speaker, in samples at the speaker's rate.

    Attributes:
        piece: The piece that was played last.
        samples_into_piece: How many of its samples were played.
        piece_samples_so_far: The length of the piece, as far as it is synthesized.
        piece_complete: Whether that is the whole piece. If not, it is still growing.
        words_heard: How many words of the piece were heard completely; None if their times are unknown.
    """

    piece: int
    samples_into_piece: int
    piece_samples_so_far: int
    piece_complete: bool
    words_heard: int | None = None

    @property
    def fraction(self) -> float:
        """The part of the synthesized piece that was handed out, 0.0 to 1.0."""
        return self.samples_into_piece / self.piece_samples_so_far if self.piece_samples_so_far else 1.0
