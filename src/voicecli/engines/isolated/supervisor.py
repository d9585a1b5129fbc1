"""Keeps the process of one engine running: starts it, restarts it when it has died, and repeats the work that was lost, once."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from voicecli.engines.isolated.connection import CrashedError, EngineProcess
from voicecli.engines.isolated.monitor import watch
from voicecli.errors import ModelInvalid, VoiceCliError, place_of

if TYPE_CHECKING:
    from voicecli.engines.isolated.fields import About, Fields
    from voicecli.engines.isolated.framing import Frame
    from voicecli.engines.ports import IsCancelled
    from voicecli.pcm import Pcm

Tell: TypeAlias = Callable[[str], object]
"""Called with a sentence about an engine that has died, from any thread."""

Warm: TypeAlias = Callable[[EngineProcess], object]
"""Does some work with an engine that has just been loaded, so that the first real work is not slow."""

WHAT: Final = {
    "stt": "The recogniser",
    "llm": "The language model",
    "voice": "The voice",
    "turn": "The turn detector",
}
"""Each engine in the form in which a sentence begins with it."""

ATTEMPTS: Final = 2
"""How often loading is tried if the process dies of it."""

MOST_IN_VAIN: Final = 3
"""An engine that has died this often in a row, without any work in between, is not started again until there is work."""

LIVED_S: Final = 60.0
"""A process that lived at least this long does not count as one that died without work."""

DOCTOR: Final = "voicecli doctor"
RECHECK_S: Final = 0.05
"""How often a thread that waits for a process checks whether its work is still wanted."""


def name_of(what: str) -> str:
    """Returns `voice` for `The voice`."""
    return what.removeprefix("The ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a process is to load.

    Attributes:
        what: The engine, in the form in which a sentence begins with it: `The voice`.
        target: The callable that makes it, as "module:attribute".
        given: Its arguments; `path` is the first.
        log: The file that its process logs into; None for no log.
        log_level: The lowest level that is logged.
    """

    what: str
    target: str
    given: dict[str, str | int | None]
    log: str | None = None
    log_level: int = 30

    @property
    def request(self) -> Fields:
        """The request to load it."""
        return {
            "do": "load",
            "where": name_of(self.what),
            "target": self.target,
            "given": self.given,
            "log": self.log,
            "log_level": self.log_level,
        }


class EngineSupervisor:
    """An engine that is restarted soon after it has died.

    Thread: one thread at a time requests work; any thread may call `close`.

    Args:
        plan: What is loaded.
        failure: The class of the error that work ends with when the process dies of it.
        tell: Called with one sentence when the process has died.
        warm: Called after a start that nobody waits for.
    """

    def __init__(self, plan: Plan, *, failure: type[VoiceCliError], tell: Tell, warm: Warm = lambda _: None) -> None:
        self._plan = plan
        self._failure = failure
        self._tell = tell
        self.warm = warm
        self._changed = threading.Condition()
        self._process: EngineProcess | None = None
        self._loading: EngineProcess | None = None
        self._starting = False
        self._waiting = 0
        self._in_vain = 0
        self._error: VoiceCliError | None = None
        self._closed = False
        self.about: About = {}
        """What the engine reported about itself when it was loaded."""

    def start(self) -> None:
        """Starts the process and loads the engine.

        Raises:
            ModelError: It cannot be loaded.
        """
        try:
            process = self._load()
        except CrashedError as error:
            raise ModelInvalid(f"{self._plan.what} {error} while it was loaded.", DOCTOR) from error
        self._publish(process)

    def ask(
        self, fields: Fields, sound: Pcm | None = None, *, is_cancelled: IsCancelled = lambda: False
    ) -> Fields | None:
        """Has work done, and repeats it once if the process died of it. Returns None if the work was cancelled while no engine was there.

        Raises:
            VoiceCliError: The engine raised it, or the process died twice.
        """
        for attempt in range(ATTEMPTS):
            process = self.running(is_cancelled)
            if process is None:
                return None
            try:
                answer = process.ask({**fields, "where": self._where}, sound, is_cancelled)
            except CrashedError as error:
                self.lost(process)
                if attempt + 1 == ATTEMPTS:
                    raise self.died_again(process) from error
            else:
                self._in_vain = 0
                return answer
        raise AssertionError  # the last attempt returned or raised

    def stream(self, process: EngineProcess, fields: Fields, is_cancelled: IsCancelled) -> Iterator[Frame]:
        """Yields the frames of a stream from exactly this process; raises what `EngineProcess.stream` raises."""
        yield from process.stream({**fields, "where": self._where}, is_cancelled)
        self._in_vain = 0

    def running(self, is_cancelled: IsCancelled) -> EngineProcess | None:
        """Returns the process; waits while it is being started. Returns None if the work was cancelled first.

        Raises:
            VoiceCliError: It cannot be started.
        """
        with self._changed:
            if self._process is None and not self._starting and not self._closed:
                self._begin_start()  # an earlier attempt has failed
            self._waiting += 1
            try:
                while self._process is None:
                    if self._closed:
                        raise self._failure(f"{self._plan.what} was closed.")
                    if not self._starting:
                        raise self._error or self.died_again(None)
                    if is_cancelled():
                        return None
                    self._changed.wait(RECHECK_S)
                return self._process
            finally:
                self._waiting -= 1

    def lost(self, process: EngineProcess) -> None:
        """Waits until the end of a process whose work broke off has been noticed."""
        process.close()

    def died_again(self, process: EngineProcess | None) -> VoiceCliError:
        """Returns the error for work that has ended the process twice."""
        return self._failure(f"{self._plan.what} {how(process)} again on the same work.", DOCTOR)

    def close(self) -> None:
        """Ends the process for good. May be called twice."""
        for process in self.let_go():
            process.close()

    def let_go(self) -> list[EngineProcess]:
        """Lets the process end for good and does not wait for it. Returns the processes that are ending."""
        with self._changed:
            self._closed = True
            ending = [process for process in (self._process, self._loading) if process is not None]
            self._process = self._loading = None
            self._changed.notify_all()
        for process in ending:
            process.let_go()
        return ending

    @property
    def _where(self) -> str:
        return name_of(self._plan.what)

    def _load(self, *, warm: bool = False) -> EngineProcess:
        """Returns a process that has loaded the engine; tries again if it dies of loading.

        Raises:
            CrashedError: It died each time; the message says how.
            VoiceCliError: The engine cannot be loaded.
        """
        died = how(None)
        for attempt in range(ATTEMPTS):
            process = watch.start(self._where)
            process.loading = True
            with self._changed:
                self._loading = process
            try:
                self.about = process.ask(self._plan.request, None, self._is_closed)["about"]
                if warm and attempt == 0 and not self._waiting:
                    with contextlib.suppress(VoiceCliError):  # the error is reported when there is work
                        self.warm(process)
            except CrashedError:
                pass  # the error is not kept: its traceback would keep the engine
            except BaseException:
                process.close()
                raise
            else:
                process.loading = False
                with self._changed:
                    self._loading = None
                return process
            process.close()
            died = how(process)
            if self._closed:
                break
        raise CrashedError(died)

    def _is_closed(self) -> bool:
        return self._closed

    def _on_end(self, process: EngineProcess) -> None:
        """Called by the watch when the process has ended."""
        with self._changed:
            if self._closed or process is not self._process:
                return
            self._process = None
            self._in_vain = 1 if process.age_s > LIVED_S else self._in_vain + 1
            if again := self._in_vain <= MOST_IN_VAIN or self._waiting > 0:
                self._begin_start()
            self._changed.notify_all()
        self._tell(
            f"{self._plan.what} {how(process)}{_because(process)} and is {'being started again' if again else 'off until it is needed'}."
        )

    def _begin_start(self) -> None:
        self._starting = True
        self._error = None
        threading.Thread(target=self._start_again, name=f"start {self._where}", daemon=True).start()

    def _start_again(self) -> None:
        error: VoiceCliError
        try:
            self._publish(self._load(warm=True))
        except CrashedError as crash:
            error = self._failure(f"{self._plan.what} {crash} while it was started again.", DOCTOR)
        except VoiceCliError as fault:
            error = self._failure(f"{self._plan.what} cannot be started again: {fault.message}", fault.hint)
        except Exception as fault:  # noqa: BLE001 - the thread that waits gets it
            error = self._failure(f"{self._plan.what} cannot be started again: {place_of(fault)}.", DOCTOR)
        else:
            return
        with self._changed:
            self._starting = False
            self._error = error
            self._changed.notify_all()

    def _publish(self, process: EngineProcess) -> None:
        """Sends all further work to `process`."""
        process.on_end = self._on_end
        with self._changed:
            self._starting = False
            if not self._closed:
                self._process = process
            self._changed.notify_all()
        if self._closed:
            process.let_go()
        elif process.code is not None:  # it may have ended before it was registered here
            self._on_end(process)


def how(process: EngineProcess | None) -> str:
    """Describes in words how a process ended; None for one that is not known."""
    if process is not None and process.hung:
        return "stopped responding"
    if process is not None and process.code == -signal.SIGKILL:
        return "was killed"
    return "crashed"


def _because(process: EngineProcess) -> str:
    return ", which happens where memory is short," if how(process) == "was killed" else ""
