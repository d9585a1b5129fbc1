"""The broker: the only process without the walls. It connects to the servers that the user has allowed, and to no others.

It is forked before the walls are put up and before threads are started, contains no engine, and ends with the program that forked it. Without a
server to reach, there is no broker. Its work is implemented in `relay`.
"""

from __future__ import annotations

import array
import contextlib
import ctypes
import gc
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Collection, Mapping
from typing import Final, NoReturn

from voicecli.errors import NetworkRefused, ServerUnreachable
from voicecli.offline import landlock
from voicecli.offline.broker_loop import OPENED, Relay
from voicecli.offline.core_dumps import keep_no_core
from voicecli.offline.destination import Destination

PR_SET_NAME: Final = 15
PR_SET_PDEATHSIG: Final = 1
NAME: Final = b"voicecli-broker"
MOST_FILES: Final = 64
ASK_S: Final = 0.02
"""How often a thread that waits for a connection checks whether it is still wanted, in seconds."""

LONGEST_ANSWER: Final = 300
"""Longest line of the broker, in bytes."""

_control: socket.socket | None = None
_reaches: frozenset[Destination] = frozenset()
_pid = 0


def start(destinations: Collection[Destination]) -> None:
    """Forks the broker for these destinations. Without destinations, does nothing. May be called once, before the walls and before threads.

    Raises:
        NetworkRefused: The system does not support forking.
    """
    global _control, _reaches, _pid
    if not destinations or _control is not None:
        return
    if not hasattr(os, "fork"):
        raise NetworkRefused(
            "Servers elsewhere can be reached on Linux and macOS only.", "Use a model of this machine."
        )
    kind = socket.SOCK_SEQPACKET if sys.platform == "linux" else socket.SOCK_STREAM
    ours, theirs = socket.socketpair(socket.AF_UNIX, kind)
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        _run(theirs, frozenset(destinations), parent)
    theirs.close()
    _control, _reaches, _pid = ours, frozenset(destinations), pid


def reaches() -> tuple[Destination, ...]:
    """The destinations of this process's broker; empty if there is none."""
    return tuple(sorted(_reaches, key=str))


def pid() -> int:
    """The process id of the broker; 0 if there is none."""
    return _pid


def dial(
    destination: Destination, *, timeout_s: float, is_cancelled: Callable[[], bool] = lambda: False
) -> socket.socket | None:
    """Asks the broker to connect to `destination`. Thread: any.

    Returns:
        A blocking socket that leads there; None if the call was cancelled.

    Raises:
        NetworkRefused: The destination is not allowed, or there is no broker.
        ServerUnreachable: The server does not answer.
    """
    if _control is None:
        raise _not_allowed(destination)
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [theirs.fileno()]))]
            try:
                _control.sendmsg([f"{destination.host} {destination.port}".encode()], rights)
            except OSError as error:
                raise ServerUnreachable(
                    "The process that dials servers has ended.", "Start the conversation again."
                ) from error
        answer = _answer(ours, time.monotonic() + timeout_s, is_cancelled)
    except BaseException:
        ours.close()
        raise
    if answer == OPENED:
        return ours
    ours.close()
    if answer is None:
        return None
    raise _refusal(destination, answer.decode("utf-8", errors="replace").rstrip("\n"))


def _answer(ours: socket.socket, deadline_s: float, is_cancelled: Callable[[], bool]) -> bytes | None:
    """The broker's line; empty if none arrived before the deadline, None if the call was cancelled."""
    line = b""
    while not line.endswith(b"\n") and len(line) < LONGEST_ANSWER:
        if is_cancelled():
            return None
        if time.monotonic() > deadline_s:
            return b""
        if select.select([ours], [], [], ASK_S)[0]:
            byte = ours.recv(1)
            if not byte:
                break
            line += byte
    return line or b"-ended\n"


_REFUSALS: Final[Mapping[str, tuple[str, str]]] = {
    "": ("{where} did not answer in time.", "Check that the server runs and that no firewall is between."),
    "-name": ("The host of {where} cannot be found: {reason}.", "Check the address; the host may be off."),
    "-connect": (
        "{where} cannot be reached: {reason}.",
        "Check that the server runs there: curl http://{where}/v1/models",
    ),
    "-busy": ("Too many connections are open.", "Wait until one ends."),
    "-ended": ("The process that dials servers has ended.", "Start the conversation again."),
}


def _refusal(destination: Destination, line: str) -> NetworkRefused | ServerUnreachable:
    why, _, reason = line.partition(" ")
    if why == "-consent":
        return _not_allowed(destination)
    message, hint = _REFUSALS.get(why, _REFUSALS["-ended"])
    given = {"where": str(destination), "reason": reason[:1].lower() + reason[1:] or "no reason given"}
    return ServerUnreachable(message.format(**given), hint.format(**given))


def _not_allowed(destination: Destination) -> NetworkRefused:
    return NetworkRefused(
        f"Nothing may be sent to {destination}.", f"If it may: voicecli config set network.allow {destination}"
    )


# ---- the broker's process


def _run(control: socket.socket, destinations: frozenset[Destination], parent: int) -> NoReturn:
    """Runs the forked process until it exits."""
    code = 1
    try:
        gc.disable()  # a collection would write to shared pages
        _leave_all_but(control, parent)
        relay = Relay(control, destinations)
        relay.look_up_all()
        landlock.allow_ports([each.port for each in destinations])
        relay.serve()
        code = 0
    finally:
        os._exit(code)


def _leave_all_but(control: socket.socket, parent: int) -> None:
    """Detaches from the terminal, closes every other file, and makes sure that the process ends with its parent."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN if number == signal.SIGPIPE else signal.SIG_DFL)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        libc.prctl(PR_SET_NAME, NAME, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)
    keep_no_core()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for handle in (0, 1, 2):
        os.dup2(nowhere, handle)
    kept = control.fileno()
    os.closerange(3, kept)
    os.closerange(kept + 1, min(1 << 20, os.sysconf("SC_OPEN_MAX")))
    with contextlib.suppress(OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_NOFILE, (MOST_FILES, MOST_FILES))
    os.chdir("/")
