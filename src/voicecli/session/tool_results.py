"""Handles the results of tools, which become the answer of a turn, and the announcements of timers, which wait until nobody is talking."""

from __future__ import annotations

import dataclasses
from typing import assert_never

from voicecli import events
from voicecli import messages as m
from voicecli.session.commands import Cancel, Command, MarkTime, ReportLatency, Retract, Say
from voicecli.session.editing import on_edit, say_on
from voicecli.session.exchange import Step, ended, give_up_barge, on_complete, when_idle
from voicecli.session.history import Played
from voicecli.session.ignored_speech import tell
from voicecli.session.state import Asked, State, Typing
from voicecli.session.tool_gate import call_told
from voicecli.speech.sentence_chunker import SentenceChunker
from voicecli.tools.reports import Announced, ToolAnswered, ToolReport


def on_tool(state: State, report: ToolReport) -> Step:
    """Handles a report of a tool."""
    match report:
        case ToolAnswered():
            return _on_answered(state, report)
        case Announced():
            return when_idle(dataclasses.replace(state, announcements=(*state.announcements, report)))
        case _:
            assert_never(report)


def _on_answered(state: State, report: ToolAnswered) -> Step:
    exchange = state.exchange
    if not isinstance(exchange, Asked) or exchange.turn is not report.turn:
        return _too_late(state, report)
    text = report.result.text
    splitter = SentenceChunker()
    chunks = (*splitter.feed(text), *splitter.finish())
    exchange = dataclasses.replace(exchange, reply=text, chunks=chunks, to_say=chunks, complete=True, answered=report)
    commands: list[Command] = [MarkTime(mark="first_token")]
    if exchange.stage == "open" and not text:
        return _silently(state, exchange, report)
    if state.voice:
        exchange, more = say_on(exchange, sounding=-1)
        commands += more or [Say(turn=exchange.turn, chunk=None)]
    if exchange.stage != "open":
        return dataclasses.replace(state, exchange=exchange), commands
    return _aloud(state, exchange, commands)


def _aloud(state: State, exchange: Asked, commands: list[Command]) -> Step:
    """Publishes the answer of an opened turn."""
    if not state.voice:
        commands.append(ReportLatency(turn=exchange.turn.number, typed=exchange.typed))
    commands += [*call_told(exchange), tell(events.ReplyDelta(t_s=0.0, turn=exchange.turn.number, text=exchange.reply))]
    after, more = on_complete(after_call(state, exchange), exchange)
    return after, commands + more


def after_call(state: State, exchange: Asked) -> State:
    """Applies the other effects of a call: the session ends after the answer, or waits for a yes."""
    answered = exchange.answered
    state = dataclasses.replace(state, exchange=exchange)
    if answered is None:
        return state
    if answered.result.asks:
        return dataclasses.replace(state, asking=answered.call)
    return dataclasses.replace(state, closing=True) if answered.result.then == "quit" else state


def _silently(state: State, exchange: Asked, report: ToolAnswered) -> Step:
    """Ends the turn without an answer, and removes the question, which the model need not know."""
    state = dataclasses.replace(state, exchange=exchange, asked=())
    over: list[Command] = [Cancel(turn=exchange.turn), *call_told(exchange), Retract()]
    if report.result.then != "repeat":
        return ended(state, over)
    state, given_up = give_up_barge(dataclasses.replace(state, exchange=None))
    state, again = on_edit(state, m.Repeat(), Played())
    after, more = when_idle(state)
    return after, [*over, *given_up, *again, *more]


def _too_late(state: State, report: ToolAnswered) -> Step:
    """Handles the result for a turn that was stopped while its tool ran: tells the user what was done, so that it is not done again."""
    if not report.result.changed:
        return state, []
    late = Asked(turn=report.turn, source=Typing(by_hand=False), stage="open", question="", answered=report)
    message = f"This was done before you stopped it: {report.result.text}"
    commands = [*call_told(late), tell(events.Notice(t_s=0.0, code="tool-done", message=message))]
    if state.unanswered is not None and state.unanswered.turn is report.turn:
        state = dataclasses.replace(state, unanswered=None)
        commands.append(Retract())
    return state, commands
