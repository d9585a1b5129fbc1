"""Puts up the walls around the process, and reports which ones hold, as measured."""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from voicecli.errors import NetworkRefused
from voicecli.offline import audit_hook, broker, fence, landlock, outside, seccomp
from voicecli.offline.core_dumps import keep_no_core
from voicecli.offline.destination import Destination
from voicecli.offline.environment import PROXY_ENDING

Name: TypeAlias = Literal["python", "system-calls", "landlock", "unix-sockets"]

WHAT: Final[Mapping[Name, str]] = {
    "python": "a guard in Python",
    "system-calls": "a filter of system calls (seccomp)",
    "landlock": "Landlock",
    "unix-sockets": "a fence around Unix sockets (a mount namespace)",
}
"""The name of each layer for the user."""

NOT_PUT_UP: Final = "it was not put up"
NO_FAMILY: Final = 0xFF
"""An address family that does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One wall.

    Attributes:
        name: Its name.
        stands: Whether it held when it was tested.
        reason: Why it does not stand; empty if it does.
    """

    name: Name
    stands: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walls:
    """The result of the measurement.

    Attributes:
        layers: All possible walls, from the innermost to the outermost.
        environment: Whether the environment has no proxy and telemetry is disabled.
        reaches: The destinations of the broker; empty if there is no broker.
        programs: The programs that the user allowed to use the network, by their names.
    """

    layers: tuple[Layer, ...]
    environment: bool
    reaches: tuple[Destination, ...] = ()
    programs: tuple[str, ...] = ()

    @property
    def offline(self) -> bool:
        """Whether attempts to leave the machine are refused.

        At least the guard in Python or the filter of system calls must hold, the environment must be sealed, and neither another machine nor a
        program that uses the network may be allowed.
        """
        return (
            self.environment
            and not self.leaves
            and not self.programs
            and bool({"python", "system-calls"} & set(self.names))
        )

    @property
    def leaves(self) -> tuple[Destination, ...]:
        """Servers on other machines that the user has allowed and that this process can reach."""
        return tuple(each for each in self.reaches if not each.is_here)

    @property
    def holds_native_code(self) -> bool:
        """Whether native code and child processes are stopped as well."""
        return "system-calls" in self.names

    @property
    def names(self) -> tuple[str, ...]:
        """The layers that stand."""
        return tuple(layer.name for layer in self.layers if layer.stands)


_reasons: dict[Name, str] = {}


def shut_in() -> Walls:
    """Puts up all available walls permanently, for this process, all its threads and everything it starts. Then measures them.

    Call it before threads and engines are started. Core dumps are disabled, so that no crash writes speech to the disk. May be called again: walls
    that stand remain. Thread: main.
    """
    audit_hook.refuse_network()
    if "unix-sockets" not in _reasons:
        _reasons["unix-sockets"] = (
            fence.put_up()
        )  # first: the other layers, and a process that nobody may read, would prevent it
    keep_no_core()
    if "landlock" not in _reasons:
        # Landlock first: setting up the filter needs nothing that Landlock denies, but the reverse is less certain.
        _reasons["landlock"] = landlock.put_up()
        _reasons["system-calls"] = seccomp.put_up()
    return measure()


def measure() -> Walls:
    """Tests each wall. Nothing is sent: the guard is asked about a name, and the system is asked for a socket of an unknown family."""
    held = {
        "python": _python_refuses(),
        "system-calls": _native_socket_refused(),
        "landlock": _reasons.get("landlock") == "",  # tested when it was put up
        "unix-sockets": _reasons.get("unix-sockets") == "",  # the same
    }
    return Walls(
        layers=tuple(
            Layer(name=name, stands=held[name], reason="" if held[name] else _reasons.get(name) or NOT_PUT_UP)
            for name in WHAT
        ),
        environment=not any(name.lower().endswith(PROXY_ENDING) for name in os.environ)
        and os.environ.get("ORT_DISABLE_TELEMETRY") == "1",
        reaches=broker.reaches(),
        programs=outside.names(),
    )


def _python_refuses() -> bool:
    """Raises the audit event that Python raises before a name look-up. Nothing is looked up."""
    try:
        sys.audit("socket.getaddrinfo", "voicecli.invalid", 9, 0, 0, 0)
    except NetworkRefused:
        return True
    return False


def _native_socket_refused() -> bool:
    """Asks the system for a socket of an unused family. The wall allows two families by name, and refuses this one like all others.

    A network socket would serve the same purpose, but an observer could not distinguish it from an attempt to leave the machine.
    """
    if sys.platform == "win32":
        return False
    opened = ctypes.CDLL(None, use_errno=True).socket(NO_FAMILY, int(socket.SOCK_DGRAM), 0)
    if opened >= 0:
        os.close(opened)
    return bool(opened < 0 and ctypes.get_errno() == errno.EACCES)
