"""A sample clock for sessions without a sound card, in which files replace the microphone and the speaker."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeAlias

from voicecli.pcm import BLOCK_MS

TickTaker: TypeAlias = Callable[[int], None]
"""Called once per tick with the number of earlier ticks. It must be quick and must not raise."""

STOP_S = 0.5
"""How long a tick in progress may take at the end: a file may be on a disk that hangs."""

IDLE_TICKS = 5
"""Number of ticks that are delivered together while the session is idle."""

SPEAKER_FIRST, MICROPHONE_SECOND = 0, 1
"""The order within a tick. The speaker comes first, so that what is played in a tick is known before the microphone hears it, as in a room."""


class SampleClock:
    """Ticks once per block, 50 times a second.

    The schedule is absolute: tick k is due k * 20 ms after `start`. After a delay the missed ticks are delivered at once, so the clock never
    drifts, and all devices on it stay aligned to the sample.

    Thread: `add`, `remove`, `start` and `stop` from any thread. Ticks are delivered from the clock's own thread, or, with `realtime` False, from
    the thread that calls `step`.

    Args:
        realtime: False for a clock that only advances when `step` is called.

    Attributes:
        busy: Returns whether anything currently depends on ticks. Called from the clock's thread. While it returns False, the clock delivers five
            ticks at once, ten times a second, because waking a thread costs more than the ticks do, and an idle session should use no noticeable CPU.
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
        """The number of ticks so far."""
        return self._ticks

    def add(self, taker: TickTaker, *, order: int) -> None:
        """Calls `taker` on every tick from now on. Within a tick, the lower `order` is called first."""
        with self._lock:
            self._takers = (*self._takers, (order, taker))
            self._takers = tuple(sorted(self._takers, key=lambda entry: entry[0]))

    def remove(self, taker: TickTaker) -> None:
        """Removes `taker`. It is not called again after this method returns."""
        with self._lock:
            self._takers = tuple(entry for entry in self._takers if entry[1] != taker)

    def start(self) -> None:
        """Starts ticking. Call it after all devices that share the clock have been started. May be called twice."""
        if self.realtime and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="clock", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stops for good. No tick is delivered after it returns, unless a taker hangs. May be called twice, and from within a tick."""
        self._stopped = True
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(STOP_S)

    def step(self, ticks: int = 1) -> None:
        """Delivers the next ticks now."""
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
            # Waiting on an event could end sooner, but costs twice the processor time.
            time.sleep(max(0.0, due_s - time.monotonic()))
            for _ in range(ahead):
                self.step()
