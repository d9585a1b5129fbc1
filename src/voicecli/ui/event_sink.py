"""EventSink: the interface of everything that shows or records the events of a session."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from voicecli.events import Event


@runtime_checkable
class Writer(Protocol):
    """A sink that writes into a stream, and records why it is broken, if it is."""

    fault: OSError | None


class EventSink(Protocol):
    """Takes the events of one session, in order.

    A sink whose reader is gone (a closed pipe, a terminal that hung up) sets `broken`, ignores further events and does not raise.

    Thread: `handle` and `close` are called from one thread.
    """

    broken: bool

    def handle(self, event: Event) -> None:
        """Shows or records `event`. Returns at once."""
        ...

    def close(self) -> None:
        """Shows what is pending and releases the terminal or stream. May be called twice."""
        ...
