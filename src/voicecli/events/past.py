"""Events of what is remembered from earlier sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from voicecli.events.vocabulary import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """An earlier conversation takes the place of the present one. Its turns follow.

    Attributes:
        conversation: Its number.
        title: Its title.
        turns: How many turns follow.
        left_out: How many older turns the model has no room for.
    """

    json_name: ClassVar = "resumed"
    t_s: float
    conversation: int
    title: Words
    turns: int
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PastTurn:
    """A turn of the conversation that is resumed.

    Attributes:
        turn: Its number, which is negative: those from 1 on are of this session.
        question: The whole question.
        answer: The part of the answer that was heard.
        cut: Whether the answer was stopped before its end.
    """

    json_name: ClassVar = "past_turn"
    t_s: float
    turn: int
    question: Words
    answer: Words
    cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryChanged:
    """What is remembered of the person has changed. `added` and `removed`: what was; empty where nothing was."""

    json_name: ClassVar = "memory"
    t_s: float
    added: Words
    removed: Words
