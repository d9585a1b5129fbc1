"""The types of saved conversations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

SENT_TO: Final = "sent_to"
"""Stands among the models of a conversation for the server on another machine that its text was sent to."""

SOUND_SENT_TO: Final = "sound_sent_to"
"""The same for the sound of the user's voice."""

WordTime: TypeAlias = tuple[float, int, int]
"""When the sound of a word began, in ms since the start of the session, and its place in the answer: the offsets of its first character and
of the character behind its last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The times of a turn in ms since the start of its session; None where a time is not known.

    Attributes:
        question_from_ms: The start of the spoken question, or when a typed one was sent.
        question_to_ms: The end of the spoken question, or when a typed one was sent.
        answer_from_ms: The first sound of the answer, or its first word where nothing is spoken.
        answer_to_ms: The last sound or word of the answer.
        words: The words that were heard, in order.
    """

    question_from_ms: float | None = None
    question_to_ms: float | None = None
    answer_from_ms: float | None = None
    answer_to_ms: float | None = None
    words: tuple[WordTime, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedCall:
    """A call of a tool.

    Attributes:
        tool: The name of the tool.
        arguments: A JSON object.
        outcome: `done`; `failed`; `asked` if the person was asked for permission and nothing was done.
        result: What the tool answered.
        took_ms: How long it took.
    """

    tool: str
    arguments: str
    outcome: str
    result: str
    took_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedTurn:
    """A question and its answer.

    Attributes:
        session: The number of the session in which it was said, from 1. A conversation that is resumed has several sessions.
        asked: Date and time of the question, with the user's time zone.
        question: The whole question.
        answer: The part of the answer that was heard, or shown where nothing is spoken; empty when nothing was.
        cut: Whether the answer was stopped before its end.
        dropped: Whether nothing of the answer was heard. The question is then left out of the model's context.
        typed: Whether the question was typed.
        language: The language of the question, ISO 639-1; empty when it is not known.
        times: When question and answer were said.
        calls: The calls of tools in it, in order.
        row: Its row in the database; 0 before it is saved.
    """

    session: int
    asked: dt.datetime
    question: str
    answer: str = ""
    cut: bool = False
    dropped: bool = False
    typed: bool = False
    language: str = ""
    times: Times = Times()
    calls: tuple[SavedCall, ...] = ()
    row: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What a list shows of a conversation.

    Attributes:
        id: Its number, which never changes and is never used again.
        title: A few words.
        persona: The persona that was used last.
        began: When its first question was asked, with the user's time zone at that time.
        ended: When it was changed last.
        spoken_s: The length of all its sessions together.
        turns: The number of questions.
        sessions: The number of sessions: 1, and 1 more for each time it was resumed.
        models: The names of the models that were used last, by kind (`stt`, `llm`, `voice`).
        sent_to: The servers on other machines that text of it was sent to; empty when none left this machine.
        sound_sent_to: The servers on other machines that the user's voice was sent to; empty when it stayed here.
    """

    id: int
    title: str
    persona: str
    began: dt.datetime
    ended: dt.datetime
    spoken_s: float
    turns: int
    sessions: int
    models: Mapping[str, str] = field(default_factory=dict)
    sent_to: str = ""
    sound_sent_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A turn that a search found.

    Attributes:
        conversation: The number of its conversation.
        title: The title of that conversation.
        number: Its place in the conversation, from 1.
        asked: Date and time of the question, with the user's time zone at that time.
        question: The whole question.
        answer: The whole answer.
    """

    conversation: int
    title: str
    number: int
    asked: dt.datetime
    question: str
    answer: str
