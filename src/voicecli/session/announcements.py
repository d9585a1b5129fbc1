"""Announcements of the program itself: a timer has ended, and nobody is talking."""

from __future__ import annotations

import dataclasses

from voicecli import events
from voicecli.session.commands import Command, Open, SayAside, Tell
from voicecli.session.state import Aside, State
from voicecli.speech.sentence_chunker import as_written
from voicecli.turn import Turn


def announce(state: State) -> tuple[State, list[Command]]:
    """Speaks the announcement that has waited longest. Call it only while nothing is going on."""
    announced, number = state.announcements[0], state.turns + 1
    text = announced.text
    state = dataclasses.replace(state, announcements=state.announcements[1:], turns=number, attempts=1)
    told: list[Command] = [
        Tell(event=events.ReplyDelta(t_s=0.0, turn=number, text=text)),
        Tell(event=events.Reply(t_s=0.0, turn=number, text=text)),
    ]
    if not state.voice:
        return state, told
    said = Aside(turn=Turn(number), reply=text, chunks=(as_written(text),), announced=announced, shown=True)
    state = dataclasses.replace(state, exchange=said)
    return state, [*told, SayAside(turn=said.turn, text=text, language=announced.language), Open(turn=said.turn)]


def not_heard(state: State, exchange: Aside, heard: str) -> State:
    """Keeps an announcement for later that somebody talked or typed into before half of it was heard."""
    if exchange.announced is None or 2 * len(heard) >= len(exchange.reply):
        return state
    return dataclasses.replace(state, announcements=(exchange.announced, *state.announcements))
