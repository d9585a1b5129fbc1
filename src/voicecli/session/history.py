"""The history: the record of the conversation in the form for the model.

It contains what was asked, and what was actually heard of the answers. The list only grows at its end, so that every prompt starts with exactly
the bytes of the previous one, and the model's prefix cache stays valid.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from voicecli.engines.ports import ChatMessage
from voicecli.session.conversation_record import ConversationRecord, QuestionPart, TurnRecord
from voicecli.session.date_prompt import SAME, asks_for_time, day_line, time_line
from voicecli.session.question_notes import example, language_of, note
from voicecli.session.remembered_facts import as_prompt
from voicecli.speech.sentence_chunker import Chunk

CONTEXT_CHARACTERS = 600
"""The most context that a recogniser has room for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """How far a turn was played.

    Attributes:
        chunk: Index of the chunk that was played last, -1 if none was.
        fraction: How much of that chunk was heard, 0.0 to 1.0.
        words: How many of its words were heard completely; None if their times are unknown.
    """

    chunk: int = -1
    fraction: float = 0.0
    words: int | None = None


def heard_text(reply: str, chunks: Sequence[Chunk], played: Played) -> str:
    """Returns the beginning of `reply` that was heard: whole chunks, and the last one up to the last word heard.

    A word counts as heard when it was played completely, because it is better to tell the model too little than too much. If the times of the
    words are unknown, each takes its share of the chunk's length. Voices speak evenly enough for that.
    """
    sounded = [chunk for chunk in chunks if chunk.index <= played.chunk]
    if not sounded:
        return ""
    last = sounded[-1]
    if last.index < played.chunk:
        return reply[: last.end].rstrip()
    if last.words and played.words is not None:
        all_heard = played.words >= len(last.words)
        reached = last.end if all_heard else last.words[played.words - 1].end if played.words else last.start
        return reply[:reached].rstrip()
    if played.fraction >= 1.0:
        return reply[: last.end].rstrip()
    raw = reply[last.start : last.end]
    reached = int(len(raw) * played.fraction)
    if reached < len(raw) and not raw[reached].isspace():
        reached = max(raw.rfind(" ", 0, reached + 1), raw.rfind("\n", 0, reached + 1), 0)
    return (reply[: last.start] + raw[:reached]).rstrip()


@dataclass(frozen=True, slots=True)
class _Sent:
    """A question as the model is given it.

    Attributes:
        text: The question.
        line: The date or time before it, for the model only; may be empty.
        told: The date and time that the model knows at this point; None if it is told none.
        quoted: What is quoted before them, for the model only; may be empty.
        note: What cannot be done, between these and the question, for the model only; may be empty.
        language: The language of the question, ISO 639-1; empty if it is not known.
        example: An exchange in that language before the question, for the model only; empty unless it is the first in that language.
        message: The message for the model. It is made once, because every prompt consists of all messages so far.
    """

    text: str
    line: str = ""
    told: dt.datetime | None = None
    quoted: str = ""
    note: str = ""
    language: str = ""
    example: tuple[ChatMessage, ...] = ()
    message: ChatMessage = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "message", ChatMessage(role="user", content=self.quoted + self.line + self.note + self.text)
        )


@dataclass(frozen=True, slots=True)
class _Answered:
    """An answered question: the question as it was sent, and the message with the answer. The model is not shown a `hidden` one."""

    sent: _Sent
    answer: ChatMessage
    hidden: bool


class Files(Protocol):
    """The files that the user gave, as the model is told of them."""

    def prompt(self) -> str:
        """Returns what the model is told of them at the beginning; empty if there are none."""

    def before(self, question: str) -> str:
        """Returns what is quoted from them before a question; empty for nothing. The same question is told the same way again."""


class History:
    """The conversation so far, in the form for the model.

    It follows the record of the conversation, and keeps only what that does not have: what was put before each question.

    With a clock, the model is told the day in the system message, the time before a question that may ask for it, and the day again before the
    first question of another day. Such a line belongs to the question and stays exactly as it was sent, so that the prefix of every
    prompt stays the same. Only the model sees it, not the screen or the recogniser.

    Thread: the conductor's.

    Args:
        system: The system prompt.
        clock: The user's local time; None if the model is not told.
        facts: What the user wants remembered. It follows the system prompt.
        files: The files that the user gave; None for none. They may change, and `know` tells the model.
    """

    def __init__(
        self,
        system: str,
        clock: Callable[[], dt.datetime] | None = None,
        facts: Sequence[str] = (),
        files: Files | None = None,
    ) -> None:
        self._clock = clock
        self._files = files
        self._persona = system
        self._facts = tuple(facts)
        self._record = ConversationRecord()
        self._answered: dict[int, _Answered] = {}  # by their turns, oldest first
        self._said: list[ChatMessage] = []  # their messages, without those that the model is not shown
        self._open: _Sent | None = None  # the question that is not answered yet
        self._prepared: _Sent | None = None  # the last question sent to the model; it is not final yet
        self._system, self._system_told = self._begin()

    @property
    def record(self) -> ConversationRecord:
        """The record that the prompt follows."""
        return self._record

    @property
    def messages(self) -> tuple[ChatMessage, ...]:
        """The system message, then questions and answers alternately."""
        if self._open is None or self._record.parts[-1].hidden:
            return self.settled
        return (*self.settled, *self._open.example, self._open.message)

    @property
    def prepared(self) -> str:
        """The question that was sent last, as the person said it."""
        return self._prepared.text if self._prepared is not None else ""

    @property
    def settled(self) -> tuple[ChatMessage, ...]:
        """The same, without a question that is not answered."""
        return (self._system, *self._said)

    def beginning(self, language: str) -> tuple[ChatMessage, ...]:
        """Returns what is known of the first prompt before anything is said in `language`, ISO 639-1; it is empty if any may be spoken."""
        return (*self.settled, *example(language))

    def with_question(self, text: str, language: str = "", *, can_act: bool = False) -> tuple[ChatMessage, ...]:
        """Returns the conversation as it would be if `text` were asked now. A draft may never be asked.

        With an empty `text`, returns the conversation unchanged, to answer the last unanswered question.

        Args:
            text: The question.
            language: Its language, ISO 639-1; empty if it is not known.
            can_act: Whether there are tools that the model may call.
        """
        question = f"{self._record.question} {text}".rstrip() if self._record.parts else text
        self._prepared = sent = self._put(question, language, can_act=can_act)
        return (*self.settled, *sent.example, sent.message)

    def context(self) -> str:
        """Returns the latest words of both sides as context for a recogniser; empty at the start."""
        words = self._record.question.split()
        for turn in reversed(self._record.settled):
            if sum(map(len, words)) > CONTEXT_CHARACTERS:
                break
            if turn.answer:
                words = [*turn.question.split(), *turn.answer.split(), *words]
        return " ".join(words)[-CONTEXT_CHARACTERS:]

    def follow(self, record: ConversationRecord) -> None:
        """Takes the record as it is now. A question that was sent stays as it was sent."""
        if record is self._record:
            return
        before, self._record = self._record, record
        was_open = self._open
        if record.parts[:1] != before.parts[:1]:
            self._open = None
        if record.parts != before.parts and record.parts:
            sent = self._prepared
            if sent is None or sent.text != record.question:
                sent = self._put(record.question, record.parts[-1].language, can_act=True)
            self._open = sent
        self._prepared = None
        if record.settled is before.settled:
            return
        last = before.settled[-1:]
        if len(record.settled) == len(before.settled) + 1 and record.settled[-2:-1] == last:
            self._add(record.settled[-1], was_open)
            return
        known, self._answered, self._said = self._answered, {}, []
        for turn in record.settled:
            self._add(turn, known[turn.turn].sent if turn.turn in known else was_open)

    def _add(self, turn: TurnRecord, sent: _Sent | None) -> None:
        """Adds a turn that is over, with its question as it was `sent`. One of an earlier session was not sent in this one."""
        if not turn.answer:
            return
        if sent is None or sent.text != turn.question:
            language = turn.language or language_of(turn.question)
            sent = _Sent(turn.question, told=self._system_told, language=language)
        answered = _Answered(sent, ChatMessage(role="assistant", content=turn.answer), turn.hidden)
        self._answered[turn.turn] = answered
        if not turn.hidden:
            self._said += [*sent.example, sent.message, answered.answer]

    def ask(self, text: str) -> None:
        """Adds a question, where there is no machine that keeps the record. After an unanswered question, it continues that question."""
        self.follow(self._record.asked(QuestionPart(turn=self._record.newest + 1, text=text)))

    def answer(self, heard: str) -> None:
        """Adds the heard part of an answer. Does nothing if nothing was heard.

        An answer that was cut simply ends there, in the middle of a sentence. Small models learned to end their answers with every mark
        for a cut that was tried (docs/decisions/0012-no-mark-for-a-cut.md).
        """
        if heard and self._record.parts:
            self.follow(self._record.ended(self._record.open_turn(answer=heard)))

    def become(self, system: str) -> None:
        """Changes the persona. The model reads the whole conversation again before its next answer."""
        self._persona = system
        self._system, self._system_told = self._begin()

    def know(self, facts: Sequence[str] | None) -> None:
        """Sets the facts about the user, unless None, and takes up files. The model reads the whole conversation again before its next answer."""
        self._facts = self._facts if facts is None else tuple(facts)
        self._system, self._system_told = self._begin()

    def _begin(self) -> tuple[ChatMessage, dt.datetime | None]:
        """Returns the system message, and the date and time that it tells."""
        prompt = as_prompt(self._persona, self._facts)
        if self._files is not None and (told := self._files.prompt()):
            prompt = f"{prompt.rstrip()}\n\n{told}\n"
        now = self._clock() if self._clock is not None else None
        line = day_line(now) if now is not None else ""
        return ChatMessage(role="system", content=line + prompt), now

    def _put(self, question: str, language: str, *, can_act: bool) -> _Sent:
        """Returns the unanswered question, or the next one, with what belongs before it."""
        language = language or language_of(question)
        quoted = self._files.before(question) if self._files is not None else ""
        line, told = self._dated(question)
        begun = self._open.example if self._open is not None else ()
        met = any(each.sent.language == language for each in self._answered.values() if not each.hidden)
        return _Sent(
            text=question,
            line=line,
            told=told,
            quoted=quoted,
            note=note(question, language, can_act=can_act),
            language=language,
            example=begun or (() if met else example(language)),
        )

    def _dated(self, text: str) -> tuple[str, dt.datetime | None]:
        """Returns the date or time for `text`, and what the model is told of them with it."""
        if self._open is not None and self._open.line:
            return self._open.line, self._open.told
        last = next(reversed(self._answered.values()), None)
        before = last.sent.told if last is not None else self._system_told
        if self._clock is None or before is None:
            return "", None
        now = self._clock()
        earlier = self._prepared
        if earlier is not None and earlier.line and earlier.told is not None and abs(now - earlier.told) < SAME:
            now = earlier.told  # the earlier draft started the same way, and is in the prefix cache
        line = day_line(now) if now.date() != before.date() else ""
        line += time_line(now) if asks_for_time(text) else ""
        return line, now if line else before
