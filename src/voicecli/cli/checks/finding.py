"""What a check finds, and how checks are run so that none of them can end the program."""

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
    """One thing that was found.

    Attributes:
        verdict: `wrong` means that `chat` would end with an error; `warning` that it would be less than it could be.
        message: One sentence.
        remedy: What to do, a command where there is one; empty where there is nothing to do.
        code: The error's code, of what is wrong; else empty.
        exit_code: What `chat` would end with; 0 unless something is wrong.
    """

    verdict: Verdict
    message: str
    remedy: str = ""
    code: str = ""
    exit_code: int = 0


def right(message: str, remedy: str = "") -> Finding:
    """Nothing has to be done; `remedy` may say what could be."""
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
    """Runs a function where it can do no harm."""

    def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Gives what `function` gives, and raises what it raises; see `Child.run`."""
        ...


class Child:
    """A process of its own for native code, which dies of what Python could catch: a build for another processor, say.

    One process serves all calls, so that a package is loaded once; when it dies, the next call gets a new one. Use as a context manager.
    """

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Calls `function`, which has to be importable by name, with arguments and a result that can be pickled.

        Raises:
            EngineNotInstalled: Native code brought the process down.
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

        # Not forked: a copy of a process with the threads of native libraries hangs.
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
    """What was asked for, and what earlier checks found out for later ones.

    Attributes:
        full: Whether models are hashed afresh.
        load: How many programs wanted a core in the last minute, before the checks began.
        apart: Where native code runs.
        settings: The user's; the defaults where they are wrong.
        persona: Who `chat` would be; None where that is wrong.
        devices: The sound devices; None while PortAudio is missing or nothing needs it.
        card: Whether an engine can use a graphics card.
        chosen: Kind to the model that `chat` would use, as far as it is right.
        loadable: Modules of engines that could be imported.
        spoken: What the voice said when it was tried, at 16 kHz; None before.
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
        find: Yields what it finds; nothing where there is nothing to look at.
    """

    name: str
    title: str
    find: Callable[[Scene], Iterable[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A finding, whose it is, and how long it took."""

    check: Check
    finding: Finding
    seconds: float


def examine(checks: Sequence[Check], scene: Scene, begin: Callable[[Check], object]) -> Iterator[Report]:
    """Runs checks one after the other.

    Args:
        checks: Which.
        scene: They share it.
        begin: Told of each before it is run.

    Yields:
        What they find, as they find it. An error is a finding as well: nothing but Ctrl-C comes out of a check.
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
    except Exception as error:  # noqa: BLE001 - a check looks at what is broken, and that may raise anything
        yield wrong(
            InternalError(
                f"This check failed: {type(error).__name__}: {error}",
                "For a traceback: voicecli --verbose chat",
            )
        )


def exit_code(findings: Iterable[Finding]) -> int:
    """0 when `chat` would work, else that of the first thing that is wrong."""
    return next((finding.exit_code for finding in findings if finding.verdict == "wrong"), 0)
