"""Reports about the start of a conversation: a new one, or an earlier one that is resumed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Clear:
    """A new conversation starts. Nothing said before counts any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedExchange:
    """A question of an earlier session and its answer.

    Attributes:
        row: Its row in the database.
        question: The whole question.
        answer: The part of the answer that was heard.
        cut: Whether the answer was stopped before its end.
        typed: Whether the question was typed.
        language: The language of the question, ISO 639-1; empty if it is not known.
    """

    row: int
    question: str
    answer: str
    cut: bool = False
    typed: bool = False
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationChosen:
    """An earlier conversation is resumed, and replaces the present one.

    Attributes:
        conversation: Its number.
        title: Its title.
        turns: The turns for the model, oldest first.
        left_out: How many older turns are left out, because the model has no room for them.
    """

    conversation: int
    title: str
    turns: tuple[SavedExchange, ...]
    left_out: int = 0


Beginning: TypeAlias = Clear | ConversationChosen
