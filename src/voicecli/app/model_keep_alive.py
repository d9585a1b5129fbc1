"""Reports to the conversation when nothing has been said for a while, so that the models can release their memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from voicecli.engines.hardware import available_bytes
from voicecli.tuning import IdleTimeOver

if TYPE_CHECKING:
    from voicecli.messages import Report

ROOM_BYTES: Final = 2_000_000_000
"""With less memory left than this beside the loaded models, `auto` releases theirs. A browser needs as much for some pages."""

CROWDED_MINUTES: Final = 10
"""How long a session may be silent in that case. Conversations have pauses of a few minutes; loading again costs a second."""

LOOK_S: Final = 1.0
"""How often it is checked whether anything is going on."""


def minutes_of(setting: str, free_bytes: int | None) -> int:
    """Returns after how many silent minutes the models release their memory; 0 for never.

    Args:
        setting: `models.keep_alive`.
        free_bytes: Memory left beside the loaded models; None if it is unknown.
    """
    if setting != "auto":
        return int(setting)
    return CROWDED_MINUTES if free_bytes is not None and free_bytes < ROOM_BYTES else 0


class KeepAlive:
    """Watches for silence, in a thread of its own.

    Args:
        setting: `models.keep_alive`.
        is_busy: Whether anything is being said, prepared or answered.
        report: Takes `IdleTimeOver`, once for every silence.
        clock: Seconds, increasing.
    """

    def __init__(
        self,
        setting: str,
        is_busy: Callable[[], bool],
        report: Callable[[Report], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.minutes = minutes_of(setting, available_bytes())
        self._is_busy = is_busy
        self._report = report
        self._clock = clock
        self._since_s: float | None = clock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keep alive", daemon=True)

    def start(self) -> None:
        """Starts the thread if memory is to be released at all."""
        if self.minutes:
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
        elif self._since_s is not None and self._clock() - self._since_s >= self.minutes * 60:
            self._since_s = None  # reported once, until something is going on again
            self._report(IdleTimeOver(minutes=self.minutes))

    def _run(self) -> None:
        while not self._over.wait(LOOK_S):
            self.look()
