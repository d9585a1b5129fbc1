"""What the conductor does to the playout."""

from __future__ import annotations

from typing import Protocol

from voicecli.audio.chimes import Chime
from voicecli.pcm import Pcm
from voicecli.session.history import Played
from voicecli.turn import Turn


class Gatekeeper(Protocol):
    """What the conductor does to the playout."""

    def open(self, turn: Turn) -> None:
        """Lets the turn be heard."""
        ...

    def drop(self, turn: Turn) -> None:
        """Silences the turn, which is cancelled already, at once and for good."""
        ...

    def pause(self) -> None:
        """Silence, until `resume`."""
        ...

    def resume(self) -> None:
        """Goes on where it was paused."""
        ...

    def played(self, turn: Turn) -> Played:
        """How far it got with the turn."""
        ...

    def set_volume(self, percent: float) -> None:
        """How loud everything is played from now on."""
        ...

    def chime(self, name: Chime) -> None:
        """Plays a short tone."""
        ...

    def play(self, turn: Turn, pcm: Pcm) -> None:
        """Takes sound at 16 kHz as all that there is of the turn."""
        ...


class NoGate:
    """Where nothing is spoken."""

    def open(self, turn: Turn) -> None:
        """There is nothing to be heard."""

    def drop(self, turn: Turn) -> None:
        """There is nothing to silence."""

    def pause(self) -> None:
        """There is nothing to pause."""

    def resume(self) -> None:
        """There is nothing to go on with."""

    def played(self, turn: Turn) -> Played:  # noqa: ARG002 - the port has it
        """Nothing ever."""
        return Played()

    def set_volume(self, percent: float) -> None:
        """There is nothing to be heard."""

    def chime(self, name: Chime) -> None:
        """The same."""

    def play(self, turn: Turn, pcm: Pcm) -> None:
        """The same."""
