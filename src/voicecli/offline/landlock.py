"""A second layer on Linux: Landlock, if the kernel is new enough.

It prevents TCP (Linux 6.7) and abstract Unix sockets of other processes (Linux 6.12). Through those, old session buses and displays can be reached,
and through a display the name of a remote sound server. It does not restrict Unix sockets in the file system: kernels that could are newer
than those in common use. `fence` hides those.
"""

from __future__ import annotations

import ctypes
import os
import socket
import sys
from collections.abc import Collection
from typing import Final

CREATE_RULESET: Final = 444
ADD_RULE: Final = 445
RESTRICT_SELF: Final = 446
VERSION_FLAG: Final = 1
NET_TCP: Final = 0b11
"""The rights to bind and to connect."""

CONNECT_TCP: Final = 0b10
"""The right to connect, which a rule gives back for one port."""

RULE_NET_PORT: Final = 2
"""The kind of rule that is about a port, from linux/landlock.h."""

SCOPE_ABSTRACT_UNIX: Final = 0b01
"""Blocks connections to the abstract Unix sockets of other processes."""

TCP_SINCE: Final = 4
SCOPE_SINCE: Final = 6
"""The versions of Landlock's interface since which there are rights for TCP, and scopes."""


class _Ruleset(ctypes.Structure):
    _fields_ = (("access_fs", ctypes.c_uint64), ("access_net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Port(ctypes.Structure):
    _fields_ = (("allowed", ctypes.c_uint64), ("port", ctypes.c_uint64))


def put_up() -> str:
    """Puts the layer up permanently for the calling thread and everything it starts later, then tests it.

    Returns:
        The reason why that failed; empty if the layer was put up and holds.
    """
    if sys.platform != "linux":
        return "only Linux has it"
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), VERSION_FLAG)
    if version < SCOPE_SINCE:
        return "this kernel has none" if version < 1 else "this kernel's is too old to fence sockets (Linux 6.12 can)"
    with socket.socket(socket.AF_UNIX) as outside:
        # Created before the layer, so that it counts as a socket of another process.
        name = f"\0voicecli-{os.urandom(8).hex()}"
        outside.bind(name)
        outside.listen(1)
        reason = _restrict(libc)
        return reason or _tried(name)


def allow_ports(ports: Collection[int]) -> str:
    """Restricts the calling process permanently to connecting to these TCP ports, and to listening at none. Landlock sees ports but not hosts.

    Returns:
        The reason why that failed; empty if it was applied.
    """
    if sys.platform != "linux":
        return "only Linux has it"
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), VERSION_FLAG)
    if version < TCP_SINCE:
        return "this kernel is too old"
    return _restrict(libc, SCOPE_ABSTRACT_UNIX if version >= SCOPE_SINCE else 0, ports)


def _restrict(libc: ctypes.CDLL, scope: int = SCOPE_ABSTRACT_UNIX, ports: Collection[int] = ()) -> str:
    rules = _Ruleset(0, NET_TCP, scope)
    opened = libc.syscall(CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(ctypes.sizeof(rules)), 0)
    if opened < 0:
        return f"the kernel refused it: {os.strerror(ctypes.get_errno())}"
    try:
        for port in ports:
            rule = _Port(CONNECT_TCP, port)
            if libc.syscall(ADD_RULE, opened, RULE_NET_PORT, ctypes.byref(rule), 0) != 0:
                return f"the kernel refused it: {os.strerror(ctypes.get_errno())}"
        if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.syscall(RESTRICT_SELF, opened, 0) != 0:
            return f"the kernel refused it: {os.strerror(ctypes.get_errno())}"
    finally:
        os.close(opened)
    return ""


def _tried(name: str) -> str:
    with socket.socket(socket.AF_UNIX) as inside:
        try:
            inside.connect(name)
        except PermissionError:
            return ""
        except OSError as error:
            return f"it could not be tried: {error.strerror}"
    return "it does not hold"
