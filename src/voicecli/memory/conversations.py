"""What a saved conversation is, as the program sees it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

WordTime: TypeAlias = tuple[float, int, int]
"""When a word of an answer began to be heard, in ms since the sitting began, and where it stands in the answer: offsets of its first
character and behind its last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When a turn was said, in ms since the sitting began; None where it is not known.

    Attributes:
        question_from_ms: The first sound of the question, or the moment at which it was sent.
        question_to_ms: Its last sound, or the same moment.
        answer_from_ms: The first sound of the answer, or of what is only read its first word.
        answer_to_ms: Its last sound or word.
        words: Of the words that were heard, in order.
    """

    question_from_ms: float | None = None
    question_to_ms: float | None = None
    answer_from_ms: float | None = None
    answer_to_ms: float | None = None
    words: tuple[WordTime, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedTurn:
    """A question and its answer.

    Attributes:
        sitting: In which sitting of the conversation, from 1.
        asked: When; on the user's clock.
        question: All of it.
        answer: As far as it was heard, or read where nothing is spoken; empty when nothing was.
        cut: Whether the answer was stopped before its end.
        dropped: Whether nothing of its answer was heard, so that the model knows nothing of the question.
        typed: Whether the question was typed.
        language: Of the question, ISO 639-1; empty when it is not known.
        times: When it was said.
    """

    sitting: int
    asked: dt.datetime
    question: str
    answer: str = ""
    cut: bool = False
    dropped: bool = False
    typed: bool = False
    language: str = ""
    times: Times = Times()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What a list shows of a conversation.

    Attributes:
        id: Its number, for good.
        title: A few words; empty while there are none.
        persona: Who the assistant was, at the end.
        models: Kind (`stt`, `llm`, `voice`) to the name of the model that was used last.
        began: When its first question was asked; on the user's clock at that time.
        ended: When the last thing happened in it.
        spoken_s: How long its sittings were, together.
        turns: How many questions there are.
        sittings: How often it was begun or taken up again.
    """

    id: int
    title: str
    persona: str
    began: dt.datetime
    ended: dt.datetime
    spoken_s: float
    turns: int
    sittings: int
    models: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A turn in which something was found.

    Attributes:
        conversation: The number of its conversation.
        title: Of that conversation.
        number: Which turn of it, from 1.
        asked: When.
        question: All of the question.
        answer: All of the answer.
    """

    conversation: int
    title: str
    number: int
    asked: dt.datetime
    question: str
    answer: str
