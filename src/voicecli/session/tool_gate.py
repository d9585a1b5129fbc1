"""The gate between a requested tool call and its execution.

A call belongs to an exchange. In a draft it is held, not shown, and dropped with the draft. It is run when the turn is
opened. Only a tool that is instant and changes nothing (`Tool.ahead`) runs for a draft, and its answer waits like that of any draft.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Sequence
from typing import Final, assert_never

from voicecli import events
from voicecli.session import remembered_facts
from voicecli.session.answer_work import (
    CallAnswered,
    CallHeld,
    CallRuns,
    Granted,
    HeldBack,
    ModelWrites,
    NotBegun,
    RoundHeld,
    RoundRuns,
    answer_of,
    rounds_of,
)
from voicecli.session.commands import Command, RememberRules, Respond, Tell, UseTool, UseTools
from voicecli.session.state import Asked, Speech, State, Typing
from voicecli.tools.definitions import Call, Offer, Tool
from voicecli.tools.permission import is_always, is_yes
from voicecli.tools.permissions import exactly, verdict
from voicecli.tools.phrases import call_by_phrase
from voicecli.tools.reports import ToolAnswered
from voicecli.tools.request_recognition import recognise
from voicecli.tools.rounds import MOST_ROUNDS, ModelCalls, Wanted, offer_of

MODEL_GROUPS: Final = frozenset({"clock", "calculator", "timers", "notes"})
"""The program's own tools that a model may call by itself, if it is large enough. The others concern the session, and rules recognise them."""


def begin_answer(state: State, exchange: Asked) -> tuple[Asked, list[Command]]:
    """Starts the answer to the question of `exchange`: by a tool, or by the model. A call is held, unless nothing depends on when it runs."""
    if may_grant(state, exchange) and (asked := state.asking) is not None:
        return dataclasses.replace(exchange, work=Granted(wanted=asked)), []
    if state.hands_over or not state.converses:
        return dataclasses.replace(exchange, work=CallHeld(call=_handed_over(state, exchange.question))), []
    call = _wanted(state, exchange)
    offer = _offer(state, call)
    if call is None or offer is None:
        respond = Respond(turn=exchange.turn, question=exchange.question, tools=callable_tools(state, rounds=0))
        return dataclasses.replace(exchange, work=ModelWrites()), [respond]
    if offer.asks and verdict(state.rules, call) != "allow":  # a question changes nothing, so it may be prepared
        return dataclasses.replace(exchange, work=CallRuns()), [
            UseTool(turn=exchange.turn, call=call, asks="ask" if can_be_asked(state, exchange) else "refuse")
        ]
    exchange = dataclasses.replace(exchange, work=CallHeld(call=call))
    return let_go(exchange) if offer.tool.ahead else (exchange, [])


def let_go(exchange: Asked) -> tuple[Asked, list[Command]]:
    """Runs the calls that are held, if there are any. Only for an open exchange, or if all of them may run ahead."""
    match exchange.work:
        case CallHeld(call=call) | Granted(wanted=Wanted(calls=(call,), by_model=False)):
            return dataclasses.replace(exchange, work=CallRuns()), [UseTool(turn=exchange.turn, call=call)]
        case RoundHeld(calls=calls) | Granted(wanted=Wanted(calls=calls)):
            running = RoundRuns(rounds=rounds_of(exchange.work))
            return dataclasses.replace(exchange, work=running), [UseTools(turn=exchange.turn, calls=calls)]
        case NotBegun() | ModelWrites() | CallRuns() | CallAnswered() | RoundRuns() | HeldBack():
            return exchange, []
        case _:
            assert_never(exchange.work)


def on_opened(state: State, exchange: Asked) -> tuple[State, list[Command]]:
    """Applies an opened turn to a pending permission: it is granted, or dropped. After an "always" the calls are allowed for good."""
    state = dataclasses.replace(state, asking=None)
    if not isinstance(exchange.work, Granted):
        return state, []
    wanted = exchange.work.wanted
    if not wanted.by_model:
        state = _allow_group(state, wanted.calls)
    if not is_always(exchange.question):
        return state, []
    new = tuple(rule for call in wanted.calls if (rule := exactly(call)) not in state.rules)
    if not new:
        return state, []
    return dataclasses.replace(state, rules=(*state.rules, *new)), [RememberRules(rules=new)]


def _allow_group(state: State, calls: Sequence[Call]) -> State:
    """Allows all of the program's own tools of the same group. A yes to a tool of a server counts for the call that was named only."""
    granted = {each.tool.group for call in calls if (each := _offer(state, call)) is not None and not each.tool.source}
    tools = tuple(dataclasses.replace(each, asks=False) if each.tool.group in granted else each for each in state.tools)
    return dataclasses.replace(state, tools=tools)


def may_grant(state: State, exchange: Asked) -> bool:
    """Whether `exchange` grants the permission that was asked for.

    Only a clear yes counts, typed at a keyboard, or spoken into a microphone while nothing was playing.
    """
    said = exchange.question
    by_key = exchange.typed and said.strip().casefold() == "y"
    if state.asking is None or state.translates or not (is_yes(said) or is_always(said) or by_key):
        return False
    match exchange.source:
        case Typing(by_hand=by_hand):
            return by_hand
        case Speech(began_sample=began_sample):
            return state.live and state.last_said is not None and began_sample >= state.last_said.over_sample
        case _:
            assert_never(exchange.source)


def has_lapsed(state: State, exchange: Asked) -> bool:
    """Whether the draft counts on a permission that is not asked for any more, because its tool has changed meanwhile."""
    return isinstance(exchange.work, Granted) and exchange.work.wanted != state.asking


def can_be_asked(state: State, exchange: Asked) -> bool:
    """Whether there is a person who can give permission: at a keyboard, or at a microphone."""
    return state.live or (isinstance(exchange.source, Typing) and exchange.source.by_hand)


def for_the_model(offers: Iterable[Offer], calls: ModelCalls) -> tuple[Tool, ...]:
    """Returns the tools that the model may call."""
    own = calls == "all"
    wanted = (each.tool for each in offers if each.by_model or (own and each.tool.group in MODEL_GROUPS))
    return tuple(wanted) if calls != "none" else ()


def callable_tools(state: State, *, rounds: int = 0) -> tuple[Tool, ...]:
    """Returns the tools that the model may call after so many rounds."""
    if state.translates or rounds >= MOST_ROUNDS:
        return ()
    return for_the_model((each for each in state.tools if in_groups(state, each)), state.model_calls)


def in_groups(state: State, offer: Offer) -> bool:
    """Whether the persona may use a tool."""
    return state.groups is None or offer.tool.group in state.groups


def answer_by_model(state: State, exchange: Asked, work: ModelWrites) -> Command:
    """Returns the command that has the model answer from the results of its calls."""
    return Respond(
        turn=exchange.turn,
        question="" if exchange.stage == "open" else exchange.question,
        tools=callable_tools(state, rounds=len(work.rounds)),
        rounds=work.rounds,
        chunks=len(exchange.chunks),
        characters=len(exchange.reply),
    )


def runs_ahead(state: State, calls: Iterable[Call]) -> bool:
    """Whether all `calls` are instant and change nothing."""
    offers = [_offer(state, call) for call in calls]
    return all(each is not None and each.tool.ahead for each in offers)


def held_back(state: State, wanted: RoundHeld) -> tuple[Call, str] | None:
    """Returns the first of the `wanted` calls that the model may not make without a question, and why; None if there is none.

    After a result that did not come from the program itself, every call that changes something is asked for, whatever is allowed: the model may
    have taken a text in the result for an instruction.
    """
    told = [_offer(state, each.call) for answered in wanted.rounds for each in answered]
    warned = any(each is None or each.tool.source or each.tool.group == "notes" for each in told)
    for call in wanted.calls:
        offer, said = _offer(state, call), verdict(state.rules, call)
        if offer is None:
            continue
        if said == "forbid":
            return call, "forbidden"
        asks = (offer.asks and said != "allow") or (warned and not (offer.tool.reads or offer.tool.ahead))
        if asks:
            return call, "asks"
    return None


def call_told(exchange: Asked) -> list[Command]:
    """Returns the events for the calls of an opened exchange so far."""
    told = [command for answered in rounds_of(exchange.work) for command in calls_told(answered)]
    answered = answer_of(exchange.work)
    return told + (calls_told((answered,)) if answered is not None else [])


def calls_told(answered: Iterable[ToolAnswered]) -> list[Command]:
    """Returns the events for calls."""
    return [
        Tell(
            event=events.ToolUsed(
                t_s=0.0,
                turn=each.turn.number,
                tool=each.call.name,
                arguments=json.dumps(dict(each.call.arguments), ensure_ascii=False),
                outcome="asked" if each.result.asks else "failed" if each.result.failed else "done",
                text=each.result.text,
                took_ms=each.took_ms,
            )
        )
        for each in answered
    ]


HAND_OVER = "hand_over"
"""The tool that gives what was said to another program."""


def _handed_over(state: State, question: str) -> Call:
    """Returns the call that gives a question, with all its parts, to another program."""
    parts = [part.text for part in state.record.parts]
    whole = " ".join(parts if parts and parts[-1] == question else [*parts, question])
    return Call(name=HAND_OVER, arguments={"key": state.hands_over, "text": whole})


def _offer(state: State, call: Call | None) -> Offer | None:
    found = offer_of(state.tools, call) if call is not None else None
    return found if found is None or in_groups(state, found) else None


def _wanted(state: State, exchange: Asked) -> Call | None:
    """Returns the call that the question requests. A question that was spoken in parts is first matched as a whole."""
    if not state.tools or state.translates:
        return None
    parts = [part.text for part in state.record.parts]
    if parts and parts[-1] == exchange.question:
        return _recognised(state, " ".join(parts), exchange.language)
    whole = _recognised(state, " ".join([*parts, exchange.question]), exchange.language)
    return whole if whole is not None or not parts else _recognised(state, exchange.question, exchange.language)


def _recognised(state: State, text: str, language: str) -> Call | None:
    """Returns the call that `text` requests, by a phrase of the user's or by a rule of the program's."""
    text = without_name(text, state.called)
    by_phrase = call_by_phrase((each.tool for each in state.tools), text, language)
    return by_phrase or remembered_facts.call(text) or recognise(text, language)


def without_name(text: str, names: Sequence[str]) -> str:
    """Returns `text` without one of the names at its beginning: "Computer, what time is it?"."""
    if not names:
        return text
    either = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    found = re.match(
        rf"\s*(?:(?:hey|hi|hello|ok|okay|hallo)[,!]?\s+)?(?:{either})\s*[,.!:;]\s*(?=\S)", text, re.IGNORECASE
    )
    return text[found.end() :] if found is not None else text
