"""The gate between a requested tool call and its execution.

A call belongs to an exchange. In a draft it is held, not shown, and dropped with the draft. It is run when the turn is
opened. Only a tool that is instant and changes nothing (`Tool.ahead`) runs for a draft, and its answer waits like that of any draft.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Sequence
from typing import assert_never

from voicecli import events
from voicecli.session import remembered_facts
from voicecli.session.commands import Command, Respond, Tell, UseTool
from voicecli.session.state import Asked, Speech, State, Typing
from voicecli.tools.definitions import Call, Offer
from voicecli.tools.intents import recognise
from voicecli.tools.permission import is_yes
from voicecli.tools.phrases import call_by_phrase


def begin_answer(state: State, exchange: Asked) -> tuple[Asked, list[Command]]:
    """Starts the answer to the question of `exchange`: by a tool, or by the model."""
    if may_grant(state, exchange) and state.asking is not None:
        exchange = dataclasses.replace(exchange, call=state.asking, granted=True)
        return let_go(exchange) if exchange.stage == "open" else (exchange, [])
    if (state.hands_over or not state.converses) and exchange.question:
        exchange = dataclasses.replace(exchange, call=_handed_over(state, exchange.question))
        return let_go(exchange) if exchange.stage == "open" else (exchange, [])
    call = _wanted(state, exchange)
    offer = _offer(state, call)
    if call is None or offer is None:
        return exchange, [Respond(turn=exchange.turn, question=exchange.question)]
    if offer.asks:  # a question changes nothing, so it may be prepared
        exchange = dataclasses.replace(exchange, call=call, called=True)
        return exchange, [
            UseTool(turn=exchange.turn, call=call, asks="ask" if can_be_asked(state, exchange) else "refuse")
        ]
    exchange = dataclasses.replace(exchange, call=call)
    return let_go(exchange) if exchange.stage == "open" or offer.tool.ahead else (exchange, [])


def let_go(exchange: Asked) -> tuple[Asked, list[Command]]:
    """Runs the call of an open exchange, unless that was done."""
    if exchange.call is None or exchange.called:
        return exchange, []
    return dataclasses.replace(exchange, called=True), [UseTool(turn=exchange.turn, call=exchange.call)]


def on_opened(state: State, exchange: Asked) -> State:
    """Applies an opened turn to a pending permission: it is granted, or dropped."""
    if not exchange.granted or exchange.call is None:
        return dataclasses.replace(state, asking=None)
    granted = _offer(state, exchange.call)
    if granted is None or granted.tool.source:  # a yes to a tool of a server counts for the call that was named
        return dataclasses.replace(state, asking=None)
    tools = tuple(
        dataclasses.replace(each, asks=False) if each.tool.group == granted.tool.group else each for each in state.tools
    )
    return dataclasses.replace(state, asking=None, tools=tools)


def may_grant(state: State, exchange: Asked) -> bool:
    """Whether `exchange` grants the permission that was asked for.

    Only a clear yes counts, typed at a keyboard, or spoken into a microphone while nothing was playing.
    """
    if state.asking is None or state.translates or not is_yes(exchange.question):
        return False
    match exchange.source:
        case Typing(by_hand=by_hand):
            return by_hand
        case Speech(began_sample=began_sample):
            return state.live and state.last_said is not None and began_sample >= state.last_said.over_sample
        case _:
            assert_never(exchange.source)


def can_be_asked(state: State, exchange: Asked) -> bool:
    """Whether there is a person who can give permission: at a keyboard, or at a microphone."""
    return state.live or (isinstance(exchange.source, Typing) and exchange.source.by_hand)


def is_done(exchange: Asked) -> bool:
    """Whether the tool of `exchange` has changed something or asked for permission. The turn then counts, whatever happens to its answer."""
    return exchange.answered is not None and (exchange.answered.result.changed or exchange.answered.result.asks)


def call_told(exchange: Asked) -> list[Command]:
    """Returns the event for the call of an opened exchange."""
    answered = exchange.answered
    if answered is None:
        return []
    result = answered.result
    used = events.ToolUsed(
        t_s=0.0,
        turn=exchange.turn.number,
        tool=answered.call.name,
        arguments=json.dumps(dict(answered.call.arguments), ensure_ascii=False),
        outcome="asked" if result.asks else "failed" if result.failed else "done",
        text=result.text,
        took_ms=answered.took_ms,
    )
    return [Tell(event=used)]


HAND_OVER = "hand_over"
"""The tool that gives what was said to another program."""


def _handed_over(state: State, question: str) -> Call:
    """Returns the call that gives a question, with all its parts, to another program."""
    parts = [text for _, text in state.asked]
    whole = " ".join(parts if parts and parts[-1] == question else [*parts, question])
    return Call(name=HAND_OVER, arguments={"key": state.hands_over, "text": whole})


def _offer(state: State, call: Call | None) -> Offer | None:
    found = next((each for each in state.tools if call is not None and each.tool.name == call.name), None)
    return found if found is None or state.groups is None or found.tool.group in state.groups else None


def _wanted(state: State, exchange: Asked) -> Call | None:
    """Returns the call that the question requests. A question that was spoken in parts is first matched as a whole."""
    if not state.tools or not exchange.question or state.translates:
        return None
    parts = [text for _, text in state.asked]
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
