"""Events about data from earlier sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from voicecli.events.field_types import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """An earlier conversation replaces the present one. Its turns follow.

    Attributes:
        conversation: Its number.
        title: Its title.
        turns: The number of turns that follow.
        left_out: The number of older turns that do not fit into the model's context.
    """

    json_name: ClassVar = "resumed"
    t_s: float
    conversation: int
    title: Words
    turns: int
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Titled:
    """The model made a title for the conversation that the turn with the number `turn` belongs to."""

    t_s: float
    turn: int
    title: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class PastTurn:
    """A turn of the resumed conversation.

    Attributes:
        turn: Its number, which is negative. Turns of this session have numbers from 1.
        question: The whole question.
        answer: The part of the answer that was played.
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
    """The memory about the person has changed. `added` and `removed` are the texts; empty if there is none."""

    json_name: ClassVar = "memory"
    t_s: float
    added: Words
    removed: Words
