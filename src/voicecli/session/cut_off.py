"""Stops what is in progress: it falls silent, and what was heard of it is recorded."""

from __future__ import annotations

import dataclasses
from typing import Literal, TypeAlias, assert_never

from voicecli import events
from voicecli.pipeline.listen import Attend, IgnoreMicrophone
from voicecli.session.announcements import not_heard, told_client
from voicecli.session.answer_work import is_done, kept_answer
from voicecli.session.commands import Cancel, Command, Order, ResumeAnswer
from voicecli.session.history import Played, heard_text
from voicecli.session.ignored_speech import tell
from voicecli.session.record_changes import answer, retract
from voicecli.session.state import Aside, Asked, LastAnswer, Pending, State, Unclear

By: TypeAlias = Literal["voice", "key", "typing"]
"""What stops an answer."""


def cut_off(
    state: State,
    by: By,
    played: Played,
    *,
    withdrawn: bool = False,
    keeps_question: bool = False,
    overlap_ms: float = 0.0,
) -> tuple[State, list[Command]]:
    """Stops the exchange in progress: silences it first, then records what was heard of it.

    With `withdrawn` the answer came too soon. It is removed, and the question waits to be continued. With `keeps_question` the user is
    about to say more, so a question stays even if nothing was heard of its answer. `overlap_ms` tells for how long both spoke.
    """
    state = dataclasses.replace(state, unanswered=None)
    exchange = state.exchange
    if exchange is None:
        return state, []
    commands: list[Command] = [Cancel(turn=exchange.turn)]
    if isinstance(exchange, Asked | Aside) and exchange.sounding:
        commands.append(Order(order=IgnoreMicrophone(on=False)) if state.half_duplex else Order(order=Attend(on=False)))
        said = heard_text(exchange.reply, exchange.chunks, played)
        last = None if by == "voice" else LastAnswer(text=said, over_sample=state.microphone.now_sample)
        state = dataclasses.replace(state, last_said=last)
    state, given_up = give_up_barge(state)  # after the cancellation, so that no more of the answer is played
    commands += given_up
    number, drops = exchange.turn.number, by == "key" and not keeps_question
    stopped = events.Interrupted(t_s=0.0, turn=number, by=by, withdrawn=withdrawn, overlap_ms=overlap_ms)
    match exchange:
        case Pending(stage="open"):
            # Its words will come with what is said now, or do not count.
            commands.append(tell(stopped))
            state, more = retract(state, number) if drops else (state, [])
        case Asked(stage="open"):
            state, more = _cut_answer(state, exchange, stopped, played, drops_question=drops)
        case Aside() if exchange.shown:
            state, more = _cut_aside(state, exchange, by, played)
        case Pending() | Unclear() | Asked() | Aside():
            more = []
        case _:
            assert_never(exchange)
    return dataclasses.replace(state, exchange=None), [*commands, *more]


def _cut_answer(
    state: State, exchange: Asked, stopped: events.Interrupted, played: Played, *, drops_question: bool
) -> tuple[State, list[Command]]:
    """Records what was heard of an opened answer that `stopped` tells of. If that is nothing, the question is dropped, or may wait."""
    done = is_done(exchange.work)
    if done:
        stopped = dataclasses.replace(stopped, withdrawn=False)
    heard = "" if state.voice else exchange.reply.strip()  # an answer that is not spoken was read
    if exchange.sounding:
        heard = heard_text(exchange.reply, exchange.chunks, played)
    commands: list[Command] = [tell(stopped)]
    if (heard or done) and not stopped.withdrawn:
        kept = kept_answer(exchange.work, exchange.reply, heard)
        state, answered = answer(state, exchange, kept, stopped=True)
        commands += answered
        state = dataclasses.replace(state, answered=state.answered + 1)
    elif drops_question:
        state, retracted = retract(state, exchange.turn.number)
        commands += retracted
    if state.voice and exchange.reply:
        commands.append(tell(events.Spoken(t_s=0.0, turn=exchange.turn.number, text=heard, cut=True)))
    if stopped.by == "voice" and (stopped.withdrawn or not exchange.sounding) and not done:
        state = dataclasses.replace(state, unanswered=exchange)
    return state, commands


def _cut_aside(state: State, exchange: Aside, by: By, played: Played) -> tuple[State, list[Command]]:
    """Tells what was heard of words that are no answer. An announcement that was hardly heard is made again later."""
    heard = heard_text(exchange.reply, exchange.chunks, played)
    state = state if by == "key" else not_heard(state, exchange, heard)
    stopped = events.Interrupted(t_s=0.0, turn=exchange.turn.number, by=by)
    spoken = events.Spoken(t_s=0.0, turn=exchange.turn.number, text=heard, cut=True)
    return state, [tell(stopped), tell(spoken), *told_client(exchange, heard, cut=True)]


def give_up_barge(state: State, *, keep_turn: bool = False) -> tuple[State, list[Command]]:
    """Drops a barge-in, and resumes a paused answer. With `keep_turn` the transcription of its speech continues."""
    barge = state.barge
    if barge is None:
        return state, []
    commands: list[Command] = [Cancel(turn=barge.turn)] if barge.turn is not None and not keep_turn else []
    if barge.paused:
        commands.append(ResumeAnswer())
    return dataclasses.replace(state, barge=None), commands
