"""Worker: the thread loop of every stage. It takes a job, runs the stage on it, and delivers the results."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from voicecli.errors import VoiceCliError, internal
from voicecli.pipeline.channel import Channel, ChannelClosed

Job = TypeVar("Job")
Out = TypeVar("Out")


HUMBLE_NICENESS = 10
"""Niceness of a thread whose results can wait. Threads of the conversation have 0."""

log = logging.getLogger(__name__)


def give_way() -> None:
    """Lowers the priority of the calling thread. Does nothing on systems on which niceness belongs to whole processes."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), HUMBLE_NICENESS)


def log_fault(where: str, error: BaseException) -> None:
    """Logs where an unexpected exception was raised, without its message, which may contain what a user said."""
    places = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s: %s\n%s", where, type(error).__name__, places.rstrip())


class Worker(Generic[Job, Out]):
    """A thread that owns one stage and its engine.

    Args:
        name: The name of the thread, also used when it does not stop.
        jobs: The source of work. The worker ends when it is closed and empty.
        stage: Yields the results of one job.
        deliver: Takes the results. It may wait, and may raise `ChannelClosed` when the pipeline is being stopped.
        on_failure: Called with the error that ended a job. The worker continues with the next job. An unexpected exception is passed as an
            `InternalError` with that exception as its cause. It costs a turn, not the session.
        on_death: Called if the thread ends by something that is not an error (such as `SystemExit`).
        humble: Whether the thread has a lower priority than all others, if the system supports that for single threads (Linux).
        on_ran: Called after every job with its beginning and its end, in seconds of `time.monotonic`; None if nobody measures.

    Attributes:
        job: What it works on now; None for nothing. Any thread may look.
    """

    def __init__(
        self,
        name: str,
        *,
        jobs: Channel[Job],
        stage: Callable[[Job], Iterator[Out]],
        deliver: Callable[[Out], object],
        on_failure: Callable[[Job, VoiceCliError], object],
        on_death: Callable[[str, BaseException], object],
        humble: bool = False,
        on_ran: Callable[[Job, float, float], object] | None = None,
    ) -> None:
        self.name = name
        self.job: Job | None = None
        self._jobs = jobs
        self._stage = stage
        self._deliver = deliver
        self._on_failure = on_failure
        self._on_death = on_death
        self._humble = humble
        self._on_ran = on_ran
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def join(self, timeout_s: float) -> bool:
        """Waits for the thread to end after `jobs` was closed. Returns False if it did not end in time."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        if self._humble:
            give_way()
        try:
            for job in self._jobs:
                began_s = time.monotonic()
                self.job = job
                try:
                    for result in self._stage(job):
                        self._deliver(result)
                except VoiceCliError as error:
                    self._on_failure(job, error)
                except ChannelClosed:
                    raise
                except Exception as error:  # noqa: BLE001 - any exception of an engine ends only this job
                    log_fault(self.name, error)
                    self._on_failure(job, internal(self.name, error))
                self.job = None
                if self._on_ran is not None:
                    self._on_ran(job, began_s, time.monotonic())
        except ChannelClosed:
            return
        except BaseException as error:  # noqa: BLE001 - a thread that dies in silence would leave the session hanging
            self._on_death(self.name, error)
