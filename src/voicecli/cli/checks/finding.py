"""The findings of checks, and how checks are run so that none of them can end the program."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, ParamSpec, Protocol, Self, TypeAlias, TypeVar

from voicecli.config.schema import Settings
from voicecli.errors import EngineNotInstalled, InternalError, VoiceCliError

if TYPE_CHECKING:
    from voicecli.audio.devices import Device
    from voicecli.models.store import ResolvedModel
    from voicecli.pcm import Pcm
    from voicecli.session.personas import Persona

P = ParamSpec("P")
T = TypeVar("T")

Verdict: TypeAlias = Literal["right", "warning", "wrong"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding of a check.

    Attributes:
        verdict: `wrong` means that `chat` would end with an error; `warning` means that it would work less well than it could.
        message: One sentence.
        remedy: What to do, as a command if there is one; empty if there is nothing to do.
        code: The error's code if something is wrong; otherwise empty.
        exit_code: The exit code with which `chat` would end; 0 unless something is wrong.
    """

    verdict: Verdict
    message: str
    remedy: str = ""
    code: str = ""
    exit_code: int = 0


def right(message: str, remedy: str = "") -> Finding:
    """Nothing has to be done. `remedy` may say what could be done."""
    return Finding(verdict="right", message=message, remedy=remedy)


def warning(message: str, remedy: str) -> Finding:
    """`chat` would work, but not as well as it could."""
    return Finding(verdict="warning", message=message, remedy=remedy)


def wrong(error: VoiceCliError) -> Finding:
    """`chat` would end with this error."""
    return Finding(
        verdict="wrong", message=error.message, remedy=error.hint, code=error.code, exit_code=error.exit_code
    )


class Apart(Protocol):
    """Runs a function in a way that cannot harm this process."""

    def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Returns what `function` returns, and raises what it raises; see `Child.run`."""
        ...


class Child:
    """A separate process for native code, whose faults Python cannot catch: a build for another processor, for example.

    One process serves all calls, so that a package is loaded once. After it has died, the next call gets a new one. Use as a context manager.
    """

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Calls `function`. It must be importable by name; its arguments and result must be picklable.

        Raises:
            EngineNotInstalled: Native code ended the process.
        """
        try:
            self._pool = self._pool or self._start()
        except (ImportError, OSError):
            # Systems without shared semaphores (some containers) have no process pools.
            return function(*args, **kwargs)
        try:
            return self._pool.submit(function, *args, **kwargs).result()
        except BrokenProcessPool as error:
            self._end()
            raise EngineNotInstalled(
                "Native code crashed: it is broken, or was built for another processor.",
                "See the end of native.log in the log folder, then reinstall the package.",
            ) from error

    @staticmethod
    def _start() -> ProcessPoolExecutor:
        import multiprocessing

        from voicecli.offline.walls import shut_in

        # The process is not forked: a forked copy of a process with the threads of native libraries hangs.
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(max_workers=1, mp_context=context, initializer=shut_in)

    def _end(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(cancel_futures=True)


def _load() -> float:
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


@dataclass(slots=True, kw_only=True)
class Scene:
    """The user's request, and results of earlier checks that later ones use.

    Attributes:
        full: Whether models are hashed again.
        load: The load average of the last minute, before the checks began.
        apart: Runs native code.
        settings: The user's settings; the defaults if they are wrong.
        persona: The persona that `chat` would use; None if it is wrong.
        devices: The sound devices; None while PortAudio is missing or nothing needs it.
        card: Whether an engine can use a graphics card.
        chosen: Maps a kind to the model that `chat` would use, if it is right.
        loadable: Modules of engines that could be imported.
        spoken: The sound of the voice's test, at 16 kHz; None before it.
    """

    full: bool
    apart: Apart
    load: float = field(default_factory=_load)
    settings: Settings = field(default_factory=Settings)
    persona: Persona | None = None
    devices: list[Device] | None = None
    card: bool = False
    chosen: dict[str, ResolvedModel] = field(default_factory=dict)
    loadable: set[str] = field(default_factory=set)
    spoken: Pcm | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check.

    Attributes:
        name: A stable word for programs.
        title: Two or three words for people.
        find: Yields the findings; none if there is nothing to check.
    """

    name: str
    title: str
    find: Callable[[Scene], Iterable[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A finding, its check, and how long it took."""

    check: Check
    finding: Finding
    seconds: float


def examine(checks: Sequence[Check], scene: Scene, begin: Callable[[Check], object]) -> Iterator[Report]:
    """Runs checks one after the other.

    Args:
        checks: The checks.
        scene: Shared by them.
        begin: Called with each check before it runs.

    Yields:
        The findings, as they are made. An error is a finding as well: only Ctrl-C leaves a check as an exception.
    """
    for check in checks:
        begin(check)
        findings = _translated(check, scene)
        began_s = time.monotonic()
        for finding in findings:
            yield Report(check=check, finding=finding, seconds=time.monotonic() - began_s)
            began_s = time.monotonic()


def _translated(check: Check, scene: Scene) -> Iterator[Finding]:
    try:
        yield from check.find(scene)
    except VoiceCliError as error:
        yield wrong(error)
    except Exception as error:  # noqa: BLE001 - a check examines broken parts, which may raise anything
        yield wrong(
            InternalError(
                f"This check failed: {type(error).__name__}: {error}",
                "For a traceback: voicecli --verbose chat",
            )
        )


def exit_code(findings: Iterable[Finding]) -> int:
    """Returns 0 if `chat` would work, otherwise the exit code of the first finding that is wrong."""
    return next((finding.exit_code for finding in findings if finding.verdict == "wrong"), 0)
