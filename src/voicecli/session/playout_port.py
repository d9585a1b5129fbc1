"""The conductor's port to the playout."""

from __future__ import annotations

from typing import Protocol

from voicecli.audio.tones import Chime
from voicecli.pcm import Pcm
from voicecli.session.history import Played
from voicecli.turn import Turn


class PlayoutPort(Protocol):
    """The conductor's port to the playout."""

    def open(self, turn: Turn) -> None:
        """Makes the turn audible."""
        ...

    def drop(self, turn: Turn) -> None:
        """Silences the turn, which is cancelled already, at once and for good."""
        ...

    def pause(self) -> None:
        """Plays silence until `resume`."""
        ...

    def resume(self) -> None:
        """Continues where it was paused."""
        ...

    def played(self, turn: Turn) -> Played:
        """Returns how far the turn was played."""
        ...

    def set_volume(self, percent: float) -> None:
        """Sets the volume of everything from now on."""
        ...

    def chime(self, name: Chime) -> None:
        """Plays a short tone."""
        ...

    def play(self, turn: Turn, pcm: Pcm) -> None:
        """Takes sound at 16 kHz as the complete sound of the turn."""
        ...


class NoPlayout:
    """The port of a session without speech. It does nothing."""

    def open(self, turn: Turn) -> None:
        """Does nothing."""

    def drop(self, turn: Turn) -> None:
        """Does nothing."""

    def pause(self) -> None:
        """Does nothing."""

    def resume(self) -> None:
        """Does nothing."""

    def played(self, turn: Turn) -> Played:  # noqa: ARG002 - the port has it
        """Returns that nothing was played."""
        return Played()

    def set_volume(self, percent: float) -> None:
        """Does nothing."""

    def chime(self, name: Chime) -> None:
        """Does nothing."""

    def play(self, turn: Turn, pcm: Pcm) -> None:
        """Does nothing."""
