"""Carries events from the conductor to the sinks that show or record them, in a thread of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from voicecli.events import Bye, Event, LevelChanged
from voicecli.pipeline.channel import Channel, ChannelClosed
from voicecli.ui.event_sink import EventSink, Writer

LIMIT = 8192
"""Many minutes of conversation. A reader that lags further slows the session down, so that nothing that was said is lost."""

CLOSE_S = 1.0
"""How long the sinks may take to show the remaining events before they are given up."""

HURRY_S = 0.1
"""How often a thread that waits for a sink checks whether it should go on waiting."""


class EventBroadcast:
    """Hands every event to every sink, in order.

    A slow terminal or a pipe that is not read must not hold up the conversation, so sinks have a thread and a channel of their own.

    Args:
        sinks: They show or record events.
        listeners: Called with every event by the thread that publishes it. They must return at once, and do not depend on how slow sinks are.
    """

    def __init__(self, sinks: Sequence[EventSink], listeners: Sequence[Callable[[Event], object]] = ()) -> None:
        self._sinks = sinks
        self._listeners = tuple(listeners)
        self._events: Channel[Event] = Channel("events", limit=LIMIT)
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="events", daemon=True)
        self.gone = threading.Event()
        """Set when a sink's reader has gone away, so that nobody sees the conversation."""
        self.stuck = False
        """Whether a sink did not return from writing; known after `close`."""
        self._hurried = False

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def publish(self, event: Event) -> None:
        """Takes an event. Waits only if the sinks are thousands of events behind; it never waits for a level."""
        for listener in self._listeners:
            listener(event)
        try:
            if isinstance(event, LevelChanged):
                self._events.offer(event)
                return
            while not self._events.put(event, timeout_s=HURRY_S):
                if self._hurried:
                    return
        except ChannelClosed:
            return

    def hurry(self) -> None:
        """The session ends: from now on no thread waits for a sink that does not keep up. May be called from a signal handler."""
        self._hurried = True

    @property
    def fault(self) -> OSError | None:
        """Why a sink could not write its events; None if all could, or if it is unknown."""
        faults = (sink.fault for sink in self._sinks if isinstance(sink, Writer))
        return next((fault for fault in faults if fault is not None), None)

    def close(self) -> None:
        """Shows the remaining events and releases the terminal."""
        self._events.close()
        if self._thread.ident is not None:
            self._thread.join(CLOSE_S)
            self.stuck = self._thread.is_alive()
        for sink in () if self.stuck else self._sinks:
            sink.close()
        if self._fault is not None:
            raise self._fault

    def _run(self) -> None:
        try:
            for event in self._events:
                for sink in self._sinks:
                    sink.handle(event)
                    if sink.broken:
                        self.gone.set()
                if isinstance(event, Bye):
                    return
        except BaseException as error:  # noqa: BLE001 - a screen that fails must not leave the session running unseen
            self._fault = error
            self.gone.set()
