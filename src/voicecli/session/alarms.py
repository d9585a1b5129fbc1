"""Keeps the timers of a session and has them speak up when they are over."""

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
"""After a computer was asleep, timers are looked at this soon."""


def _now_s() -> float:
    """Seconds, which go on while the computer is asleep where the system can tell."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class Alarms:
    """Timers and the thread that waits for them.

    Thread: any.

    Args:
        report: Takes what a timer says when it is over.
        clock: Seconds, increasing.
    """

    def __init__(self, report: Callable[[Report], object], clock: Callable[[], float] = _now_s) -> None:
        self._report = report
        self._clock = clock
        self._book = TimerBook()
        self._changed = threading.Condition()
        self._over = False
        self._thread = threading.Thread(target=self._run, name="timers", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Ends; timers that still run say nothing."""
        with self._changed:
            self._over = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def running(self) -> int:
        """How many timers run."""
        with self._changed:
            return len(self._book.running)

    def set(self, seconds: int, *, name: str, text: str, language: Language) -> Timer:
        """Begins a timer; raises `ToolFailed`."""
        with self._changed:
            timer = Timer(seconds=seconds, over_s=self._clock() + seconds, name=name, text=text, language=language)
            self._book.set(timer)
            self._changed.notify()
            return timer

    def cancel(self, which: str, language: Language) -> list[Timer]:
        """Ends timers before they are over; raises `ToolFailed`."""
        with self._changed:
            return self._book.cancel(which, language)

    def listing(self, language: Language) -> str:
        """What runs, in a sentence."""
        with self._changed:
            return self._book.listing(self._clock(), language)

    def look(self) -> float | None:
        """Has speak up what is over; gives how long the next one takes yet, in seconds. For the thread, and for tests."""
        with self._changed:
            due = self._book.take_due(self._clock())
            left = self._book.running[0].over_s - self._clock() if self._book.running else None
        for timer in due:
            self._report(Announced(text=when_over(timer)))
        return left

    def _run(self) -> None:
        while True:
            left = self.look()
            with self._changed:
                if self._over:
                    return
                self._changed.wait(None if left is None else min(max(left, 0.0), LONGEST_WAIT_S))
