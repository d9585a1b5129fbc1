"""Work for the language model that nobody waits for: titles, and the trial of a translator. Jobs and reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from voicecli.engines.ports import ChatMessage
from voicecli.turn import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleJob:
    """Make a title for a conversation. `messages` ends with the request for it; `of` is the number of one of its turns."""

    turn: Turn
    messages: tuple[ChatMessage, ...]
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialJob:
    """Try whether the model translates between two languages. That also reads the beginning of every translation's prompt."""

    turn: Turn
    between: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleMade:
    """The title of the conversation that the turn with the number `of` belongs to; empty if there is none."""

    turn: Turn
    of: int
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleTime:
    """Nothing has been going on for a while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationTried:
    """The model was tried: whether it `can` translate `between` these languages. `model` is its name."""

    turn: Turn
    between: tuple[str, str]
    model: str
    can: bool


Background: TypeAlias = TitleMade | TitleTime | TranslationTried
"""The reports."""
