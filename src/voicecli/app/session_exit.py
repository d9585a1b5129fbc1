"""The ways to end a session: Ctrl-C, signals, a reader that went away. None of them can be blocked by a full channel."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import ExitStack
from types import FrameType
from typing import TYPE_CHECKING, Final

import typer

from voicecli.messages import InterruptPressed, QuitAsked, Report
from voicecli.pipeline.channel import Channel

if TYPE_CHECKING:
    from voicecli.app.deadline import Deadline
    from voicecli.app.event_broadcast import EventBroadcast
    from voicecli.session.conductor import Conductor

BROKEN_PIPE: Final = 141
"""Exit code when nobody reads the output any more: 128 + SIGPIPE."""

AGAIN_S: Final = 2.0
"""Two presses of Ctrl-C within this time end the session."""

QUIT_S: Final = 1.0
"""How long the conversation may take to end after that is requested. Then it is left as it is, and everything else has the rest of the time."""

LAST_RESORT_S: Final = 4
"""How long after SIGTERM or SIGHUP the system itself ends the process, if `deadline` cannot run because native code holds the interpreter."""

WATCH_S: Final = 0.2
"""How often the main thread checks whether it should go on waiting."""


class SessionExit:
    """Handles signals and key presses that end or interrupt the session, until `stack` is closed.

    Thread: it is made and waits in the main thread; any thread may call `interrupt`.

    Args:
        stack: Restores the signal handlers.
        inbox: The conductor's inbox.
        deadline: Begins when the session is to end.

    Attributes:
        broadcast: Carries events to the sinks; None before there is one.
        conductor: Holds the conversation; None while models are loaded. Only an exception can end the program then.
    """

    def __init__(self, stack: ExitStack, inbox: Channel[Report], deadline: Deadline) -> None:
        self.deadline = deadline
        self.broadcast: EventBroadcast | None = None
        self.conductor: Conductor | None = None
        self._inbox = inbox
        self._signal: int | None = None
        self._interrupted_s = -AGAIN_S
        self._quitting_s: float | None = None
        self._catch_signals(stack)

    @property
    def code(self) -> int | None:
        """The exit code of a signal; None if none came."""
        return None if self._signal is None else 128 + self._signal

    def interrupt(self) -> None:
        """Handles Ctrl-C: stops what is going on; the second press ends the session."""
        if self.conductor is None:
            os.kill(os.getpid(), signal.SIGINT)  # only a signal reaches the main thread while it loads
            return
        again = time.monotonic() - self._interrupted_s < AGAIN_S
        self._interrupted_s = time.monotonic()
        if again:
            self.quit()
        else:
            self._inbox.insist(InterruptPressed())

    def quit(self) -> None:
        """Ends the session now, also if channels are full or nobody reads the output."""
        if self._quitting_s is None:
            self._quitting_s = time.monotonic()
            self.deadline.begin(self.code or 0)
            if self.broadcast is not None:
                self.broadcast.hurry()
            self._inbox.insist(QuitAsked(), first=True)

    def wait(self) -> None:
        """Waits for the end of the conversation."""
        while self.conductor is not None and not self.conductor.join(WATCH_S):
            if self.broadcast is not None and self.broadcast.gone.is_set():
                self.quit()
            if self._quitting_s is not None and time.monotonic() - self._quitting_s > QUIT_S:
                return

    def _catch_signals(self, stack: ExitStack) -> None:
        def on_interrupt(_number: int, _frame: FrameType | None) -> None:
            if self.conductor is None:
                raise KeyboardInterrupt  # nothing is going on yet that could be stopped
            self.interrupt()

        def on_end(number: int, _frame: FrameType | None) -> None:
            self._signal = number
            if self.conductor is None:
                raise typer.Exit(128 + number)
            if hasattr(signal, "alarm"):
                signal.alarm(LAST_RESORT_S)  # its default action ends the process, even one that hangs
            self.quit()

        if threading.current_thread() is not threading.main_thread():
            return
        handlers = {signal.SIGINT: on_interrupt, signal.SIGTERM: on_end}
        if hasattr(signal, "SIGHUP"):
            handlers[signal.SIGHUP] = on_end
        for number, handler in handlers.items():
            stack.callback(signal.signal, number, signal.signal(number, handler))
        self.deadline.watch(handlers, lambda number: self.conductor is None or number != signal.SIGINT)
