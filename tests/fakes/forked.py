"""Starts `voicecli`, `chat_player`, `follow_player` and code of tests without loading Python and its modules each time.

A process that has loaded them forks for every start.

Nothing of the program has run in that process. Each fork has its own streams, environment, folder and exit.

    python forked.py HANDLE    serves on the socket HANDLE
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import functools
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import termios
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, AnyStr, Literal, TypeAlias

Program: TypeAlias = Literal["voicecli", "chat_player", "follow_player", "code"]
"""`code` stands for Python code, which is the first argument. Its imports are those of the server, if the server has them."""

PLAYERS: tuple[Program, ...] = ("chat_player", "follow_player")

TESTS = Path(__file__).parents[1]
SRC = TESTS.parent / "src"
LIMIT_S = 60.0
"""A bound on waiting for a program; reached only when the test has failed."""

LONGEST_REQUEST_BYTES = 1 << 20
AT_START = frozenset({"LC_ALL", "LANG", "PYTHONIOENCODING", "PYTHONUTF8", "PYTHONWARNINGS", "PYTHONHASHSEED"})
"""Variables that Python reads when it starts. A program that needs another value than the server's is not forked."""

OF_SERVER = {"LC_ALL": "C.UTF-8"}
PATHS = f"{TESTS}{os.pathsep}{SRC}"

CAN_FORK = sys.platform == "linux" and hasattr(subprocess.Popen, "_close_pipe_fds")


def command(program: Program, *arguments: str) -> list[str]:
    """Returns the command line that starts a program as a new process of Python."""
    if program in PLAYERS:
        return [sys.executable, str(Path(__file__).with_name(f"{program}.py")), *arguments]
    return [sys.executable, *(["-m", "voicecli"] if program == "voicecli" else ["-c"]), *arguments]


def voicecli(
    *arguments: str, stdin: str = "", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs `voicecli` until it exits, with `env` besides the environment of this process."""
    return run("voicecli", *arguments, stdin=stdin, env=env)


def run(
    program: Program,
    *arguments: str,
    stdin: str = "",
    env: Mapping[str, str] | None = None,
    **options: Any,  # noqa: ANN401 - those of another class
) -> subprocess.CompletedProcess[str]:
    """Runs a program until it exits.

    Args:
        program: Which one.
        arguments: Its arguments.
        stdin: Its input.
        env: Variables besides those of this process.
        options: Further options of `subprocess.Popen`, such as `stdout`.
    """
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    with start(program, *arguments, env=env, stdin=subprocess.PIPE, **pipes) as process:
        try:
            out, err = process.communicate(stdin, LIMIT_S)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def start(
    program: Program,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    **options: Any,  # noqa: ANN401 - those of another class
) -> subprocess.Popen[str]:
    """Starts a program, with the streams that `options` of `subprocess.Popen` say. Its texts are UTF-8."""
    paths = {} if program == "voicecli" else {"PYTHONPATH": PATHS}
    environment = {**os.environ, **OF_SERVER, **paths, **(env or {})}
    if can_be_forked(environment):
        return Forked(program, arguments, environment=environment, encoding="utf-8", **options)
    return subprocess.Popen(command(program, *arguments), env=environment, encoding="utf-8", **options)


def can_be_forked(environment: Mapping[str, str]) -> bool:
    """Whether the program would find the same Python in `environment` as in the server's."""
    at_start = {name: environment[name] for name in AT_START & environment.keys() if name != "LANG"}
    return CAN_FORK and at_start == OF_SERVER and environment.get("PYTHONPATH", PATHS) == PATHS


class Forked(subprocess.Popen[AnyStr]):
    """A program that the server has forked, with the interface of `subprocess.Popen`.

    Args:
        program: Which one.
        arguments: Its arguments.
        environment: All of its environment.
        terminal: Whether its standard output is a terminal, which becomes its own.
        options: Options of `subprocess.Popen`: the streams, and how their bytes are read.
    """

    def __init__(
        self,
        program: Program,
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str],
        terminal: bool = False,
        **options: Any,  # noqa: ANN401 - those of another class
    ) -> None:
        self._request = {
            "program": program,
            "arguments": list(arguments),
            "environment": dict(environment),
            "terminal": terminal,
        }
        self._end: socket.socket
        self._rest = b""
        super().__init__(command(program, *arguments), **options)

    # The name, the parameters and the fields are those of CPython's Popen: it makes the pipes, and this starts the process.
    def _execute_child(self, *given: Any) -> None:  # noqa: ANN401 - those of another class
        folder = given[5]
        read_in, write_in, read_out, write_out, read_error, write_error = given[10:16]
        self._end, theirs = socket.socketpair()
        handles: list[int] = [
            ours if handle == -1 else handle for ours, handle in enumerate((read_in, write_out, write_error))
        ]
        request = {**self._request, "folder": str(folder or Path.cwd())}
        with theirs:
            socket.send_fds(_server(), [json.dumps(request).encode()], [theirs.fileno(), *handles])
        self._end.settimeout(LIMIT_S)
        self.pid = int(self._line())
        fields: Any = self
        fields._child_created = True
        fields._close_pipe_fds(read_in, write_in, read_out, write_out, read_error, write_error)

    def _wait(self, timeout: float | None) -> int:
        if self.returncode is None:
            self._end.settimeout(timeout)
            try:
                self._ended(self._line())
            except TimeoutError:
                raise subprocess.TimeoutExpired(self.args, timeout or 0.0) from None
        return self.returncode

    def _internal_poll(self, *_: object, **__: object) -> int | None:
        if self.returncode is None and hasattr(self, "_end"):
            self._end.settimeout(0)
            with contextlib.suppress(BlockingIOError, RuntimeError):
                self._ended(self._line())
        return self.returncode

    def _line(self) -> str:
        while b"\n" not in self._rest:
            part = self._end.recv(100)
            if not part:
                raise RuntimeError("the server of programs has ended")
            self._rest += part
        line, self._rest = self._rest.split(b"\n", 1)
        return line.decode()

    def _ended(self, code: str) -> None:
        self.returncode = int(code)
        self._end.close()


@functools.cache
def _server() -> socket.socket:
    """Returns the socket of the server of this test process. It is started on first use."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": PATHS,
                "OPENBLAS_NUM_THREADS": "1",  # a process with threads must not fork
                **OF_SERVER,
            },
        )

    def stop() -> None:
        ours.close()  # which ends the server
        process.wait()

    atexit.register(stop)
    return ours


# ---- the server's side


def serve(requests: socket.socket) -> dict[str, Any] | None:
    """Forks a program for every request, until the other end is closed. Returns the request in the program, and None in the server at the end."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the exit codes of watchers are not needed
    while True:
        request, handles, _, _ = socket.recv_fds(requests, LONGEST_REQUEST_BYTES, 4)
        if not request:
            return None
        if os.fork() == 0:
            requests.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            return _watch(json.loads(request), *handles)
        for handle in handles:
            os.close(handle)


def _watch(request: dict[str, Any], told: int, *streams: int) -> dict[str, Any]:
    """Forks the program, reports its process id and exit code, and exits. Returns only in the program."""
    pid = os.fork()
    if pid:
        for stream in streams:
            os.close(stream)
        with contextlib.suppress(BrokenPipeError):  # the process that started it does not wait for its end
            os.write(told, f"{pid}\n".encode())
            _, status = os.waitpid(pid, 0)
            os.write(told, f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os._exit(0)
    os.close(told)
    if request["terminal"]:
        os.setsid()
        fcntl.ioctl(streams[1], termios.TIOCSCTTY, 0)
    for handle, stream in enumerate(streams):
        os.dup2(stream, handle)
    for stream in streams:
        os.close(stream)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    importlib.reload(importlib.import_module("voicecli"))  # it sets variables when it is imported
    for name, handle, mode in (("stdin", 0, "r"), ("stdout", 1, "w"), ("stderr", 2, "w")):
        opened = _opened(handle, mode)
        setattr(sys, name, opened)
        setattr(sys, f"__{name}__", opened)
    return request


def _opened(handle: int, mode: str) -> IO[Any]:
    """Opens a standard stream as Python does: a terminal and standard error by lines, all else by blocks."""
    is_error = handle == 2
    return open(
        handle,
        mode,
        encoding="utf-8",
        errors="backslashreplace" if is_error else "strict",
        buffering=1 if is_error else -1,
        closefd=False,
    )


def _load() -> None:
    """Loads once what the programs load."""
    from fakes import chat_player, follow_player  # noqa: F401
    from voicecli.cli.main import COMMANDS, load_command

    for name in COMMANDS:
        load_command(name)
    for name in (
        "prompt_toolkit",
        "rich.live",
        "rich.markdown",
        "rich.table",
        "httpx",
        "tomlkit",
        "voicecli.app.chat_session",
    ):
        importlib.import_module(name)
    with contextlib.suppress(ImportError):  # an extra
        importlib.import_module("mcp")


def _main() -> int:
    _load()
    assert threading.active_count() == 1, "a process with threads must not fork"
    gc.freeze()  # collecting objects shared with this process would copy them
    request = serve(socket.socket(fileno=int(sys.argv[1])))
    if request is None:
        return 0
    try:
        code = _run(request["program"], request["arguments"])
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    _end_like_the_program(code)
    return 0


def _run(program: Program, arguments: list[str]) -> int:
    """Runs a program in its fork. Returns its exit code."""
    if program == "code":
        sys.argv = ["-c", *arguments[1:]]
        sys.path.insert(0, "")
        exec(compile(arguments[0], "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102 - the test's own
        return 0
    if program == "follow_player":
        from fakes import follow_player

        sys.argv = [follow_player.__file__, *arguments]
        return follow_player.main()
    if program == "chat_player":
        from fakes import chat_player

        sys.argv = [chat_player.__file__, *arguments]
        return chat_player.play(arguments)
    from voicecli.cli.main import main

    sys.argv = [str(SRC / "voicecli" / "__main__.py"), *arguments]
    return main()


def _end_like_the_program(code: int) -> None:
    """Ends a fork as `voicecli` ends: it waits for threads and calls what was registered with `atexit`, and Python clears no modules.

    Clearing them takes 0.4 s of processor time in a fork, because it copies all memory that is shared with the server.
    """
    from voicecli.app.deadline import end_at_once

    threads: Any = threading
    threads._shutdown()
    atexit._run_exitfuncs()
    end_at_once(code)


if __name__ == "__main__":
    sys.exit(_main())
