"""The record of a conversation: its questions and answers, with the numbers of their turns.

A record is a value. The one that counts is part of the machine's state (`State.record`), and `session/record_changes.py` alone derives the next
one from it. Everything else reads it: the prompt (`History`), undo, correct and repeat, titles, the commands that look back (`/save`, `/history`,
`/copy`), and through the event `TurnSettled` the database.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Final

from voicecli import events
from voicecli.speech.sentence_chunker import Chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionPart:
    """A part of a question. Most questions have one; a person who goes on after a pause makes another one.

    Attributes:
        turn: The turn in which it was asked.
        text: Its words.
        typed: Whether it was typed. Otherwise it was spoken.
        language: Its language, ISO 639-1; empty if it is not known.
        hidden: Whether the model is not shown it, because it was translated.
    """

    turn: int
    text: str
    typed: bool = False
    language: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRecord:
    """A question and its answer, in the form in which the conversation keeps them.

    Attributes:
        turn: The turn that was answered. Turns of this session count from 1; turns of an earlier one are negative, so that they never collide.
        turns: All turns of the question, oldest first, including `turn`.
        question: The whole question.
        typed: Whether its last part was typed.
        language: The language of its last part, ISO 639-1; empty if it is not known.
        hidden: Whether the model is not shown it, because it was translated.
        answer: The part of the answer that counts: what was heard, or shown where nothing is spoken. It is empty if nothing was; then the question
            does not count either, and the model is not shown it.
        cut: Whether the answer was stopped, or failed, before its end.
        reply: The whole answer, as far as it was generated.
        chunks: The same, as it was spoken.
        calls: The calls of tools in it, in order.
    """

    turn: int
    turns: tuple[int, ...]
    question: str
    typed: bool = False
    language: str = ""
    hidden: bool = False
    answer: str = ""
    cut: bool = False
    reply: str = ""
    chunks: tuple[Chunk, ...] = ()
    calls: tuple[events.ToolUsed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationRecord:
    """A conversation so far.

    Attributes:
        settled: The turns that are over, oldest first.
        parts: The parts of the question that is not answered yet, oldest first; empty if there is none.
        open_turns: The turns of that question, oldest first: those of its parts, and those in which it was answered anew after what seemed to
            continue it was nothing.
        open_calls: The calls of tools that belong to that question.
    """

    settled: tuple[TurnRecord, ...] = ()
    parts: tuple[QuestionPart, ...] = ()
    open_turns: tuple[int, ...] = ()
    open_calls: tuple[events.ToolUsed, ...] = ()

    @property
    def question(self) -> str:
        """The question that is not answered yet; empty if there is none."""
        return " ".join(part.text for part in self.parts)

    @property
    def answered(self) -> tuple[TurnRecord, ...]:
        """The turns that count, oldest first."""
        return tuple(turn for turn in self.settled if turn.answer)

    @property
    def newest(self) -> int:
        """The highest number of a turn in it, 0 if there is none."""
        return max((0, *(turn.turn for turn in self.settled), *self.open_turns))

    def asked(self, part: QuestionPart) -> ConversationRecord:
        """Adds a question, or a part of one. After an unanswered question it continues that question."""
        return dataclasses.replace(self, parts=(*self.parts, part), open_turns=(*self.open_turns, part.turn))

    def answered_anew(self, turn: int) -> ConversationRecord:
        """The unanswered question, which is complete after all, is answered in this turn."""
        return dataclasses.replace(self, open_turns=(*self.open_turns, turn))

    def called(self, call: events.ToolUsed) -> ConversationRecord:
        """Adds a call of a tool to its turn. It may be known only after the turn was stopped."""
        if self.parts and call.turn >= self.parts[0].turn:
            return dataclasses.replace(self, open_calls=(*self.open_calls, call))
        settled = tuple(
            dataclasses.replace(turn, calls=(*turn.calls, call)) if call.turn in turn.turns else turn
            for turn in self.settled
        )
        return dataclasses.replace(self, settled=settled)

    def open_turn(
        self, turn: int = 0, *, answer: str = "", cut: bool = False, reply: str = "", chunks: tuple[Chunk, ...] = ()
    ) -> TurnRecord:
        """Returns the unanswered question with this answer. `turn`: the turn that answers it; 0 for its newest one."""
        last = self.parts[-1]
        number = turn or self.open_turns[-1]
        return TurnRecord(
            turn=number,
            turns=tuple(dict.fromkeys((*self.open_turns, number))),
            question=self.question,
            typed=last.typed,
            language=last.language,
            hidden=last.hidden,
            answer=answer,
            cut=cut,
            reply=reply,
            chunks=chunks,
            calls=self.open_calls,
        )

    def ended(self, turn: TurnRecord) -> ConversationRecord:
        """Adds a turn, which `open_turn` has made, in the place of the unanswered question."""
        return ConversationRecord(settled=(*self.settled, turn))

    def without(self, turn: int) -> ConversationRecord:
        """Removes the settled turn with this number."""
        return dataclasses.replace(self, settled=tuple(each for each in self.settled if each.turn != turn))


NOTHING_SAID: Final = ConversationRecord()
"""The record before anything was said."""
