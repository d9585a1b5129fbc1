"""What was said and what was really heard.

The list only grows at its end, so that the beginning of every prompt is byte-identical to the one before and the model's cache
of it can be used again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from voicecli.engines.ports import ChatMessage, Role
from voicecli.session.dates import SAME, asks_for_time, day_line, time_line
from voicecli.session.facts import as_prompt
from voicecli.speech.sentences import Piece

CONTEXT_CHARACTERS = 600
"""A recogniser has no room for more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """How far the playout got with a turn.

    Attributes:
        piece: Index of the piece that sounded last, -1 when none did.
        fraction: How much of it was heard, 0.0 to 1.0.
        words: How many of its words were heard to their end; None where it is not known when they sounded.
    """

    piece: int = -1
    fraction: float = 0.0
    words: int | None = None


def heard_text(reply: str, pieces: Sequence[Piece], played: Played) -> str:
    """The beginning of `reply` that was heard: whole pieces, the last one clipped to the words that had sounded.

    A word counts as heard when it had been said to its end: the model is better told too little than too much. Where it is not known when
    the words sounded, each takes its share of the piece's length; voices speak evenly enough for that.
    """
    sounded = [piece for piece in pieces if piece.index <= played.piece]
    if not sounded:
        return ""
    last = sounded[-1]
    if last.index < played.piece:
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
        role: Whose.
        text: Its words.
        line: What stands before them for the model alone; empty where nothing does.
        told: When it was, as far as the model has been told by now; None where it is told nothing of the kind.
        message: What the model is sent. It is made once: every prompt consists of all messages so far.
    """

    role: Role
    text: str
    line: str = ""
    told: dt.datetime | None = None
    message: ChatMessage = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", ChatMessage(role=self.role, content=self.line + self.text))


_MESSAGE = attrgetter("message")


class History:
    """The conversation so far, as the model shall see it.

    With a clock the model is told the day in the system message, the time before a question that may ask for it, and the day once more before the
    first question of another one. Such a line belongs to the question and stays with it exactly as it was sent, so that the beginning of every
    prompt stays the same. It is for the model alone: neither a screen nor a recogniser gets to see it.

    Thread: the conductor's.

    Args:
        system: The system prompt.
        clock: The time of day where the user is; None where the model is not told.
        facts: What the user wants remembered; the model is told behind the system prompt.
    """

    def __init__(self, system: str, clock: Callable[[], dt.datetime] | None = None, facts: Sequence[str] = ()) -> None:
        self._clock = clock
        self._persona = system
        self._facts = tuple(facts)
        self._entries: list[_Entry] = [self._system(system)]
        self._prepared: _Entry | None = None  # the question that was sent last and may yet be asked, or grow

    @property
    def messages(self) -> tuple[ChatMessage, ...]:
        """The system message, then questions and answers in turn."""
        return tuple(map(_MESSAGE, self._entries))

    def with_question(self, text: str) -> tuple[ChatMessage, ...]:
        """The conversation as it would be if `text` were asked now; a draft may never be asked.

        With an empty `text`, as it is: to have the question answered that nobody answered.
        """
        self._prepared = self._question(text)
        return (*map(_MESSAGE, self._entries[: self._settled()]), self._prepared.message)

    def context(self) -> str:
        """The newest words of both sides, for whoever has to understand the next ones; empty at the beginning."""
        text = ""
        for entry in reversed(self._entries[1:]):
            text = " ".join((*entry.text.split(), text))
            if len(text) > CONTEXT_CHARACTERS:
                break
        return text.rstrip()[-CONTEXT_CHARACTERS:]

    def ask(self, text: str) -> None:
        """A question was asked. One that follows a question nobody answered continues it."""
        question = self._question(text)
        if self._prepared is not None and self._prepared.text == question.text:
            question = self._prepared  # as it was sent
        del self._entries[self._settled() :]
        self._entries.append(question)
        self._prepared = None

    def answer(self, heard: str) -> None:
        """An answer was heard, to its end or until it was cut; one of which nothing was heard was never given.

        One that was cut just ends there, in the middle of a sentence. Every mark for it that was tried is one that small models learn
        to end their answers with (docs/decisions/0012-no-mark-for-a-cut.md).
        """
        if heard and self._entries[-1].role == "user":
            self._entries.append(_Entry("assistant", heard, told=self._entries[-1].told))

    def retract(self) -> None:
        """Takes back a question that has no answer."""
        self._prepared = None
        del self._entries[self._settled() :]

    def take_back(self) -> None:
        """Takes back the last question and its answer."""
        self.retract()
        if self._entries[-1].role == "assistant":
            del self._entries[-2:]

    def clear(self) -> None:
        """Begins anew."""
        self._prepared = None
        del self._entries[1:]

    def recall(self, said: Iterable[tuple[str, str]]) -> None:
        """Adds questions and answers of an earlier session, oldest first."""
        told = self._entries[0].told
        for question, answer in said:
            self._entries += [_Entry("user", question, told=told), _Entry("assistant", answer, told=told)]

    def become(self, system: str) -> None:
        """Somebody else goes on with the conversation: the model reads all of it anew before its next answer."""
        self._persona = system
        self._entries[0] = self._system(system)

    def know(self, facts: Sequence[str]) -> None:
        """From now on these are the facts about the user: the model reads all of the conversation anew before its next answer."""
        self._facts = tuple(facts)
        self._entries[0] = self._system(self._persona)

    def _settled(self) -> int:
        return len(self._entries) - (self._entries[-1].role == "user")

    def _system(self, persona: str) -> _Entry:
        prompt = as_prompt(persona, self._facts)
        if self._clock is None:
            return _Entry("system", prompt)
        now = self._clock()
        return _Entry("system", prompt, day_line(now), now)

    def _question(self, text: str) -> _Entry:
        """`text` as the next question, or behind the one that nobody answered."""
        last = self._entries[-1]
        joined = f"{last.text} {text}".rstrip() if last.role == "user" else text
        if last.role == "user" and last.line:
            return _Entry("user", joined, last.line, last.told)
        return self._dated(joined, self._entries[self._settled() - 1].told)

    def _dated(self, text: str, before: dt.datetime | None) -> _Entry:
        """`text`, with the line that belongs before it; `before` is what the model was told last."""
        if self._clock is None or before is None:
            return _Entry("user", text)
        now = self._clock()
        earlier = self._prepared
        if earlier is not None and earlier.line and earlier.told is not None and abs(now - earlier.told) < SAME:
            now = earlier.told  # the draft before began the same way, and is in the model's cache
        line = day_line(now) if now.date() != before.date() else ""
        line += time_line(now) if asks_for_time(text) else ""
        return _Entry("user", text, line, now if line else before)
