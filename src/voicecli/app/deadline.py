"""Ends a program within two seconds, whatever hangs: a sound device, an engine that is being loaded, a disk, a screen.

Everything that stops shares the same two seconds. When they are over, the terminal is restored, the names of what still runs are written to standard
error, and the process ends. The conversation is saved by then, because the history writes every change at once.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

END_S: Final = 2.0
"""The time from the request to end, or from the end of a command's work, to the end of the process."""

LEAST_S: Final = 0.2
"""How long Python may take to end if the time is over already."""

SHOWN_AGAIN: Final = "\x1b[?2026l\x1b[?2004l\x1b[?1004l\x1b[<u\x1b[?25h\x1b[0m\r\n"
"""Resets what a screen may have set: synchronised drawing, bracketed paste, reports of the focus, reports of all keys, a hidden cursor, colours."""

WAKE: Final = b"\0"
OUR_OWN: Final = frozenset({"MainThread", "deadline", "events", "engines"})
"""Threads that are not named as a cause of a late end: they end with the others, or with the process."""


class Deadline:
    """Ends the process when ending it takes too long.

    Thread: made in the main thread; everything else belongs to any.

    Args:
        end: Ends the process with an exit code. Tests pass another function.
    """

    def __init__(self, end: Callable[[int], object] = os._exit) -> None:
        self._end = end
        self._until_s: float | None = None
        self._code = 0
        self._over = threading.Event()
        global _latest  # noqa: PLW0603 - the last step of the program uses the rest of its time
        _latest = self
        self._modes = _modes()
        self._woken, self._wakes = socket.socketpair()  # which can be waited for on every system
        self._woken.setblocking(False)
        self._wakes.setblocking(False)
        self._numbers: frozenset[int] = frozenset()
        self._ends: Callable[[int], bool] = lambda _: True
        self._before = -1
        self._thread = threading.Thread(target=self._run, name="deadline", daemon=True)
        self._thread.start()

    def watch(self, numbers: Iterable[int], ends: Callable[[int], bool]) -> None:
        """Starts the time when one of these signals arrives, even if the main thread is in native code and cannot handle it.

        Args:
            numbers: The signals; Python must handle them.
            ends: Whether the signal ends the program now.
        """
        self._numbers, self._ends = frozenset(map(int, numbers)), ends
        if threading.current_thread() is threading.main_thread():
            self._before = signal.set_wakeup_fd(self._wakes.fileno(), warn_on_full_buffer=False)

    def begin(self, code: int = 0) -> None:
        """Starts the time, unless it runs already.

        Args:
            code: The exit code if it is exceeded.
        """
        if self._until_s is None:
            self._code = code
            self._until_s = time.monotonic() + END_S
            self._wake()

    def left(self) -> float:
        """The seconds that are left; all of them if the time has not started."""
        return END_S if self._until_s is None else max(0.0, self._until_s - time.monotonic())

    def close(self) -> None:
        """Stops the clock: everything that was to be stopped has stopped. May be called twice."""
        if self._over.is_set():
            return
        self._over.set()
        if self._numbers and threading.current_thread() is threading.main_thread():
            signal.set_wakeup_fd(self._before)
        self._wake()
        self._thread.join()
        for end in (self._woken, self._wakes):
            end.close()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            self._wakes.send(WAKE)

    def _run(self) -> None:
        while not self._over.is_set():
            select.select([self._woken], [], [], None if self._until_s is None else self.left())
            with contextlib.suppress(BlockingIOError):
                for number in self._woken.recv(64):
                    if number in self._numbers and self._ends(number):
                        self.begin(128 + number)
            if not self._over.is_set() and self._until_s is not None and not self.left():
                give_up(self._code, self._modes, self._end)
                return


_latest: Deadline | None = None


def end_soon(code: int, end: Callable[[int], object] = os._exit) -> None:
    """Ends the process with `code` if Python does not end it by itself in the time that is left. For the last step of a program."""
    within_s = max(LEAST_S, _latest.left()) if _latest is not None else END_S

    def wait() -> None:
        time.sleep(within_s)
        end(code)

    threading.Thread(target=wait, name="deadline", daemon=True).start()


def end_at_once(code: int, end: Callable[[int], object] = os._exit) -> None:
    """Ends the process without the last part of Python's own end, in which no other thread could enforce a limit.

    In that part Python clears its modules. That takes 20 to 350 ms of processor time, and seconds on a busy machine. Call this when everything that
    was registered with `atexit` is done.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, or nobody reads
            stream.flush()
    end(code)


def give_up(code: int, modes: list[int | list[bytes | int]] | None, end: Callable[[int], object]) -> None:
    """Restores the terminal, names what still runs, and ends the process."""
    if sys.platform != "win32" and modes is not None:
        import termios

        with contextlib.suppress(termios.error, OSError):
            termios.tcsetattr(0, termios.TCSANOW, modes)
        _write(1, SHOWN_AGAIN)
    late = sorted({each.name for each in threading.enumerate()} - OUR_OWN)
    _write(2, f"note: still running when the session ended: {', '.join(late) or 'the main thread'}\n")
    end(code)


def _modes() -> list[int | list[bytes | int]] | None:
    """Returns the terminal's modes; None if no output is on a terminal."""
    if sys.platform == "win32":
        return None
    import termios

    try:
        return termios.tcgetattr(0) if os.isatty(1) else None
    except (termios.error, OSError):
        return None


def _write(handle: int, text: str) -> None:
    """Writes unless that would block, as far as the system tells."""
    with contextlib.suppress(OSError, ValueError):
        if sys.platform == "win32" or select.select([], [handle], [], 0)[1]:
            os.write(handle, text.encode())
