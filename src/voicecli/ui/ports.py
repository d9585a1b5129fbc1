"""EventSink: whoever shows or records the events of a session."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from voicecli.events import Event


@runtime_checkable
class Writer(Protocol):
    """A sink that writes into a stream, and knows why it is broken, if it is."""

    fault: OSError | None


class EventSink(Protocol):
    """Takes the events of one session, in their order.

    A sink whose reader went away (a closed pipe, a terminal that hung up) sets `broken`, ignores what follows and raises nothing.

    Thread: `handle` and `close` are called from one thread.
    """

    broken: bool

    def handle(self, event: Event) -> None:
        """Shows or records `event`; returns at once."""
        ...

    def close(self) -> None:
        """Shows what is still owed and lets go of the terminal or stream; may be called twice."""
        ...
