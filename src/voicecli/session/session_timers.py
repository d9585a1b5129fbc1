"""Keeps the timers of a session, announces them when they end, and saves them, so that the next session goes on with them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from voicecli.tools.clock import moment_in_words
from voicecli.tools.definitions import Language, ToolFailed
from voicecli.tools.reports import Announced
from voicecli.tools.timers import SavedTimer, Timer, TimerBook, farewell, when_missed, when_over

if TYPE_CHECKING:
    from voicecli.messages import Report

LONGEST_WAIT_S: Final = 1.0
"""How soon timers are checked after the computer was asleep."""


class TimerStore(Protocol):
    """Where timers survive the end of a session. All methods raise `ToolFailed` if it is not available."""

    def add(self, timer: Timer, over_at_s: float) -> int:
        """Saves a timer that ends at the Unix time `over_at_s`, and returns its number."""

    def remove(self, numbers: Sequence[int]) -> None:
        """Removes timers that have ended or were cancelled."""

    def claim(self) -> Sequence[SavedTimer]:
        """Takes over the timers of sessions that have ended."""


def _now_s() -> float:
    """Returns seconds that also count while the computer is asleep, if the system supports it."""
    if sys.platform == "win32":
        return time.monotonic()
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class SessionTimers:
    """Timers and the thread that waits for them.

    Thread: any.

    Args:
        report: Takes the announcement of a timer that ended.
        clock: Monotonic seconds.
        store: Where timers are saved; None if they end with the session.
        unsaved: Called once, with the reason in words, if timers cannot be saved.
        wall_clock: Unix time in seconds.
    """

    def __init__(
        self,
        report: Callable[[Report], object],
        clock: Callable[[], float] = _now_s,
        *,
        store: TimerStore | None = None,
        unsaved: Callable[[str], object] = lambda _why: None,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._report = report
        self._clock = clock
        self._store = store
        self._unsaved = unsaved
        self._wall_clock = wall_clock
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

    @property
    def kept(self) -> bool:
        """Whether all running timers are saved."""
        with self._changed:
            return all(each.number for each in self._book.running)

    def set(self, seconds: int, *, name: str, text: str, language: Language) -> Timer:
        """Starts a timer. Raises `ToolFailed`."""
        with self._changed:
            timer = Timer(seconds=seconds, over_s=self._clock() + seconds, name=name, text=text, language=language)
            self._book.check(timer)
            timer = self._saved(timer)
            self._book.set(timer)
            self._changed.notify()
            return timer

    def cancel(self, which: str, language: Language) -> list[Timer]:
        """Cancels running timers. Raises `ToolFailed`."""
        with self._changed:
            ended = self._book.cancel(which, language)
            self._remove(ended)
            return ended

    def listing(self, language: Language) -> str:
        """Returns a sentence that lists the running timers."""
        with self._changed:
            return self._book.listing(self._clock(), language)

    def farewell(self, language: Language) -> str:
        """Returns what happens to the running timers at the end of the session, in sentences; empty if there are none."""
        kept = self.kept
        with self._changed:
            return farewell(self._book.running, language, kept=kept)

    def restore(self) -> None:
        """Goes on with the timers of earlier sessions, and announces those that ended meanwhile. Called by the thread, and by tests."""
        if self._store is None:
            return
        with self._changed:
            try:
                saved = self._store.claim()
            except ToolFailed as error:
                self._tell(error)
                return
            now_s, wall_s = self._clock(), self._wall_clock()
            missed = [each for each in saved if each.over_at_s <= wall_s]
            self._book.take_up(
                [
                    Timer(
                        seconds=each.seconds,
                        over_s=now_s + each.over_at_s - wall_s,
                        name=each.name,
                        text=each.text,
                        language=each.language,
                        number=each.number,
                    )
                    for each in saved
                    if each.over_at_s > wall_s
                ]
            )
            for each in missed:
                text = when_missed(each, moment_in_words(_local(each.over_at_s), _local(wall_s), each.language))
                self._report(Announced(text=text, language=each.language))
            self._remove(missed)

    def look(self) -> float | None:
        """Announces timers that have ended. Returns the seconds until the next one ends; None without one. Called by the thread, and by tests."""
        with self._changed:
            due = self._book.take_due(self._clock())
            left = self._book.running[0].over_s - self._clock() if self._book.running else None
            for timer in due:
                self._report(Announced(text=when_over(timer), language=timer.language))
            self._remove(due)
        return left

    def _saved(self, timer: Timer) -> Timer:
        if self._store is None:
            return timer
        try:
            return dataclasses.replace(timer, number=self._store.add(timer, self._wall_clock() + timer.seconds))
        except ToolFailed as error:
            self._tell(error)
            return timer

    def _remove(self, timers: Sequence[Timer | SavedTimer]) -> None:
        numbers = [each.number for each in timers if each.number]
        if self._store is None or not numbers:
            return
        try:
            self._store.remove(numbers)
        except ToolFailed as error:
            self._tell(error)

    def _tell(self, error: ToolFailed) -> None:
        tell, self._unsaved = self._unsaved, lambda _why: None
        tell(str(error))

    def _run(self) -> None:
        self.restore()
        while True:
            left = self.look()
            with self._changed:
                if self._over:
                    return
                self._changed.wait(None if left is None else min(max(left, 0.0), LONGEST_WAIT_S))


def _local(unix_s: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(unix_s, dt.UTC).astimezone()
