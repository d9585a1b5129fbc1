"""The pace of sound where no card gives it: files played and recorded as if they were a microphone and a speaker."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeAlias

from voicecli.pcm import BLOCK_MS

TickTaker: TypeAlias = Callable[[int], None]
"""Called once a tick with the number of ticks before it. It must be quick and raise nothing."""

IDLE_TICKS = 5
"""How many ticks come at once while nothing goes on."""

SPEAKER_FIRST, MICROPHONE_SECOND = 0, 1
"""The order within a tick: what is played in a tick is known before what is heard in it, as in a room."""


class SampleClock:
    """Ticks once a block, 50 times a second.

    The schedule is absolute: tick k comes k * 20 ms after `start`, and after a delay the missed ticks come at once, so the clock never
    drifts and everything on it keeps the same time to the sample.

    Thread: `add`, `remove`, `start` and `stop` from any; ticks come from a thread of the clock's own, or with `realtime` False from
    whoever calls `step`.

    Args:
        realtime: False for a clock that stands still until it is stepped.

    Attributes:
        busy: Whether anything goes on that a tick matters to; asked from the clock's thread. While nothing does, five ticks come at once, ten times
            a second: waking a thread costs more than the ticks do, and an idle session should not be noticed.
    """

    def __init__(self, *, realtime: bool = True) -> None:
        self.realtime = realtime
        self.busy: Callable[[], bool] = lambda: True
        self._ticks = 0
        self._takers: tuple[tuple[int, TickTaker], ...] = ()
        self._lock = threading.RLock()  # held during a tick: after `remove` returns, no tick arrives
        self._stopped = False
        self._thread: threading.Thread | None = None

    @property
    def ticks(self) -> int:
        """How many ticks there have been."""
        return self._ticks

    def add(self, taker: TickTaker, *, order: int) -> None:
        """From now on `taker` is called on every tick; within a tick the lower `order` comes first."""
        with self._lock:
            self._takers = (*self._takers, (order, taker))
            self._takers = tuple(sorted(self._takers, key=lambda entry: entry[0]))

    def remove(self, taker: TickTaker) -> None:
        """After this returns `taker` is not called again."""
        with self._lock:
            self._takers = tuple(entry for entry in self._takers if entry[1] != taker)

    def start(self) -> None:
        """Begins to tick, once everything that is to keep the same time has been started; may be called twice."""
        if self.realtime and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="clock", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ends for good; no tick comes after it returns. May be called twice, and from within a tick."""
        self._stopped = True
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def step(self, ticks: int = 1) -> None:
        """Ticks now."""
        for _ in range(ticks):
            with self._lock:
                for _, taker in self._takers:
                    taker(self._ticks)
                self._ticks += 1

    def _run(self) -> None:
        began_s = time.monotonic()
        while not self._stopped:
            self.step()
            ahead = 0 if self.busy() else IDLE_TICKS - 1
            due_s = began_s + (self._ticks + ahead) * BLOCK_MS / 1000
            # An event could end this wait sooner, and would cost twice the processor time.
            time.sleep(max(0.0, due_s - time.monotonic()))
            for _ in range(ahead):
                self.step()
