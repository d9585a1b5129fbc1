"""Handles the results of tools, which become the answer of a turn, and the announcements of timers, which wait until nobody is talking."""

from __future__ import annotations

import dataclasses
from typing import assert_never

from voicecli import events
from voicecli import messages as m
from voicecli.session.announcements import stop_clients
from voicecli.session.answer_work import CallAnswered, CallRuns, answer_of, asked_for
from voicecli.session.commands import Cancel, Command, MarkTime, ReportLatency, Say
from voicecli.session.cut_off import cut_off, give_up_barge
from voicecli.session.editing import on_edit
from voicecli.session.exchange import Step, ended, is_open, on_complete, when_idle
from voicecli.session.history import Played
from voicecli.session.ignored_speech import tell
from voicecli.session.record_changes import note_calls, retract
from voicecli.session.saying import say_on
from voicecli.session.state import Aside, Asked, Pending, State, Unclear
from voicecli.session.tool_gate import HAND_OVER, call_told, calls_told
from voicecli.speech.sentence_chunker import SentenceChunker
from voicecli.tools.reports import Announced, ClientListens, ClientStops, ToolAnswered, ToolReport, ToolsOffered


def on_tool(state: State, report: ToolReport, played: Played) -> Step:
    """Handles a report of a tool, or of another program that uses the voice."""
    match report:
        case ToolAnswered():
            return _on_answered(state, report)
        case Announced():
            return when_idle(dataclasses.replace(state, announcements=(*state.announcements, report)))
        case ToolsOffered():
            remarks: list[Command] = [tell(events.Notice(t_s=0.0, code="mcp", message=each)) for each in report.remarks]
            return _on_offered(state, report), remarks
        case ClientListens():
            return _on_client_listens(state, report)
        case ClientStops():
            state, dropped = stop_clients(state)
            said = state.exchange.origin if isinstance(state.exchange, Aside) else None
            if isinstance(said, Announced) and said.key:
                state, cut = cut_off(state, "key", played)
                dropped += cut
            after, more = when_idle(state)
            return after, [*dropped, *more]
        case _:
            assert_never(report)


def _on_client_listens(state: State, report: ClientListens) -> Step:
    """Gives the next utterance to another program. A draft that the model answers already is dropped, and the utterance is transcribed again."""
    state = dataclasses.replace(state, hands_over=report.key)
    draft = state.exchange
    if not report.key or draft is None or (not isinstance(draft, Pending | Unclear | Asked)) or is_open(draft):
        return state, []
    return dataclasses.replace(state, exchange=None), [Cancel(turn=draft.turn)]


def _on_offered(state: State, report: ToolsOffered) -> State:
    """Replaces the tools of a server. A permission that was asked for is dropped if its tool is not exactly the same any more."""
    before = [each.tool for each in state.tools if each.tool.source == report.source]
    others = tuple(each for each in state.tools if each.tool.source != report.source)
    state = dataclasses.replace(state, tools=(*others, *report.offers))
    wanted = {call.name for call in state.asking.calls} if state.asking is not None else set()
    asked = next((each for each in before if each.name in wanted), None)
    if asked is not None and asked not in [each.tool for each in report.offers]:
        return dataclasses.replace(state, asking=None)
    return state


def _on_answered(state: State, report: ToolAnswered) -> Step:
    exchange = state.exchange
    if report.call.name == HAND_OVER:
        state = dataclasses.replace(state, hands_over="")
    if not isinstance(exchange, Asked) or exchange.turn is not report.turn or not isinstance(exchange.work, CallRuns):
        return too_late(state, report)
    text = report.result.text
    splitter = SentenceChunker()
    chunks = (*splitter.feed(text), *splitter.finish())
    exchange = dataclasses.replace(
        exchange, reply=text, chunks=chunks, to_say=chunks, end="whole", work=CallAnswered(answered=report)
    )
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
    told = call_told(exchange)
    commands += [*told, tell(events.ReplyDelta(t_s=0.0, turn=exchange.turn.number, text=exchange.reply))]
    after, more = on_complete(after_call(note_calls(state, told), exchange), exchange)
    return after, commands + more


def after_call(state: State, exchange: Asked) -> State:
    """Applies the other effects of a call: the session ends after the answer, or waits for a yes."""
    answered = answer_of(exchange.work)
    state = dataclasses.replace(state, exchange=exchange)
    if answered is None:
        return state
    if answered.result.asks:
        return dataclasses.replace(state, asking=asked_for(exchange.work))
    return dataclasses.replace(state, closing=True) if answered.result.then == "quit" else state


def _silently(state: State, exchange: Asked, report: ToolAnswered) -> Step:
    """Ends the turn without an answer, and removes the question, which the model need not know."""
    told = call_told(exchange)
    state, retracted = retract(note_calls(state, told), exchange.turn.number)
    state = dataclasses.replace(state, exchange=exchange)
    over: list[Command] = [Cancel(turn=exchange.turn), *told, *retracted]
    if report.result.then != "repeat":
        return ended(state, over)
    state, given_up = give_up_barge(dataclasses.replace(state, exchange=None))
    state, again = on_edit(state, m.Repeat(), Played())
    after, more = when_idle(state)
    return after, [*over, *given_up, *again, *more]


def too_late(state: State, report: ToolAnswered) -> Step:
    """Handles the result for a turn that was stopped while its tool ran: tells the user what was done, so that it is not done again."""
    if not report.result.changed:
        return state, []
    text = report.result.text
    message = text if report.result.failed else f"This was done before you stopped it: {text}"
    commands = [*calls_told((report,)), tell(events.Notice(t_s=0.0, code="tool-done", message=message))]
    state = note_calls(state, commands)
    if state.unanswered is not None and state.unanswered.turn is report.turn:
        state, retracted = retract(dataclasses.replace(state, unanswered=None))
        commands += retracted
    return state, commands
