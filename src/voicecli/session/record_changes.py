"""Changes the record of the conversation. No other module does.

Each function returns the state with the next record, and the commands that go with it: one that gives the prompt the same record, and for a turn
that is over the event `TurnSettled`, which gives it to the database.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from voicecli import events
from voicecli.session.commands import Answer, Ask, Command, Forget, Recall, Retract, TakeBack, Tell
from voicecli.session.conversation_record import ConversationRecord, QuestionPart, TurnRecord
from voicecli.session.state import Asked, State
from voicecli.tools.rounds import without_moment

Changed: TypeAlias = tuple[State, list[Command]]
"""The state with the next record, and the commands, in order."""


def ask(state: State, question: Asked) -> Changed:
    """Adds a question. After an unanswered question it continues that question."""
    part = QuestionPart(
        turn=question.turn.number,
        text=question.question,
        typed=question.typed,
        language=question.language,
        hidden=state.translates,
    )
    record = state.record.asked(part)
    return _with(state, record), [Ask(text=part.text, record=record)]


def answer_anew(state: State, turn: int) -> State:
    """Gives the open question to another turn, because what seemed to continue it was nothing."""
    return _with(state, state.record.answered_anew(turn))


def note_calls(state: State, told: Iterable[Command]) -> State:
    """Adds the calls of tools among the events of `told`."""
    record = state.record
    for command in told:
        if isinstance(command, Tell) and isinstance(command.event, events.ToolUsed):
            record = record.called(command.event)
    return _with(state, record)


def answer(state: State, exchange: Asked, heard: str, *, stopped: bool = False) -> Changed:
    """Ends the open question with the part of its answer that counts. Without any, the question does not count either.

    Args:
        state: The state.
        exchange: The question and its answer.
        heard: What counts.
        stopped: Whether the answer was stopped or failed. If `heard` is all of it, it is not cut.
    """
    kept = without_moment(heard)
    if not kept:
        return retract(state, exchange.turn.number)
    record, turn = state.record, exchange.turn.number
    if not record.parts:
        return state, []
    cut = stopped and not (exchange.complete and kept == exchange.reply.strip())
    settled = record.open_turn(turn, answer=kept, cut=cut, reply=exchange.reply, chunks=exchange.chunks)
    record = record.ended(settled)
    return _with(state, record), [Answer(heard=kept, record=record), _told(settled)]


def retract(state: State, turn: int = 0) -> Changed:
    """Ends the open question without an answer. `turn`: the turn that should have answered it; 0 for its newest one."""
    record = state.record
    if not record.parts:
        return state, [Retract(record=record)]
    settled = record.open_turn(turn)
    record = record.ended(settled)
    return _with(state, record), [Retract(record=record), _told(settled)]


def take_back(state: State, turn: TurnRecord) -> Changed:
    """Removes a settled turn, because the user undoes it."""
    record = state.record.without(turn.turn)
    undone = events.Undone(t_s=0.0, turn=turn.turn, turns=turn.turns, text=turn.question)
    return _with(state, record), [TakeBack(record=record), Tell(event=undone)]


def forget(state: State) -> Changed:
    """Begins a new conversation."""
    commands: list[Command] = []
    if state.record.parts:
        state, commands = retract(state)
    record = ConversationRecord()
    return _with(state, record), [*commands, Forget(record=record)]


def recall(state: State, turns: Sequence[TurnRecord]) -> Changed:
    """Continues with the turns of an earlier conversation."""
    record = ConversationRecord(settled=tuple(turns))
    return _with(state, record), [Recall(record=record)]


def so_far(state: State) -> tuple[TurnRecord, ...]:
    """Returns the conversation as it stands: its settled turns, then the question in progress with its answer so far. Any thread may ask."""
    record, exchange = state.record, state.exchange
    if not record.parts:
        return record.settled
    if isinstance(exchange, Asked) and exchange.stage == "open":
        return (*record.settled, record.open_turn(exchange.turn.number, answer=exchange.reply))
    return (*record.settled, record.open_turn())


def _with(state: State, record: ConversationRecord) -> State:
    return state if record is state.record else dataclasses.replace(state, record=record)


def _told(turn: TurnRecord) -> Command:
    """Returns the event for a turn that is over."""
    settled = events.TurnSettled(
        t_s=0.0,
        turn=turn.turn,
        turns=turn.turns,
        question=turn.question,
        answer=turn.answer,
        cut=turn.cut,
        dropped=not turn.answer,
    )
    return Tell(event=settled)
