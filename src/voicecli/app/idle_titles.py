"""Reports to the conversation when it has been idle for a while, so that the model can make a title for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from voicecli.background import TitleTime

if TYPE_CHECKING:
    from voicecli.messages import Report

IDLE_S: Final = 20.0
"""How long the conversation must have been idle: longer than most people think between two questions."""

LOOK_S: Final = 1.0
"""How often it is checked whether the session is idle."""


class IdleTitles:
    """Watches for idle time, in a thread of its own.

    Args:
        is_busy: Whether anything is being said, prepared or answered.
        report: Takes `TitleTime`, once for every idle time.
        clock: Seconds, increasing.
    """

    def __init__(
        self,
        is_busy: Callable[[], bool],
        report: Callable[[Report], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._is_busy = is_busy
        self._report = report
        self._clock = clock
        self._since_s: float | None = clock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="idle titles", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """Checks once; called by the thread, and by tests."""
        if self._is_busy():
            self._since_s = self._clock()
        elif self._since_s is not None and self._clock() - self._since_s >= IDLE_S:
            self._since_s = None
            self._report(TitleTime())

    def _run(self) -> None:
        while not self._over.wait(LOOK_S):
            self.look()
