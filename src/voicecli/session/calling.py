"""Handles the calls that a language model makes: they are held, asked for, carried out, and their results go back to the model."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

from voicecli import events
from voicecli.session.answer_work import HeldBack, ModelWrites, RoundHeld, RoundRuns, answer_of
from voicecli.session.appending import appended, gap
from voicecli.session.commands import Command, MarkTime, Say
from voicecli.session.exchange import Step, on_complete
from voicecli.session.history import Played
from voicecli.session.ignored_speech import tell
from voicecli.session.record_changes import note_calls
from voicecli.session.saying import say_on
from voicecli.session.state import Asked, State
from voicecli.session.tool_gate import answer_by_model, calls_told, can_be_asked, held_back, let_go, runs_ahead
from voicecli.session.tool_results import after_call, on_tool, too_late
from voicecli.tools.definitions import Call, Language, Result, cleaned
from voicecli.tools.instructions import may_instruct
from voicecli.tools.permission import question, refusal
from voicecli.tools.reports import ToolAnswered, ToolReport
from voicecli.tools.rounds import (
    MOMENT,
    MOST_AT_ONCE,
    MOST_ROUNDS,
    CallReport,
    CallsWanted,
    RoundDone,
    ToolSlow,
    offer_of,
)

_ENDLESS: Final[dict[Language, str]] = {
    "en": "I have used tools five times and still have no answer, so I stop here.",
    "de": "Ich habe fünfmal Werkzeuge benutzt und noch keine Antwort, deshalb höre ich auf.",
}
_DAMAGED: Final[dict[Language, str]] = {
    "en": "I wanted to use a tool for that, but could not say which. Ask in another way.",
    "de": "Ich wollte dafür ein Werkzeug benutzen, konnte aber nicht sagen, welches. Frag anders.",
}
LONGEST_READ: Final = 300
"""Longest result that the program reads out itself, in characters."""

_FORBIDDEN: Final[dict[Language, str]] = {"en": "You have forbidden that.", "de": "Das hast du verboten."}


def on_tools(state: State, report: ToolReport | CallReport, played: Played) -> Step:
    """Handles a report of a tool, about calls of the model, or of another program that uses the voice."""
    match report:
        case CallsWanted():
            return _on_wanted(state, report)
        case RoundDone():
            return _on_done(state, report)
        case ToolSlow():
            return _on_slow(state, report)
        case _:
            return on_tool(state, report, played)


def _on_wanted(state: State, report: CallsWanted) -> Step:
    exchange = state.exchange
    if (
        not isinstance(exchange, Asked)
        or exchange.turn is not report.turn
        or not isinstance(exchange.work, ModelWrites)
    ):
        return state, []
    tongue: Language = "de" if exchange.language == "de" else "en"
    rounds, calls = exchange.work.rounds, report.calls[:MOST_AT_ONCE]
    made = [each.call for answered in rounds for each in answered]
    if made and all(call in made for call in report.calls):
        # It has the results already, or wrote something that cannot be read.
        return _say_instead(state, exchange, _read(rounds[-1]))
    if not report.calls or len(rounds) >= MOST_ROUNDS:
        return _say_instead(state, exchange, (_DAMAGED if not report.calls else _ENDLESS)[tongue])
    wanted = RoundHeld(calls=calls, rounds=rounds)
    held = held_back(state, wanted)
    if held is not None:
        return _ask_first(state, exchange, wanted, *held)
    exchange = dataclasses.replace(exchange, work=wanted)
    if not (exchange.stage == "open" or runs_ahead(state, calls)):
        return dataclasses.replace(state, exchange=exchange), []
    exchange, running = let_go(exchange)
    return dataclasses.replace(state, exchange=exchange), running


def _ask_first(state: State, exchange: Asked, wanted: RoundHeld, call: Call, because: str) -> Step:
    """Answers with the question whether `call`, one of those that are `wanted`, is allowed, or with the sentence that it is not."""
    offer = offer_of(state.tools, call)
    assert offer is not None  # noqa: S101 - what is not offered needs no permission
    if because == "forbidden":
        result = Result(text=_FORBIDDEN[call.language], failed=True)
    elif can_be_asked(state, exchange):
        result = Result(text=question(offer.tool, call.arguments, call.language), asks=True)
    else:
        result = Result(text=refusal(offer.tool, call.language), failed=True)
    answered = ToolAnswered(turn=exchange.turn, call=call, result=result)
    work = HeldBack(calls=wanted.calls, answered=answered, rounds=wanted.rounds)
    return _say_instead(state, dataclasses.replace(exchange, work=work), result.text)


def _say_instead(state: State, exchange: Asked, text: str) -> Step:
    """Ends the answer with a sentence of the program."""
    first: list[Command] = [] if exchange.reply else [MarkTime(mark="first_token")]
    before = len(exchange.reply)
    exchange, new = appended(exchange, text)
    exchange = dataclasses.replace(exchange, to_say=new, end="whole")
    if state.voice:
        exchange, said = say_on(exchange, sounding=len(exchange.chunks))
        first += said
    state = dataclasses.replace(state, exchange=exchange)
    if exchange.stage != "open":
        return state, first
    answered = answer_of(exchange.work)
    told = [] if answered is None else calls_told((answered,))
    state = note_calls(state, told)
    delta = events.ReplyDelta(t_s=0.0, turn=exchange.turn.number, text=exchange.reply[before:])
    after, more = on_complete(after_call(state, exchange), exchange)
    return after, [*first, *told, tell(delta), *more]


def _on_done(state: State, report: RoundDone) -> Step:
    exchange = state.exchange
    if not isinstance(exchange, Asked) or exchange.turn is not report.turn or not isinstance(exchange.work, RoundRuns):
        commands: list[Command] = []
        for each in report.answered:
            state, more = too_late(state, each)
            commands += more
        return state, commands
    space = gap(exchange)
    work = ModelWrites(rounds=(*exchange.work.rounds, report.answered))
    exchange = dataclasses.replace(exchange, work=work, reply=exchange.reply + space)
    told = calls_told(report.answered) if exchange.stage == "open" else []
    state = note_calls(state, told)
    if space and exchange.stage == "open":
        told.append(tell(events.ReplyDelta(t_s=0.0, turn=exchange.turn.number, text=space)))
    if state.model_calls != "all" and (read_out := _read_out(report.answered)):
        said, more = _say_instead(state, exchange, read_out)
        return said, [*told, *more]
    asked = answer_by_model(state, exchange, work)
    return dataclasses.replace(state, exchange=exchange), [*told, asked]


def _read_out(answered: Sequence[ToolAnswered]) -> str:
    """Returns what the program itself says of results that a small model should not word; empty if it may.

    Of a failure it would promise to try again. What could be meant as an instruction it would follow.
    """
    if all(each.result.failed for each in answered):
        return " ".join(each.result.text for each in answered)
    return _read(answered) if any(may_instruct(each.result.text) for each in answered) else ""


def _read(answered: Sequence[ToolAnswered]) -> str:
    """Returns the results in the words of the tools."""
    words: dict[Language, str] = {"en": "The tool {} answered: {}", "de": "Das Werkzeug {} antwortet: {}"}
    return " ".join(
        words[each.call.language].format(each.call.name.replace("_", " "), cleaned(each.result.text, LONGEST_READ))
        for each in answered
    )


def _on_slow(state: State, report: ToolSlow) -> Step:
    """Says that it takes a moment, if nothing else was said."""
    exchange = state.exchange
    if not isinstance(exchange, Asked) or exchange.turn is not report.turn:
        return state, []
    if exchange.stage != "open" or not state.voice:
        return state, []
    if exchange.reply or not isinstance(exchange.work, RoundRuns):
        return state, []
    tongue: Language = "de" if exchange.language == "de" else "en"
    exchange, new = appended(exchange, MOMENT[tongue])
    delta = events.ReplyDelta(t_s=0.0, turn=exchange.turn.number, text=exchange.reply)
    commands: list[Command] = [MarkTime(mark="first_token"), tell(delta)]
    commands += [Say(turn=exchange.turn, chunk=chunk, language=tongue) for chunk in new]
    return dataclasses.replace(state, exchange=exchange), commands
