"""Reports of the playout: what is being heard."""

from __future__ import annotations

from dataclasses import dataclass

from voicecli.turn import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Sounding:
    """The first sound of the turn was handed to the speaker."""

    turn: Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class WordSounding:
    """The word with index `word` of a chunk starts to be heard."""

    turn: Turn
    chunk: int
    word: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """All of the turn's sound was handed to the speaker."""

    turn: Turn
