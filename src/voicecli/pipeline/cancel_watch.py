"""Notices a stage that goes on working after its turn was cancelled, because what comes next has to wait for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from voicecli.timing import StageBusy
from voicecli.turn import Turn

BUSY_S: Final = 2.0
"""How long a stage may work on. Engines check every few hundredths of a second; only a window of Whisper on a slow processor takes longer."""

LOOK_S: Final = 0.5
"""How often the stages are looked at."""


class Working(Protocol):
    """A stage as it is watched; see `Worker`."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def job(self) -> object:
        """What it works on now; None for nothing."""
        ...


class CancelWatch:
    """Reports each stage once, the first time that it works on for too long. While no cancelled work is in progress, its thread sleeps.

    Thread: `wake` may be called by any.

    Args:
        stages: The stages.
        report: Takes the reports. It must not wait.
        clock: Seconds, increasing.
    """

    def __init__(
        self,
        stages: Sequence[Working],
        report: Callable[[StageBusy], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stages = stages
        self._report = report
        self._clock = clock
        self._since: dict[
            str, tuple[object, float]
        ] = {}  # what a stage works on, and when that was first seen to be cancelled
        self._told: set[str] = set()
        self._awake = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cancel watch", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread."""
        self._over.set()
        self._awake.set()
        if self._thread.ident is not None:
            self._thread.join()

    def wake(self) -> None:
        """A turn was cancelled. Never waits."""
        self._awake.set()

    def look(self) -> bool:
        """Checks once. Returns whether any stage works on something that was cancelled, and was not reported yet."""
        now_s = self._clock()
        before, self._since = self._since, {}
        for stage in self._stages:
            job = stage.job
            if stage.name in self._told or not _is_cancelled(job):
                continue
            seen, since_s = before.get(stage.name, (None, now_s))
            since_s = since_s if seen is job else now_s
            if now_s - since_s < BUSY_S:
                self._since[stage.name] = job, since_s
            else:
                self._told.add(stage.name)
                self._report(StageBusy(stage=stage.name))
        return bool(self._since)

    def _run(self) -> None:
        while not self._over.is_set():
            self._awake.wait()
            self._awake.clear()
            while self.look() and not self._over.wait(LOOK_S):
                pass


def _is_cancelled(job: object) -> bool:
    turn = getattr(job, "turn", None)
    return isinstance(turn, Turn) and turn.cancelled
