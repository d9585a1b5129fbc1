"""The history: what was asked, and what was actually heard of the answers.

The list only grows at its end, so that every prompt starts with exactly the bytes of the previous one, and the model's prefix cache
stays valid.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from voicecli.engines.ports import ChatMessage, Role
from voicecli.session.date_prompt import SAME, asks_for_time, day_line, time_line
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
class _Entry:
    """A question or an answer.

    Attributes:
        role: Who said it.
        text: Its words.
        line: Preceding lines for the model only; may be empty.
        quoted: What is quoted before them, for the model only; may be empty.
        hidden: Whether the model is not shown it, because it was translated.
        told: The date and time that the model knows at this point; None if it is told none.
        message: The message for the model. It is made once, because every prompt consists of all messages so far.
    """

    role: Role
    text: str
    line: str = ""
    told: dt.datetime | None = None
    quoted: str = ""
    hidden: bool = False
    message: ChatMessage = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", ChatMessage(role=self.role, content=self.quoted + self.line + self.text))


def _shown(entries: Iterable[_Entry]) -> Iterator[ChatMessage]:
    return (entry.message for entry in entries if not entry.hidden)


class Files(Protocol):
    """The files that the user gave, as the model is told of them."""

    def prompt(self) -> str:
        """Returns what the model is told of them at the beginning; empty if there are none."""

    def before(self, question: str) -> str:
        """Returns what is quoted from them before a question; empty for nothing. The same question is told the same way again."""


class History:
    """The conversation so far, in the form for the model.

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
        self._hides = False
        self._facts = tuple(facts)
        self._entries: list[_Entry] = [self._system(system)]
        self._prepared: _Entry | None = None  # the question that was sent last, and may still be asked or grow

    @property
    def messages(self) -> tuple[ChatMessage, ...]:
        """The system message, then questions and answers alternately."""
        return tuple(_shown(self._entries))

    @property
    def prepared(self) -> str:
        """The question that was sent last, as the person said it."""
        return self._prepared.text if self._prepared is not None else ""

    @property
    def settled(self) -> tuple[ChatMessage, ...]:
        """The same, without a question that is not answered."""
        return tuple(_shown(self._entries[: self._settled()]))

    def with_question(self, text: str) -> tuple[ChatMessage, ...]:
        """Returns the conversation as it would be if `text` were asked now. A draft may never be asked.

        With an empty `text`, returns the conversation unchanged, to answer the last unanswered question.
        """
        self._prepared = self._question(text)
        return (*_shown(self._entries[: self._settled()]), self._prepared.message)

    def context(self) -> str:
        """Returns the latest words of both sides as context for a recogniser; empty at the start."""
        text = ""
        for entry in reversed(self._entries[1:]):
            text = " ".join((*entry.text.split(), text))
            if len(text) > CONTEXT_CHARACTERS:
                break
        return text.rstrip()[-CONTEXT_CHARACTERS:]

    def ask(self, text: str) -> None:
        """Adds a question. After an unanswered question, it continues that question."""
        question = self._question(text)
        if self._prepared is not None and self._prepared.text == question.text:
            question = self._prepared  # as it was sent
        question = dataclasses.replace(question, hidden=self._hides)
        del self._entries[self._settled() :]
        self._entries.append(question)
        self._prepared = None

    def answer(self, heard: str) -> None:
        """Adds the heard part of an answer. Does nothing if nothing was heard.

        An answer that was cut simply ends there, in the middle of a sentence. Small models learned to end their answers with every mark
        for a cut that was tried (docs/decisions/0012-no-mark-for-a-cut.md).
        """
        if heard and self._entries[-1].role == "user":
            asked = self._entries[-1]
            self._entries.append(_Entry("assistant", heard, told=asked.told, hidden=asked.hidden))

    def retract(self) -> None:
        """Removes a question without an answer."""
        self._prepared = None
        del self._entries[self._settled() :]

    def take_back(self) -> None:
        """Removes the last question and its answer."""
        self.retract()
        if self._entries[-1].role == "assistant":
            del self._entries[-2:]

    def clear(self) -> None:
        """Removes all questions and answers."""
        self._prepared = None
        del self._entries[1:]

    def recall(self, said: Iterable[tuple[str, str]]) -> None:
        """Adds questions and answers of an earlier session, oldest first."""
        told = self._entries[0].told
        for question, answer in said:
            self._entries += [_Entry("user", question, told=told), _Entry("assistant", answer, told=told)]

    def become(self, system: str, *, hides: bool = False) -> None:
        """Changes the persona. The model reads the whole conversation again before its next answer.

        With `hides`, the model is never shown what follows: a model that reads translations goes on translating.
        """
        self._persona, self._hides = system, hides
        self._entries[0] = self._system(system)

    def know(self, facts: Sequence[str] | None) -> None:
        """Sets the facts about the user, unless None, and takes up files. The model reads the whole conversation again before its next answer."""
        self._facts = self._facts if facts is None else tuple(facts)
        self._entries[0] = self._system(self._persona)

    def _settled(self) -> int:
        return len(self._entries) - (self._entries[-1].role == "user")

    def _system(self, persona: str) -> _Entry:
        prompt = as_prompt(persona, self._facts)
        if self._files is not None and (told := self._files.prompt()):
            prompt = f"{prompt.rstrip()}\n\n{told}\n"
        if self._clock is None:
            return _Entry("system", prompt)
        now = self._clock()
        return _Entry("system", prompt, day_line(now), now)

    def _question(self, text: str) -> _Entry:
        """Returns `text` as the next question, or appended to an unanswered question."""
        last = self._entries[-1]
        joined = f"{last.text} {text}".rstrip() if last.role == "user" else text
        quoted = self._files.before(joined) if self._files is not None else ""
        if last.role == "user" and last.line:
            return _Entry("user", joined, last.line, last.told, quoted)
        return self._dated(joined, self._entries[self._settled() - 1].told, quoted)

    def _dated(self, text: str, before: dt.datetime | None, quoted: str) -> _Entry:
        """Returns `text` with what belongs before it: quotations, and the date or time. `before` is what the model was told last."""
        if self._clock is None or before is None:
            return _Entry("user", text, quoted=quoted)
        now = self._clock()
        earlier = self._prepared
        if earlier is not None and earlier.line and earlier.told is not None and abs(now - earlier.told) < SAME:
            now = earlier.told  # the earlier draft started the same way, and is in the prefix cache
        line = day_line(now) if now.date() != before.date() else ""
        line += time_line(now) if asks_for_time(text) else ""
        return _Entry("user", text, line, now if line else before, quoted)
