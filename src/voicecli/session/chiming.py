"""Which of what happens is told by a tone, for people who do not look."""

from __future__ import annotations

from collections.abc import Sequence

from voicecli import events
from voicecli.audio.chimes import Chime
from voicecli.session.commands import Command, PlayChime, Tell


def chimes(commands: Sequence[Command]) -> list[Command]:
    """The tone that belongs to what `commands` tell; the last one where there are several."""
    wanted = [chime for command in commands if isinstance(command, Tell) and (chime := _chime(command.event))]
    return [PlayChime(chime=wanted[-1])] if wanted else []


def _chime(event: events.Event) -> Chime | None:
    match event:
        case events.Transcript(final=True, typed=False):
            return "heard"
        case events.MicrophoneMuted(muted=muted):
            return "trouble" if muted else "heard"
        # The notice answers a key to talk that does nothing.
        case events.ErrorRaised() | events.Notice(code="microphone-muted"):
            return "trouble"
        case _:
            return None
