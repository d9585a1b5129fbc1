"""TypedScreen: a typed conversation on a terminal. Answers appear as they are written; a prompt says whose turn it is."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from rich.text import Text

from voicecli import events
from voicecli.ui.clean import clean

if TYPE_CHECKING:
    from rich.console import Console

PROMPT = "› "  # noqa: RUF001 - the sign is meant


class TypedScreen:
    """Prints what is said as it comes; nothing is ever repainted, so that the line being typed stays whole.

    Args:
        console: The terminal.

    Thread: `handle` and `close` one thread; `may_type` any.
    """

    def __init__(self, console: Console) -> None:
        self.broken = False
        self.may_type = threading.Event()
        """Set while it is the person's turn."""
        self._console = console
        self._open_line = False

    def handle(self, event: events.Event) -> None:
        """Prints `event`."""
        match event:
            case events.Ready():
                self._line(Text("Type a message; Ctrl-D ends.", style="dim"))
                self.may_type.set()
            case events.ReplyDelta():
                if not self._open_line:
                    self._console.print(Text("voicecli  ", style="bold magenta"), end="")
                    self._open_line = True
                self._console.print(Text(clean(event.text)), end="", soft_wrap=True)
            case events.Interrupted():
                self._line(Text("■ stopped here", style="yellow"))
            case events.Notice() if event.code != "loading":
                self._line(Text(event.message, style="dim"))
            case events.ErrorRaised():
                self._line(Text(f"{event.message} {event.hint}", style="red"))
            case events.PhaseChanged(phase="listening"):
                self._end_line()
                self.may_type.set()
            case events.PhaseChanged() | events.Transcript():
                self.may_type.clear()
            case events.Bye():
                self._end_line()
                self.may_type.set()
            case _:
                return

    def close(self) -> None:
        """Ends the line in progress."""
        self._end_line()

    def _line(self, text: Text) -> None:
        self._end_line()
        self._console.print(text)

    def _end_line(self) -> None:
        if self._open_line:
            self._console.print()
            self._open_line = False
