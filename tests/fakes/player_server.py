"""Starts `chat_player` without loading Python and its modules each time: a process that has loaded them forks for every start.

Nothing of the program has run in that process. Each fork has its own session, terminal, environment, folder and exit.

    python player_server.py HANDLE    serves on the socket HANDLE
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import functools
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

LONGEST_REQUEST_BYTES = 1 << 20
AT_START = frozenset({"LC_ALL", "LANG", "PYTHONIOENCODING", "PYTHONUTF8", "PYTHONWARNINGS", "PYTHONHASHSEED"})
"""Variables that Python reads when it starts. A program that needs one of them is not forked."""


class ForkedPlayer:
    """A player with the interface of `subprocess.Popen`: `pid`, `returncode`, `poll`, `wait` and `kill`."""

    def __init__(self, arguments: Sequence[str], terminal: int, environment: Mapping[str, str]) -> None:
        request = {"arguments": list(arguments), "environment": dict(environment), "folder": str(Path.cwd())}
        ours, theirs = socket.socketpair()
        self._end = ours
        self._rest = b""
        self.returncode: int | None = None
        with theirs:
            socket.send_fds(_server(), [json.dumps(request).encode()], [theirs.fileno(), terminal])
        ours.settimeout(60)
        self.pid = int(self._line())

    def _line(self) -> str:
        while b"\n" not in self._rest:
            part = self._end.recv(100)
            if not part:
                raise RuntimeError("the server of players has ended")
            self._rest += part
        line, self._rest = self._rest.split(b"\n", 1)
        return line.decode()

    def _ended(self, code: str) -> None:
        self.returncode = int(code)
        self._end.close()

    def poll(self) -> int | None:
        """The exit code, or None while the player runs."""
        if self.returncode is None:
            self._end.settimeout(0)
            with contextlib.suppress(BlockingIOError):
                self._ended(self._line())
        return self.returncode

    def wait(self, timeout: float = 60) -> int:
        """Waits until the player exits."""
        if self.returncode is None:
            self._end.settimeout(timeout)
            self._ended(self._line())
        assert self.returncode is not None
        return self.returncode

    def kill(self) -> None:
        """Kills the player."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


@functools.cache
def _server() -> socket.socket:
    """The server of this test process. It is started on first use."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    tests, source = Path(__file__).parents[1], Path(__file__).parents[2] / "src"
    with theirs:
        process = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env={
                "PATH": os.environ["PATH"],
                "LC_ALL": "C.UTF-8",
                "PYTHONPATH": f"{tests}{os.pathsep}{source}",
                "OPENBLAS_NUM_THREADS": "1",  # a process with threads must not fork
            },
        )

    def stop() -> None:
        ours.close()  # which ends the server
        process.wait()

    atexit.register(stop)
    return ours


# ---- the server's side


def serve(requests: socket.socket) -> list[str] | None:
    """Forks a player for every request, until the other end is closed. Returns the arguments in a player, and None in the server at the end."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the exit codes of watchers are not needed
    while True:
        request, handles, _, _ = socket.recv_fds(requests, LONGEST_REQUEST_BYTES, 2)
        if not request:
            return None
        if os.fork() == 0:
            requests.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            return _watch(json.loads(request), *handles)
        for handle in handles:
            os.close(handle)


def _watch(request: dict[str, Any], told: int, terminal: int) -> list[str]:
    """Forks the player, reports its process id and exit code, and exits. Returns only in the player."""
    pid = os.fork()
    if pid:
        os.close(terminal)
        with contextlib.suppress(BrokenPipeError):  # the process that started it does not wait for its end
            os.write(told, f"{pid}\n".encode())
            _, status = os.waitpid(pid, 0)
            os.write(told, f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os._exit(0)
    os.close(told)
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    for handle in range(3):
        os.dup2(terminal, handle)
    os.close(terminal)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    for name, handle, mode in (("stdin", 0, "r"), ("stdout", 1, "w"), ("stderr", 2, "w")):
        stream = _opened(handle, mode)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    arguments: list[str] = request["arguments"]
    return arguments


def _opened(handle: int, mode: str) -> IO[Any]:
    errors = "backslashreplace" if handle == 2 else "strict"
    return open(handle, mode, encoding="utf-8", errors=errors, buffering=1, closefd=False)


def _main() -> int:
    import prompt_toolkit  # noqa: F401 - loaded once for all forks
    from rich import live, markdown, table  # noqa: F401 - the same

    from fakes import chat_player
    from voicecli.app import chat_session  # noqa: F401 - the same
    from voicecli.cli import chat  # noqa: F401 - the same

    gc.freeze()  # collecting objects shared with this process would copy them
    arguments = serve(socket.socket(fileno=int(sys.argv[1])))
    if arguments is None:
        return 0
    sys.argv = [chat_player.__file__, *arguments]
    return chat_player.play(arguments)


if __name__ == "__main__":
    sys.exit(_main())
