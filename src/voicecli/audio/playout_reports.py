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
class ChunkStarted:
    """The first sample of the chunk was handed to the speaker."""

    turn: Turn
    chunk: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WordStarted:
    """The first sample of a word is heard now. The latency of the device is included."""

    turn: Turn
    chunk: int
    word: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkEnded:
    """The last sample of the chunk was handed to the speaker."""

    turn: Turn
    chunk: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnPlayed:
    """All sound of a finished turn was handed to the speaker."""

    turn: Turn


PlayoutReport: TypeAlias = FirstSound | ChunkStarted | WordStarted | ChunkEnded | TurnPlayed


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedPosition:
    """How far a turn was handed to the speaker, in samples at the speaker's rate.

    Attributes:
        chunk: The chunk that was played last.
        samples_into_chunk: How many of its samples were played.
        chunk_samples_so_far: The length of the chunk, as far as it is synthesized.
        chunk_complete: Whether that is the whole chunk. If not, it is still growing.
        words_heard: How many words of the chunk were heard completely; None if their times are unknown.
    """

    chunk: int
    samples_into_chunk: int
    chunk_samples_so_far: int
    chunk_complete: bool
    words_heard: int | None = None

    @property
    def fraction(self) -> float:
        """The part of the synthesized chunk that was handed out, 0.0 to 1.0."""
        return self.samples_into_chunk / self.chunk_samples_so_far if self.chunk_samples_so_far else 1.0
