"""Isolates each test from the user, from the network, and from the tests before and after it."""

from __future__ import annotations

import contextlib
import ipaddress
import itertools
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

PROXIES: Final = ("all_proxy", "ftp_proxy", "http_proxy", "https_proxy", "no_proxy")
XDG: Final = ("CONFIG", "DATA", "STATE", "CACHE", "RUNTIME")
PATIENCE_S: Final = 10.0
"""How long a thread may take to end after the test. Only a busy machine needs more than a moment."""

PERMANENT: Final = {"voicecli.engines.isolated.monitor.Watch._run"}
"""What runs in threads that stay until the process ends. This one starts the processes of engines, which would end with it."""

_numbers = itertools.count(1)
_unused: list[Path] = []
"""A home that a test has left as it was, for the next one: making and removing two folders for each test would take longer than most tests."""


def folder_of(home: Path, kind: str) -> Path:
    """Returns the folder for `kind` of `XDG` in a home."""
    return home / kind.lower()


@contextlib.contextmanager
def own_folders(base: Path, *, again: bool = False) -> Iterator[Path]:
    """Gives a test its own HOME and XDG folders, which are empty, and restores the environment and the current folder afterwards.

    Args:
        base: Where the home is made.
        again: Whether a home that stays as it was made may be that of a later test.
    """
    before, folder = dict(os.environ), Path.cwd()
    home = _unused.pop() if again and _unused and _is_new(_unused[-1]) else _new_home(base)
    os.environ["HOME"] = str(home)
    for kind in XDG:
        os.environ[f"XDG_{kind}_{'DIR' if kind == 'RUNTIME' else 'HOME'}"] = str(folder_of(home, kind))
    for name in PROXIES:
        os.environ.pop(name, None)
        os.environ.pop(name.upper(), None)
    try:
        yield home
    finally:
        if os.environ != before:
            os.environ.clear()
            os.environ.update(before)
        os.chdir(folder)
        if again and _is_new(home):
            _unused[:] = [home]
        else:
            shutil.rmtree(home, ignore_errors=True)


def _new_home(base: Path) -> Path:
    home = base / f"{os.getpid()}-{next(_numbers)}"
    home.mkdir(mode=0o755)
    folder_of(home, "RUNTIME").mkdir(mode=0o700)
    return home


def _is_new(home: Path) -> bool:
    """Whether a home has nothing in it but an empty runtime folder, and both have their rights."""
    runtime = folder_of(home, "RUNTIME")
    try:
        rights = [each.stat().st_mode & 0o777 for each in (home, runtime)]
        return rights == [0o755, 0o700] and list(home.iterdir()) == [runtime] and not any(runtime.iterdir())
    except OSError:
        return False


# ---- no network


class Network:
    """Refuses connections to other machines while it is closed, and records the attempts.

    It concerns Python code of the test process. Programs that a test starts have walls of their own.
    """

    def __init__(self) -> None:
        self.closed = False
        self.attempts: list[str] = []

    def install(self) -> None:
        """Replaces the functions of the module socket through which every connection goes. Call it once."""
        self._wrap(socket.socket, "connect", lambda arguments: _host(arguments[1]))
        self._wrap(socket.socket, "connect_ex", lambda arguments: _host(arguments[1]))
        self._wrap(socket.socket, "sendto", lambda arguments: _host(arguments[-1]))
        self._wrap(socket, "getaddrinfo", lambda arguments: _text(arguments[0]))
        self._wrap(socket, "gethostbyname", lambda arguments: _text(arguments[0]))

    def _wrap(self, owner: object, name: str, host_of: Callable[[tuple[Any, ...]], str]) -> None:
        original = getattr(owner, name)

        def guarded(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - those of the function
            host = host_of(arguments) if self.closed and arguments else ""
            if not _is_here(host):
                self.attempts.append(f"{name} {host}")
                raise OSError(f"tests have no network ({name} {host})")
            return original(*arguments, **options)

        setattr(owner, name, guarded)

    @contextlib.contextmanager
    def off(self) -> Iterator[None]:
        """Refuses connections inside the context, and fails at its end if one was tried."""
        before, count = self.closed, len(self.attempts)
        self.closed = True
        try:
            yield
        finally:
            self.closed = before
            tried = self.attempts[count:]
            del self.attempts[count:]
        if tried:
            pytest.fail(
                f"The test tried to reach another machine: {', '.join(tried)}. "
                "Give it a server on 127.0.0.1 (tests/fakes), or mark it `install`.",
                pytrace=False,
            )


def _text(host: object) -> str:
    return host.decode() if isinstance(host, bytes) else str(host or "")


def _host(address: object) -> str:
    """Returns the host of an address; empty for a Unix socket."""
    return _text(address[0]) if isinstance(address, tuple) else ""


def _is_here(host: str) -> bool:
    if host in {"", "localhost", "0.0.0.0", "::"}:  # noqa: S104 - nothing is bound
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    with contextlib.suppress(OSError):
        return socket.inet_aton(host)[0] == 127
    return False


NETWORK: Final = Network()


# ---- no leaked threads


def alive_besides(known: set[threading.Thread], patience_s: float) -> list[str]:
    """Waits until the threads that are not in `known` have ended. Returns those that have not, with what they run."""
    until_s = time.monotonic() + patience_s
    others = [
        each
        for each in threading.enumerate()
        if each not in known and not isinstance(each, threading._DummyThread) and _runs(each) not in PERMANENT
    ]
    for thread in others:
        thread.join(max(0.0, until_s - time.monotonic()))
    return [f"“{each.name}” ({_runs(each)})" for each in others if each.is_alive()]


def _runs(thread: threading.Thread) -> str:
    target = getattr(thread, "_target", None) or type(thread).run
    return f"{getattr(target, '__module__', '?')}.{getattr(target, '__qualname__', target)}"


@contextlib.contextmanager
def no_leaked_threads(patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Fails at the end of the context if threads that were started in it are still alive, and names them."""
    known = set(threading.enumerate())
    yield
    if alive := alive_besides(known, patience_s):
        pytest.fail(
            f"The test leaves a thread alive: {', '.join(alive)}. "
            "Stop what has started it (`close`, `stop`, a context manager) and join it before the test ends.",
            pytrace=False,
        )
