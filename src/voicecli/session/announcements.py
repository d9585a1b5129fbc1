"""Announcements: a timer has ended, or another program speaks, and nobody is talking."""

from __future__ import annotations

import dataclasses

from voicecli import events
from voicecli.session.commands import Command, Open, SayAside, Tell
from voicecli.session.saying import say_on
from voicecli.session.state import Aside, Exchange, State
from voicecli.speech.sentence_chunker import SentenceChunker, as_written
from voicecli.tools.reports import Announced
from voicecli.turn import Turn


def announce(state: State) -> tuple[State, list[Command]]:
    """Speaks the announcement that has waited longest. Call it only while nothing is going on."""
    announced, number = state.announcements[0], state.turns + 1
    if announced.key:
        return _speak_for_client(state, announced)
    text = announced.text
    state = dataclasses.replace(state, announcements=state.announcements[1:], turns=number, attempts=1)
    told: list[Command] = [
        Tell(event=events.ReplyDelta(t_s=0.0, turn=number, text=text)),
        Tell(event=events.Reply(t_s=0.0, turn=number, text=text)),
    ]
    if not state.voice:
        return state, told
    said = Aside(turn=Turn(number), reply=text, chunks=(as_written(text),), origin=announced)
    state = dataclasses.replace(state, exchange=said)
    return state, [*told, SayAside(turn=said.turn, text=text, language=announced.language), Open(turn=said.turn)]


def _speak_for_client(state: State, announced: Announced) -> tuple[State, list[Command]]:
    """Speaks for another program, chunk by chunk like a long answer, so that it is known how much of it was heard."""
    number, text = state.turns + 1, announced.text
    splitter = SentenceChunker()
    chunks = (*splitter.feed(text), *splitter.finish())
    said = Aside(turn=Turn(number), reply=text, chunks=chunks, to_say=chunks, origin=announced)
    state = dataclasses.replace(state, announcements=state.announcements[1:], turns=number, attempts=1)
    told: list[Command] = [
        Tell(event=events.ReplyDelta(t_s=0.0, turn=number, text=text)),
        Tell(event=events.Reply(t_s=0.0, turn=number, text=text)),
    ]
    if not state.voice or not chunks:
        return state, [*told, *told_client(said, "", cut=False, fault=NO_VOICE if not state.voice else NOTHING)]
    said, begun = say_on(said, sounding=-1)
    return dataclasses.replace(state, exchange=said), [*told, *begun, Open(turn=said.turn)]


NO_VOICE = "It was shown, not spoken: this chat has no voice."
NOTHING = "There is nothing in it that can be spoken."
STOPPED = "It was stopped before it began."


def told_client(exchange: Exchange, heard: str, *, cut: bool, fault: str = "") -> list[Command]:
    """Returns the event that another program's words were spoken; an empty list if the exchange belongs to no other program."""
    said = exchange.origin if isinstance(exchange, Aside) else None
    if not isinstance(said, Announced) or not said.key:
        return []
    return [Tell(event=events.SaidForClient(t_s=0.0, key=said.key, heard=heard, cut=cut, fault=fault))]


def stop_clients(state: State) -> tuple[State, list[Command]]:
    """Drops what other programs wait to say."""
    mine = [each for each in state.announcements if each.key]
    others = tuple(each for each in state.announcements if not each.key)
    told: list[Command] = [
        Tell(event=events.SaidForClient(t_s=0.0, key=each.key, heard="", cut=True, fault=STOPPED)) for each in mine
    ]
    return dataclasses.replace(state, announcements=others), told


def not_heard(state: State, exchange: Aside, heard: str) -> State:
    """Keeps an announcement for later that somebody talked or typed into before half of it was heard."""
    said = exchange.origin
    if not isinstance(said, Announced) or said.key or 2 * len(heard) >= len(exchange.reply):
        return state
    return dataclasses.replace(state, announcements=(said, *state.announcements))
