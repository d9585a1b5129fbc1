"""What was said and what was really heard.

The list only grows at its end, so that the beginning of every prompt is byte-identical to the one before and the model's cache
of it can be used again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from voicecli.engines.ports import ChatMessage
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


class History:
    """The conversation so far, as the model shall see it.

    Thread: the conductor's.
    """

    def __init__(self, system: str) -> None:
        self._messages: list[ChatMessage] = [ChatMessage(role="system", content=system)]

    @property
    def messages(self) -> tuple[ChatMessage, ...]:
        """The system message, then questions and answers in turn."""
        return tuple(self._messages)

    def with_question(self, text: str) -> tuple[ChatMessage, ...]:
        """The conversation as it would be if `text` were asked now; changes nothing (a draft may never be asked).

        With an empty `text`, as it is: to have the question answered that nobody answered.
        """
        return (*self._messages[: self._settled()], ChatMessage(role="user", content=self._joined(text)))

    def context(self) -> str:
        """The newest words of both sides, for whoever has to understand the next ones; empty at the beginning."""
        text = ""
        for message in reversed(self._messages[1:]):
            text = " ".join((*message.content.split(), text))
            if len(text) > CONTEXT_CHARACTERS:
                break
        return text.rstrip()[-CONTEXT_CHARACTERS:]

    def ask(self, text: str) -> None:
        """A question was asked. One that follows a question nobody answered continues it."""
        question = ChatMessage(role="user", content=self._joined(text))
        del self._messages[self._settled() :]
        self._messages.append(question)

    def answer(self, heard: str) -> None:
        """An answer was heard, to its end or until it was cut; one of which nothing was heard was never given.

        One that was cut just ends there, in the middle of a sentence. Every mark for it that was tried is one that small models learn
        to end their answers with (docs/decisions/0012-no-mark-for-a-cut.md).
        """
        if heard and self._messages[-1].role == "user":
            self._messages.append(ChatMessage(role="assistant", content=heard))

    def retract(self) -> None:
        """Takes back a question that has no answer."""
        del self._messages[self._settled() :]

    def take_back(self) -> None:
        """Takes back the last question and its answer."""
        self.retract()
        if self._messages[-1].role == "assistant":
            del self._messages[-2:]

    def clear(self) -> None:
        """Begins anew."""
        del self._messages[1:]

    def become(self, system: str) -> None:
        """Somebody else goes on with the conversation: the model reads all of it anew before its next answer."""
        self._messages[0] = ChatMessage(role="system", content=system)

    def _settled(self) -> int:
        return len(self._messages) - (self._messages[-1].role == "user")

    def _joined(self, text: str) -> str:
        last = self._messages[-1]
        return f"{last.content} {text}".rstrip() if last.role == "user" else text
