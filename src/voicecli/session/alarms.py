"""Keeps the timers of a session and announces them when they end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from voicecli.tools.model import Language
from voicecli.tools.reports import Announced
from voicecli.tools.timers import Timer, TimerBook, when_over

if TYPE_CHECKING:
    from voicecli.messages import Report

LONGEST_WAIT_S: Final = 1.0
"""How soon timers are checked after the computer was asleep."""


def _now_s() -> float:
    """Returns seconds that also count while the computer is asleep, if the system supports it."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class Alarms:
    """Timers and the thread that waits for them.

    Thread: any.

    Args:
        report: Takes the announcement of a timer that ended.
        clock: Monotonic seconds.
    """

    def __init__(self, report: Callable[[Report], object], clock: Callable[[], float] = _now_s) -> None:
        self._report = report
        self._clock = clock
        self._book = TimerBook()
        self._changed = threading.Condition()
        self._over = False
        self._thread = threading.Thread(target=self._run, name="timers", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stops the thread. Running timers are not announced."""
        with self._changed:
            self._over = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def running(self) -> int:
        """The number of running timers."""
        with self._changed:
            return len(self._book.running)

    def set(self, seconds: int, *, name: str, text: str, language: Language) -> Timer:
        """Starts a timer. Raises `ToolFailed`."""
        with self._changed:
            timer = Timer(seconds=seconds, over_s=self._clock() + seconds, name=name, text=text, language=language)
            self._book.set(timer)
            self._changed.notify()
            return timer

    def cancel(self, which: str, language: Language) -> list[Timer]:
        """Cancels running timers. Raises `ToolFailed`."""
        with self._changed:
            return self._book.cancel(which, language)

    def listing(self, language: Language) -> str:
        """Returns a sentence that lists the running timers."""
        with self._changed:
            return self._book.listing(self._clock(), language)

    def look(self) -> float | None:
        """Announces timers that have ended. Returns the seconds until the next one ends; None without one. Called by the thread, and by tests."""
        with self._changed:
            due = self._book.take_due(self._clock())
            left = self._book.running[0].over_s - self._clock() if self._book.running else None
        for timer in due:
            self._report(Announced(text=when_over(timer), language=timer.language))
        return left

    def _run(self) -> None:
        while True:
            left = self.look()
            with self._changed:
                if self._over:
                    return
                self._changed.wait(None if left is None else min(max(left, 0.0), LONGEST_WAIT_S))
