"""Starts the programs of MCP servers and ends them. They inherit the walls; those that may use the network are started outside them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Final

from voicecli.config.servers import ToolServer
from voicecli.offline import outside
from voicecli.offline.environment import seal
from voicecli.tools.definitions import ToolFailed

INHERITED: Final = (
    "HOME",
    "LOGNAME",
    "PATH",
    "SHELL",
    "TERM",
    "USER",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "SYSTEMROOT",
)
"""Variables that every program gets. Others may hold keys."""

KILL: Final[signal.Signals] = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows has no other
EXIT_S: Final = 1.0
"""How long a program may take to exit after its standard input is closed, and again after it was asked to by a signal."""

WAIT_S: Final = 0.02
"""How often it is checked whether a program has ended."""

_BEGIN: Final = """
import ctypes, os, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, int(signal.SIGKILL), 0, 0, 0)
if os.getppid() != int(sys.argv[1]):
    os._exit(0)
os.execvp(sys.argv[2], sys.argv[2:])
"""
"""Replaces itself with the program, which then ends with the program that started it. The system ties that to the *thread* that started it."""


def tied(command: Sequence[str]) -> tuple[str, ...]:
    """Returns the command line of a program that ends with the thread that starts it, where the system can do that."""
    if os.name != "posix":
        return tuple(command)
    return (sys.executable, "-I", "-S", "-c", _BEGIN, str(os.getpid()), *command)


def environment(server: ToolServer, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Returns the environment of a server's program: a few common variables, and those in the settings."""
    made = {name: environ[name] for name in INHERITED if name in environ}
    if not server.network:
        seal(made)
    return {**made, **dict(server.env)}


def command_of(server: ToolServer, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Returns the program with its full path, and its arguments.

    Raises:
        ToolFailed: There is no such program.
    """
    found = shutil.which(os.path.expanduser(server.command), path=environ.get("PATH"))  # noqa: PTH111 - it need not be a path
    if found is None:
        raise ToolFailed(f"The program {server.command} of the MCP server {server.name} cannot be found.")
    return (found, *server.args)


def outside_program(server: ToolServer) -> outside.Program:
    """Returns the program of a server that may use the network, for the process that starts it outside the walls. Raises `ToolFailed`."""
    environ = environment(server)
    return outside.Program(name=server.name, command=command_of(server, environ), environ=environ)


class RunningProgram:
    """The program of a server, started now. Thread: the one that started it, which must live as long as the program.

    Args:
        server: The server.

    Attributes:
        stdin: The descriptor of its standard input, which the owner closes.
        stdout: The descriptor of its standard output, which the owner closes.

    Raises:
        ToolFailed: It cannot be started.
    """

    def __init__(self, server: ToolServer) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        theirs_in, self.stdin = os.pipe()
        self.stdout, theirs_out = os.pipe()
        try:
            self._pid = self._started(server, theirs_in, theirs_out)
        except BaseException as error:
            os.close(self.stdin)
            os.close(self.stdout)
            if isinstance(error, OSError):
                reason = error.strerror or str(error)
                raise ToolFailed(f"The program of the MCP server {server.name} cannot be started: {reason}.") from error
            raise
        finally:
            os.close(theirs_in)
            os.close(theirs_out)

    def _started(self, server: ToolServer, stdin: int, stdout: int) -> int:
        if server.network:
            return outside.begin(server.name, stdin, stdout)
        environ = environment(server)
        self._process = subprocess.Popen(
            tied(command_of(server, environ)),
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.DEVNULL,  # it may be the screen, and may contain what was said
            env=environ,
            start_new_session=True,
        )
        return self._process.pid

    def end(self) -> None:
        """Ends the program, whose standard input must be closed. Waits a little for it to exit, then ends it and what it has started by force."""
        if self._process is None:
            outside.end(self._pid)
            return
        for number in (None, signal.SIGTERM, KILL):
            if number is not None:
                self._signal(number)
            deadline_s = time.monotonic() + EXIT_S
            while time.monotonic() < deadline_s and self._process.poll() is None:
                time.sleep(WAIT_S)
            if self._process.returncode is not None:
                break
        self._signal(KILL)  # what it has started and left running

    def _signal(self, number: int) -> None:
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self._pid, number)
            elif self._process is not None:
                self._process.terminate()
