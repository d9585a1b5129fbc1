"""A process without the walls that starts the programs which the user has allowed to use the network, and no others.

It is forked before the walls are put up and before threads are started, and ends with the program that forked it. Each program that it starts gets
the standard input and output that the request brings along, and ends with it. Without such programs there is no such process.
"""

from __future__ import annotations

import array
import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NoReturn

from voicecli.errors import NetworkRefused

LONGEST: Final = 256
"""Longest request and answer, in bytes."""

FILES: Final = 2
"""Standard input and standard output of a program."""

REAP_S: Final = 1.0
"""How often the process looks for programs that have ended."""

ANSWER_S: Final = 5.0
"""How long the process outside the walls may take to start a program."""

PR_SET_PDEATHSIG: Final = 1
"""A number of the system (prctl(2))."""

_END: Final = b"end "
_START: Final = b"start "


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program that may be started.

    Attributes:
        name: Its name in requests.
        command: The program and its arguments.
        environ: Its environment.
    """

    name: str
    command: tuple[str, ...]
    environ: Mapping[str, str] = field(default_factory=dict)


_control: socket.socket | None = None
_names: tuple[str, ...] = ()
_lock = threading.Lock()


def start(programs: Sequence[Program]) -> None:
    """Forks the process for these programs. Without programs, does nothing. May be called once, before the walls and before threads.

    Raises:
        NetworkRefused: The system does not support forking.
    """
    global _control, _names
    if not programs or _control is not None:
        return
    if not hasattr(os, "fork"):
        raise NetworkRefused("Programs that use the network can be started on Linux and macOS only.", "Remove them.")
    kind = socket.SOCK_SEQPACKET if sys.platform == "linux" else socket.SOCK_DGRAM
    ours, theirs = socket.socketpair(socket.AF_UNIX, kind)
    parent = os.getpid()
    if os.fork() == 0:
        ours.close()
        _run(theirs, {each.name: each for each in programs}, parent)
    theirs.close()
    ours.settimeout(ANSWER_S)
    _control, _names = ours, tuple(each.name for each in programs)


def names() -> tuple[str, ...]:
    """The programs that may be started without the walls."""
    return _names


def begin(name: str, stdin: int, stdout: int) -> int:
    """Starts a program with these descriptors as its standard input and output. Thread: any.

    Returns:
        Its process id.

    Raises:
        NetworkRefused: The program is not allowed, or there is no process that starts programs.
        OSError: It cannot be started.
    """
    answer = _asked(_START + name.encode(), [stdin, stdout])
    if answer.isdigit():
        return int(answer)
    if not answer:
        raise NetworkRefused(f"The program {name} may not use the network.", "voicecli tools list")
    raise OSError(answer.decode("utf-8", errors="replace"))


def end(pid: int) -> None:
    """Ends a program and what it has started by force. Does nothing if it has ended. Thread: any."""
    with contextlib.suppress(OSError, NetworkRefused):
        _asked(_END + str(pid).encode(), [])


def _asked(request: bytes, handles: Sequence[int]) -> bytes:
    if _control is None:
        raise NetworkRefused("No program may use the network.", "voicecli tools list")
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", handles))] if handles else []
    with _lock:
        _control.sendmsg([request], rights)
        return _control.recv(LONGEST)


# ---- the process that starts programs


def _run(control: socket.socket, programs: Mapping[str, Program], parent: int) -> NoReturn:
    code = 1
    try:
        _detach(control, parent)
        _serve(control, programs)
        code = 0
    finally:
        os._exit(code)


def _detach(control: socket.socket, parent: int) -> None:
    """Detaches from the terminal and closes every other file."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    if sys.platform == "linux":
        _end_with_parent()
    if os.getppid() != parent:
        os._exit(0)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for handle in range(3):
        os.dup2(nowhere, handle)
    kept = control.fileno()
    os.closerange(3, kept)
    os.closerange(kept + 1, min(1 << 20, os.sysconf("SC_OPEN_MAX")))
    os.chdir("/")


def _end_with_parent() -> None:
    import ctypes

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _serve(control: socket.socket, programs: Mapping[str, Program]) -> None:
    running: dict[int, subprocess.Popen[bytes]] = {}
    while True:
        if not select.select([control], [], [], REAP_S)[0]:
            running = {pid: each for pid, each in running.items() if each.poll() is None}
            continue
        size = socket.CMSG_SPACE(FILES * array.array("i").itemsize)
        message, extra, _, _ = control.recvmsg(LONGEST, size)
        handles = array.array("i")
        for level, kind, data in extra:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                handles.frombytes(data[: len(data) - len(data) % handles.itemsize])
        if not message:
            break
        control.send(_answered(message, list(handles), programs, running))
        for handle in handles:
            os.close(handle)
    for each in running.values():
        _kill(each)


def _answered(
    message: bytes, handles: list[int], programs: Mapping[str, Program], running: dict[int, subprocess.Popen[bytes]]
) -> bytes:
    """Carries out a request: the process id, a reason, or nothing if it is not allowed."""
    if message.startswith(_END):
        ended = running.pop(int(message.removeprefix(_END)), None)
        if ended is not None:
            _kill(ended)
        return b"ended"
    program = programs.get(message.removeprefix(_START).decode("utf-8", errors="replace"))
    if program is None or len(handles) != FILES or not message.startswith(_START):
        return b""
    try:
        begun = subprocess.Popen(
            program.command,
            stdin=handles[0],
            stdout=handles[1],
            stderr=subprocess.DEVNULL,
            env=dict(program.environ),
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - this process has one thread
        )
    except OSError as error:
        return (error.strerror or "it cannot be started").encode()[:LONGEST]
    running[begun.pid] = begun
    return str(begun.pid).encode()


def _kill(program: subprocess.Popen[bytes]) -> None:
    """Ends a program and what it has started."""
    if program.poll() is None:
        with contextlib.suppress(OSError):
            os.killpg(program.pid, signal.SIGKILL)
        program.wait()
