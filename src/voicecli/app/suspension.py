"""Handles Ctrl-Z and `fg`: the terminal is restored while this program is stopped, and set up again when it continues."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType


class Suspension:
    """Handles SIGTSTP and SIGCONT between `catch` and `leave`.

    Thread: the main one, in which signals are handled; elsewhere it does nothing.

    Args:
        handle: The descriptor of the terminal.
        suspend: Gives the terminal back.
        go_on: Takes it again; may raise `OSError`.
    """

    def __init__(self, handle: int, *, suspend: Callable[[], None], go_on: Callable[[], None]) -> None:
        self._handle = handle
        self._suspend = suspend
        self._go_on = go_on
        self._before: dict[signal.Signals, object] = {}

    def catch(self) -> None:
        """Installs the handlers."""
        if threading.current_thread() is threading.main_thread():
            for number, handler in ((signal.SIGTSTP, self._on_stop), (signal.SIGCONT, self._on_continue)):
                self._before[number] = signal.signal(number, handler)

    def leave(self) -> None:
        """Restores the handlers that were installed before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type] # what `signal.signal` gave

    def _on_stop(self, number: int, _frame: FrameType | None) -> None:
        """Stops this process. It continues in the middle of this function."""
        self._suspend()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        signal.signal(number, self._on_stop)
        self._take_again()

    def _on_continue(self, _number: int, _frame: FrameType | None) -> None:
        self._take_again()

    def _take_again(self) -> None:
        try:
            if (
                os.tcgetpgrp(self._handle) == os.getpgrp()
            ):  # otherwise it continued in the background: another program has the terminal
                self._go_on()
        except OSError:
            return
