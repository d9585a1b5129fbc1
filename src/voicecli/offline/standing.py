"""Shuts the process in, and tells which walls stand: what was measured, not what was meant."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from voicecli.errors import NetworkRefused
from voicecli.offline import broker, hook, landlock, seccomp
from voicecli.offline.destination import Destination
from voicecli.offline.environment import PROXY_ENDING

Name: TypeAlias = Literal["python", "system-calls", "landlock"]

WHAT: Final[Mapping[Name, str]] = {
    "python": "a guard in Python",
    "system-calls": "a filter of system calls (seccomp)",
    "landlock": "Landlock",
}
"""Each layer in words."""

NOT_PUT_UP: Final = "it was not put up"
NO_FAMILY: Final = 0xFF
PR_SET_DUMPABLE: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One wall.

    Attributes:
        name: Which.
        stands: Whether it held when it was tried.
        reason: Why it does not stand; empty when it does.
    """

    name: Name
    stands: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What was measured.

    Attributes:
        layers: All walls there could be, from the innermost to the outermost.
        environment: Whether no proxy is left in the environment and telemetry is switched off.
        reaches: Where the broker dials; nothing where there is none.
    """

    layers: tuple[Layer, ...]
    environment: bool
    reaches: tuple[Destination, ...] = ()

    @property
    def offline(self) -> bool:
        """Whether attempts to leave are refused, be it only by the guard in Python, nothing in the environment invites them, and none is allowed."""
        return self.environment and not self.leaves and bool({"python", "system-calls"} & set(self.names))

    @property
    def leaves(self) -> tuple[Destination, ...]:
        """Servers on other machines that the user has allowed, and that this process can reach."""
        return tuple(each for each in self.reaches if not each.is_here)

    @property
    def holds_native_code(self) -> bool:
        """Whether native code and children are held as well."""
        return "system-calls" in self.names

    @property
    def names(self) -> tuple[str, ...]:
        """The layers that stand."""
        return tuple(layer.name for layer in self.layers if layer.stands)


_reasons: dict[Name, str] = {}


def shut_in() -> Standing:
    """Puts up every wall there is, for good: for this process, all its threads and whatever it starts. Then measures them.

    Call it before threads and engines are started. No core of the process is written, so no crash leaves words on the disk. May be called
    again: walls that stand stay. Thread: main.
    """
    hook.refuse_network()
    keep_no_core()
    if "landlock" not in _reasons:
        # Landlock first: setting up a filter needs nothing that Landlock denies, and the other way round is not as sure.
        _reasons["landlock"] = landlock.put_up()
        _reasons["system-calls"] = seccomp.put_up()
    return measure()


def measure() -> Standing:
    """Tries each wall. Nothing is sent, nor tried: the guard is asked about a name, the system for a socket of no network."""
    held = {
        "python": _python_refuses(),
        "system-calls": _native_socket_refused(),
        "landlock": _reasons.get("landlock") == "",  # tried when it was put up
    }
    return Standing(
        layers=tuple(
            Layer(name=name, stands=held[name], reason="" if held[name] else _reasons.get(name) or NOT_PUT_UP)
            for name in WHAT
        ),
        environment=not any(name.lower().endswith(PROXY_ENDING) for name in os.environ)
        and os.environ.get("ORT_DISABLE_TELEMETRY") == "1",
        reaches=broker.reaches(),
    )


def keep_no_core() -> None:
    """Makes sure that a crash writes no image of the memory, where what was said stands, and that no other program of the user reads it.

    Children inherit the limit; not being dumpable ends when one runs another program.
    """
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def _python_refuses() -> bool:
    """Asks the guard as Python would before it looks a name up; nothing is looked up."""
    try:
        sys.audit("socket.getaddrinfo", "voicecli.invalid", 9, 0, 0, 0)
    except NetworkRefused:
        return True
    return False


def _native_socket_refused() -> bool:
    """Asks the system for a socket of a family that nobody has: the wall allows two families by name, and refuses this one like all others.

    A socket of the network would do as well, but whoever looks on from outside could not tell this from an attempt to leave.
    """
    if sys.platform == "win32":
        return False
    opened = ctypes.CDLL(None, use_errno=True).socket(NO_FAMILY, int(socket.SOCK_DGRAM), 0)
    if opened >= 0:
        os.close(opened)
    return bool(opened < 0 and ctypes.get_errno() == errno.EACCES)
