"""Chooses the tone for an event, for users who do not look at the screen."""

from __future__ import annotations

from collections.abc import Sequence

from voicecli import events
from voicecli.audio.tones import Chime
from voicecli.session.commands import Command, PlayChime, Tell


def chimes(commands: Sequence[Command]) -> list[Command]:
    """Returns the tone for the events in `commands`; the last one if there are several."""
    wanted = [chime for command in commands if isinstance(command, Tell) and (chime := _chime(command.event))]
    return [PlayChime(chime=wanted[-1])] if wanted else []


def _chime(event: events.Event) -> Chime | None:
    match event:
        case events.Transcript(final=True, typed=False):
            return "heard"
        case events.MicrophoneMuted(muted=muted):
            return "trouble" if muted else "heard"
        # The notice is the response to a talk key that has no effect.
        case events.ErrorRaised() | events.Notice(code="microphone-muted"):
            return "trouble"
        case _:
            return None
