"""Sends the chunks of an answer that is known already to the voice, a few ahead of the one being played."""

from __future__ import annotations

import dataclasses
from typing import TypeVar

from voicecli.session.answer_work import answer_of
from voicecli.session.commands import Command, Say
from voicecli.session.state import Aside, Asked

AHEAD_PIECES = 3
"""How many chunks of a repeated answer are sent ahead of the one being played. The voice never waits for more, and sending them never
blocks the conductor."""

Says = TypeVar("Says", bound=Asked | Aside)


def say_on(exchange: Says, *, sounding: int) -> tuple[Says, list[Command]]:
    """Sends the next chunks of a repeated answer, and its end. `sounding` is the chunk being played, -1 before the first."""
    commands: list[Command] = []
    left = exchange.to_say
    while left and len(exchange.chunks) - len(left) <= sounding + AHEAD_PIECES:
        answered = answer_of(exchange.work) if isinstance(exchange, Asked) else None
        language = answered.call.language if answered is not None else ""
        commands.append(Say(turn=exchange.turn, chunk=left[0], language=language))
        left = left[1:]
        if not left:
            commands.append(Say(turn=exchange.turn, chunk=None))
    return dataclasses.replace(exchange, to_say=left), commands
