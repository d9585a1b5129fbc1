"""What a tool gave back becomes the answer of a turn, and what timers announce is said when nobody is talking."""

from __future__ import annotations

import dataclasses
from typing import assert_never

from voicecli import events
from voicecli import messages as m
from voicecli.session.commands import Cancel, Command, Mark, ReportLatency, Retract, Say
from voicecli.session.editing import on_edit, say_on
from voicecli.session.exchange import Step, ended, give_up_barge, on_complete, tell, when_idle
from voicecli.session.history import Played
from voicecli.session.state import Exchange, State
from voicecli.session.wishes import call_told
from voicecli.speech.sentences import Splitter
from voicecli.tools.reports import Announced, ToolAnswered, ToolReport


def on_tool(state: State, report: ToolReport) -> Step:
    """A tool has something to say."""
    match report:
        case ToolAnswered():
            return _on_answered(state, report)
        case Announced(text=text):
            return when_idle(dataclasses.replace(state, announcements=(*state.announcements, text)))
        case _:
            assert_never(report)


def _on_answered(state: State, report: ToolAnswered) -> Step:
    exchange = state.exchange
    if exchange is None or exchange.turn is not report.turn:
        return _too_late(state, report)
    text = report.result.text
    splitter = Splitter()
    pieces = (*splitter.feed(text), *splitter.finish())
    exchange = dataclasses.replace(exchange, reply=text, pieces=pieces, to_say=pieces, complete=True, answered=report)
    commands: list[Command] = [Mark(mark="first_token")]
    if exchange.opened and not text:
        return _silently(state, exchange, report)
    if state.voice:
        exchange, more = say_on(exchange, sounding=-1)
        commands += more or [Say(turn=exchange.turn, piece=None)]
    if not exchange.opened:
        return dataclasses.replace(state, exchange=exchange), commands
    return _aloud(state, exchange, commands)


def _aloud(state: State, exchange: Exchange, commands: list[Command]) -> Step:
    """The answer of a turn that may be heard."""
    if not state.voice:
        commands.append(ReportLatency(turn=exchange.turn.number, typed=exchange.typed))
    commands += [*call_told(exchange), tell(events.ReplyDelta(t_s=0.0, turn=exchange.turn.number, text=exchange.reply))]
    after, more = on_complete(after_call(state, exchange), exchange)
    return after, commands + more


def after_call(state: State, exchange: Exchange) -> State:
    """What the session does besides answering: it ends once all is said, or waits for a yes."""
    answered = exchange.answered
    state = dataclasses.replace(state, exchange=exchange)
    if answered is None:
        return state
    if answered.result.asks:
        return dataclasses.replace(state, asking=answered.call)
    return dataclasses.replace(state, closing=True) if answered.result.then == "quit" else state


def _silently(state: State, exchange: Exchange, report: ToolAnswered) -> Step:
    """Nothing is to be said: the turn is over, and the question is none that the model should know."""
    state = dataclasses.replace(state, exchange=exchange, asked=())
    over: list[Command] = [Cancel(turn=exchange.turn), *call_told(exchange), Retract()]
    if report.result.then != "repeat":
        return ended(state, over)
    state, given_up = give_up_barge(dataclasses.replace(state, exchange=None))
    state, again = on_edit(state, m.Repeat(), Played())
    after, more = when_idle(state)
    return after, [*over, *given_up, *again, *more]


def _too_late(state: State, report: ToolAnswered) -> Step:
    """The turn was stopped while its tool was at work: what has been done is told, and is not done again."""
    if not report.result.changed:
        return state, []
    late = Exchange(turn=report.turn, opened=True, answered=report)
    message = f"This was done before you stopped it: {report.result.text}"
    commands = [*call_told(late), tell(events.Notice(t_s=0.0, code="tool-done", message=message))]
    if state.unanswered is not None and state.unanswered.turn is report.turn:
        state = dataclasses.replace(state, unanswered=None)
        commands.append(Retract())
    return state, commands
