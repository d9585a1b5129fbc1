"""The wall of the operating system on Linux: a seccomp filter that prevents every socket that could reach another machine.

An ordinary user may put it up. It applies to all threads, to native code and to child processes, and cannot be removed. It sees the numbers of a
system call, but no addresses and no paths. It allows Unix sockets (AF_UNIX: sound server, display, our own control socket) and sockets of the
kernel (AF_NETLINK). It denies all other sockets, io_uring, which can create sockets unseen, taking open files from other processes, reading
or controlling other processes, and the calling conventions of other architectures, whose numbers differ.

The processes of engines put up a second one, which prevents every socket: they have one connection, to the conversation, and need no other.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from errno import EACCES, EPERM
from pathlib import Path
from typing import Final

AF_UNIX: Final = 1
AF_NETLINK: Final = 16
"""The address families that are allowed, from linux/socket.h."""

PTRACE_TRACEME: Final = 0
"""Lets the parent trace this process, which a debugger that started it needs. All other requests are about other processes."""

PR_SET_NO_NEW_PRIVS: Final = 38
"""Programs that this process starts get no more rights than it has, from linux/prctl.h. Without that only the superuser may set a filter."""

SET_MODE_FILTER: Final = 1
FILTER_FLAG_TSYNC: Final = 1
"""The operation of seccomp(2) that sets a filter, and the flag that sets it for all threads of the process, from linux/seccomp.h."""

ALLOW: Final = 0x7FFF0000
ERRNO: Final = 0x00050000
"""What a filter returns, from linux/seccomp.h: the call is made, or it fails with the error in the lower 16 bits."""

# BPF: load a word of `struct seccomp_data`, jump if equal, jump if not less, return.
_LOAD, _EQUAL, _NOT_LESS, _RETURN = 0x20, 0x15, 0x35, 0x06
_AT_NUMBER, _AT_ARCHITECTURE, _AT_FIRST_ARGUMENT = 0, 4, 16
_X32_BIT: Final = 0x40000000
"""Marks a call of the x32 convention, which x86-64 supports in addition to its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """The numbers of system calls on one kind of processor, from the kernel's tables, which never change."""

    audit: int
    socket: int
    socketpair: int
    ptrace: int
    seccomp: int
    process_vm_readv: int
    process_vm_writev: int
    has_x32: bool = False


ARCHITECTURES: Final = {
    "x86_64": Architecture(
        audit=0xC000003E,
        socket=41,
        socketpair=53,
        ptrace=101,
        seccomp=317,
        process_vm_readv=310,
        process_vm_writev=311,
        has_x32=True,
    ),
    "aarch64": Architecture(
        audit=0xC00000B7,
        socket=198,
        socketpair=199,
        ptrace=117,
        seccomp=277,
        process_vm_readv=270,
        process_vm_writev=271,
    ),
}
NVIDIA: Final = Path("/dev/nvidiactl")
"""The device of NVIDIA's driver, which asks services of its own through Unix sockets."""

IO_URING: Final = (425, 426, 427)
PIDFD_GETFD: Final = 438
"""This number and the three of io_uring are the same on all architectures."""


Instruction = tuple[int, int, int, int]
"""Code, jump if true, jump if false, operand."""


def program(of: Architecture) -> list[Instruction]:
    """Returns the filter for one kind of processor as BPF."""
    deny, refuse = (_RETURN, 0, 0, ERRNO | EPERM), (_RETURN, 0, 0, ERRNO | EACCES)
    lines: list[Instruction] = [
        (_LOAD, 0, 0, _AT_ARCHITECTURE),
        (_EQUAL, 1, 0, of.audit),
        deny,
        (_LOAD, 0, 0, _AT_NUMBER),
    ]
    if of.has_x32:
        lines += [(_NOT_LESS, 0, 1, _X32_BIT), deny]
    for number in (*IO_URING, PIDFD_GETFD, of.process_vm_readv, of.process_vm_writev):
        lines += [(_EQUAL, 0, 1, number), deny]
    lines += _only(of.socket, (AF_UNIX, AF_NETLINK), refuse)
    lines += _only(of.socketpair, (AF_UNIX,), refuse)
    lines += _only(of.ptrace, (PTRACE_TRACEME,), deny)
    return [*lines, (_RETURN, 0, 0, ALLOW)]


def program_without_sockets(of: Architecture) -> list[Instruction]:
    """Returns the filter for a process that may open no socket of any kind. Sockets that are open can be used."""
    refuse: Instruction = (_RETURN, 0, 0, ERRNO | EACCES)
    return [
        (_LOAD, 0, 0, _AT_ARCHITECTURE),
        (_EQUAL, 1, 0, of.audit),
        (_RETURN, 0, 0, ERRNO | EPERM),
        (_LOAD, 0, 0, _AT_NUMBER),
        *([(_NOT_LESS, 0, 1, _X32_BIT), refuse] if of.has_x32 else []),
        (_EQUAL, 0, 1, of.socket),
        refuse,
        (_RETURN, 0, 0, ALLOW),
    ]


def _only(number: int, first_arguments: Sequence[int], otherwise: Instruction) -> list[Instruction]:
    """Allows a call only with these first arguments. The arguments have 32 bits, so the lower half is the whole value."""
    count = len(first_arguments)
    checks = [(_EQUAL, count - place, 0, value) for place, value in enumerate(first_arguments)]
    return [
        (_EQUAL, 0, count + 3, number),
        (_LOAD, 0, 0, _AT_FIRST_ARGUMENT),
        *checks,
        otherwise,
        (_RETURN, 0, 0, ALLOW),
    ]


class _Line(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8), ("k", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("lines", ctypes.POINTER(_Line)))


def put_up() -> str:
    """Puts the filter up permanently for all threads of this process.

    Returns:
        The reason why that failed; empty if the filter was put up.
    """
    return _put_up(program)


def close_sockets() -> str:
    """Prevents all new sockets permanently, for all threads of this process and everything it starts.

    Returns:
        The reason why that failed; empty if no socket can be opened.
    """
    if NVIDIA.exists():
        return "the driver of the NVIDIA card may need one, which was not tried"
    reason = _put_up(program_without_sockets)
    if reason:
        return reason
    opened = ctypes.CDLL(None).socket(AF_UNIX, 1, 0)
    if opened >= 0:
        os.close(opened)
        return "it does not hold"
    return ""


def _put_up(make: Callable[[Architecture], list[Instruction]]) -> str:
    if sys.platform != "linux":
        return f"{platform.system()} has no such filter for an ordinary program"
    of = ARCHITECTURES.get(platform.machine())
    if of is None or sys.maxsize < 2**32:
        return f"there is none for {platform.machine()} yet"
    lines = [_Line(*line) for line in make(of)]
    whole = _Program(len(lines), (_Line * len(lines))(*lines))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return f"new privileges could not be given up: {os.strerror(ctypes.get_errno())}"
    result = libc.syscall(of.seccomp, SET_MODE_FILTER, FILTER_FLAG_TSYNC, ctypes.byref(whole))
    if result < 0:
        return f"the kernel refused it: {os.strerror(ctypes.get_errno())}"
    return "" if result == 0 else "a thread that has a filter of its own could not be included"
