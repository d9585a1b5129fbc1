"""Measures how long jobs wait in their channels, and how long their stages work on them."""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from voicecli.timing import StageRan
from voicecli.turn import Turn

MOST_QUEUED: Final = 256
"""Jobs whose time in a channel is kept. Cancelled ones never leave it, so the oldest are forgotten."""

_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


class Stopwatch:
    """Reports every finished job.

    Args:
        report: Takes the reports. It must not wait.
        clock: Seconds, as the workers use.

    Thread: any.
    """

    def __init__(self, report: Callable[[StageRan], object], clock: Callable[[], float] = time.monotonic) -> None:
        self._report = report
        self._clock = clock
        self._queued: OrderedDict[int, float] = OrderedDict()
        self._lock = threading.Lock()

    def queued(self, job: object) -> None:
        """Notes that `job` is put into its channel now."""
        with self._lock:
            self._queued[id(job)] = self._clock()
            if len(self._queued) > MOST_QUEUED:
                self._queued.popitem(last=False)

    def of(self, stage: str) -> Callable[[object, float, float], None]:
        """Returns what the worker of `stage` calls after every job."""

        def ran(job: object, began_s: float, ended_s: float) -> None:
            with self._lock:
                queued_s = self._queued.pop(id(job), began_s)
            turn = getattr(job, "turn", None)
            if not isinstance(turn, Turn):
                return  # only wakes the stage
            kind = _WORDS.sub("-", type(job).__name__.removesuffix("Job")).lower()
            self._report(
                StageRan(
                    stage=stage,
                    job=kind,
                    turn=turn.number,
                    attempt=turn.attempt,
                    waited_ms=max(0.0, began_s - queued_s) * 1000,
                    ran_ms=(ended_s - began_s) * 1000,
                    cancelled=turn.cancelled,
                )
            )

        return ran
