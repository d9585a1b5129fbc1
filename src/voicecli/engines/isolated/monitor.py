"""The thread that starts the processes of engines and watches them. There is only one.

The system ends a process when the *thread* that started it ends (PR_SET_PDEATHSIG), so one thread that lives as long as the program starts them all.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import queue
import select
import sys
import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Final

from voicecli.engines.isolated.connection import EngineProcess
from voicecli.engines.isolated.process_status import LOOK_S

WAKE: Final = b"."
JITTER: Final = 0.9
"""A wait may end a little early. A wait of at least this share counts as a whole one."""


class Watch:
    """Starts processes, notices at once when one has ended, and ends those that hang.

    Thread: any may call.
    """

    def __init__(self) -> None:
        self._wanted: queue.SimpleQueue[tuple[str, Future[EngineProcess]]] = queue.SimpleQueue()
        self._processes: dict[int, EngineProcess] = {}
        self._lock = threading.Lock()
        self._begun: dict[str, Future[EngineProcess]] = {}
        self._thread: threading.Thread | None = None
        self._woken = self._wakes = -1

    def begin(self, names: Iterable[str]) -> None:
        """Begins to start processes for the engines of these names, which will be needed soon. Does not wait."""
        for name in names:
            self._begun[name] = self._ask_for(name)

    def end_unused(self) -> None:
        """Ends the processes that were begun and not needed."""
        while self._begun:
            _, begun = self._begun.popitem()
            if begun.exception() is None:
                begun.result().let_go()

    def start(self, name: str) -> EngineProcess:
        """Returns a new process for the engine of that name, or the one that was begun for it.

        Raises:
            OSError: The system cannot start another process.
        """
        begun = self._begun.pop(name, None)
        if begun is not None and begun.exception() is None and not begun.result().ended.is_set():
            return begun.result()
        return self._ask_for(name).result()

    def _ask_for(self, name: str) -> Future[EngineProcess]:
        with self._lock:
            if self._thread is None:
                self._woken, self._wakes = os.pipe()
                os.set_blocking(self._wakes, False)
                # The thread is a daemon: it must not end before the program does, because the processes would end with
                # it.
                self._thread = threading.Thread(target=self._run, name="engines", daemon=True)
                self._thread.start()
                atexit.register(self._end_all)
        wanted: Future[EngineProcess] = Future()
        self._wanted.put((name, wanted))
        with contextlib.suppress(BlockingIOError):
            os.write(self._wakes, WAKE)
        return wanted

    def processes(self) -> list[EngineProcess]:
        """The processes that run."""
        return list(self._processes.values())

    def _end_all(self) -> None:
        """Ends all processes at the end of the program, so that none is left over. None of them has anything to save."""
        processes = self.processes()
        for process in processes:
            process.on_end = lambda _: None
            process.let_go()
            process.kill()
        for process in processes:
            process.close()

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self._woken, select.POLLIN)
        next_look_s = 0.0
        while True:
            for handle, _ in poll.poll(LOOK_S * 1000 if self._processes else None):
                if handle == self._woken:
                    os.read(self._woken, 1)
            self._start_wanted(poll)
            for handle, process in list(self._processes.items()):
                if process.reap():
                    self._forget(poll, handle)
            if time.monotonic() >= next_look_s:
                self._look()
                next_look_s = time.monotonic() + LOOK_S * JITTER

    def _start_wanted(self, poll: select.poll) -> None:
        while not self._wanted.empty():
            name, wanted = self._wanted.get()
            try:
                process = EngineProcess(os.getpid(), name)
            except BaseException as error:  # noqa: BLE001 - the caller who waits gets it
                wanted.set_exception(error)
                continue
            handle = _handle(process.pid)
            self._processes[handle] = process
            if handle >= 0:
                poll.register(handle, select.POLLIN)
            wanted.set_result(process)

    def _forget(self, poll: select.poll, handle: int) -> None:
        del self._processes[handle]
        if handle >= 0:
            poll.unregister(handle)
            os.close(handle)

    def _look(self) -> None:
        for process in self._processes.values():
            if process.hangs():
                process.kill(hung=True)


def _handle(pid: int) -> int:
    """Returns a descriptor that becomes readable when the process ends; a negative number if the system has none. Then each look asks the process."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return os.pidfd_open(pid)
    return -pid


watch = Watch()
"""The program's only watch."""
