"""A running `player.py`: its events, what it wrote, and the orders that it gets."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self, TypeAlias

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from fakes import live_session
from fakes.pty_terminal import PtyTerminal

ROOT: Final = Path(__file__).parents[2]
PLAYER: Final = Path(__file__).with_name("player.py")
START_S: Final = 60.0
REST_S: Final = 0.7
"""Without an event for this time, nobody speaks."""

LONGEST_S: Final = 20.0

Event: TypeAlias = dict[str, Any]

SETTINGS: Final = {
    "VOICECLI_LISTEN_SPECULATION": "off",  # without drafts each state is what it is called
    "VOICECLI_AUDIO_DUPLEX": "half",
    "VOICECLI_CHAT_LANGUAGE": "en",
    "VOICECLI_MODELS_KEEP_ALIVE": "0",
}


class Session:
    """A conversation with `--json` on pipes, or, with `terminal`, on a terminal of its own.

    Args:
        folder: Holds the user's files, and is removed by the caller. Its path must be short.
        arguments: Further arguments of `chat`.
        environment: Further variables.
        terminal: Whether it has a terminal.
    """

    def __init__(
        self,
        folder: Path,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        *,
        terminal: bool = False,
    ) -> None:
        self.folder = folder
        self.events: list[Event] = []
        self.error = b""
        self._arguments = arguments
        self._more = dict(environment or {})
        self._at_terminal = terminal
        self.terminal: PtyTerminal | None = None
        self.process: Any = None
        self._log = live_session.EventLog(folder)
        self._readers: list[threading.Thread] = []
        self._unread: set[IO[bytes]] = set()
        self._rest = b""
        self._orders: socket.socket | None = None

    @property
    def data(self) -> Path:
        """The folder of the user's data."""
        return self.folder / "data" / "voicecli"

    @property
    def state(self) -> Path:
        """The folder of logs and typed lines."""
        return self.folder / "state" / "voicecli"

    @property
    def control(self) -> Path:
        """The control socket."""
        return next((self.folder / "run" / "voicecli").glob("chat-*.sock"))

    def __enter__(self) -> Self:
        (self.folder / "run").mkdir(mode=0o700, exist_ok=True)
        (self.folder / "work").mkdir(exist_ok=True)
        environment = {
            **live_session.homes(self.folder),
            **SETTINGS,
            "HOME": str(self.folder),
            "XDG_RUNTIME_DIR": str(self.folder / "run"),
            "PYTHONPATH": f"{ROOT / 'tests'}{os.pathsep}{ROOT / 'src'}",
            "FAULTS": str(self.folder / "orders"),
            **self._more,
        }
        command = [sys.executable, str(PLAYER), *self._arguments]
        if self._at_terminal:
            self.terminal = PtyTerminal(command, environment={**environment, **live_session.LOG}, width=100)
            self.process = self.terminal.process
        else:
            self._start([*command, "--json"], {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **environment})
        return self

    def _start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            env=environment,
            cwd=self.folder / "work",
            start_new_session=True,
        )

        sinks = {self.process.stdout: self._take_lines, self.process.stderr: self._take_errors}
        self._readers = [threading.Thread(target=self._read, args=each, daemon=True) for each in sinks.items()]
        for reader in self._readers:
            reader.start()

    def _read(self, stream: IO[bytes], take: Callable[[bytes], None]) -> None:
        """Reads a stream until it ends, or is to be closed: only the thread that reads it can do that."""
        handle = stream.fileno()
        while stream not in self._unread:
            if select.select([handle], [], [], 0.02)[0]:
                part = os.read(handle, 65536)
                if not part:
                    return
                take(part)
        stream.close()

    def _take_lines(self, part: bytes) -> None:
        *lines, self._rest = (self._rest + part).split(b"\n")
        for line in lines:
            with contextlib.suppress(ValueError):
                self.events.append({**json.loads(line), "at_s": time.monotonic()})

    def _take_errors(self, part: bytes) -> None:
        self.error += part

    def leave(self, stream: IO[bytes]) -> None:
        """Reads a stream of the program no more, and closes it."""
        self._unread.add(stream)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._orders is not None:
            self._orders.close()
        if self.terminal is not None:
            self.terminal.__exit__(kind, error, trace)
            return
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join(2)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.close()

    # ---- what it says

    @property
    def written(self) -> str:
        """What it wrote that is no event."""
        return self.terminal.text if self.terminal is not None else self.error.decode(errors="replace")

    def told(self, name: str, since: int = 0, **fields: object) -> list[Event]:
        """The events of a name and with these values, from the one with the number `since`."""
        self.pump()
        return [
            event
            for event in self.events[since:]
            if event["event"] == name and all(event.get(key) == value for key, value in fields.items())
        ]

    def pump(self, wait_s: float = 0.0) -> None:
        """Reads what has come."""
        if self.terminal is None:
            time.sleep(wait_s)
            return
        self.terminal.read(wait_s)
        self.events += [{**event, "at_s": time.monotonic()} for event in self._log.new()]

    def until(self, condition: Callable[[], object], limit_s: float) -> bool:
        """Reads until `condition` is true, or the program has ended. Returns whether it is true."""
        until_s = time.monotonic() + limit_s
        while not condition():
            if time.monotonic() > until_s or self.process.poll() is not None:
                self.pump()
                return bool(condition())
            self.pump(0.01)
        return True

    def rest(self) -> None:
        """Waits until nothing is told any more, because nothing is heard while something is said."""
        until_s = time.monotonic() + LONGEST_S
        seen, since_s = len(self.events), time.monotonic()
        while time.monotonic() < min(until_s, since_s + REST_S) and self.process.poll() is None:
            self.pump(0.02)
            if len(self.events) > seen:
                seen, since_s = len(self.events), time.monotonic()

    def ends(self, limit_s: float) -> bool:
        """Whether the program ends in that time."""
        until_s = time.monotonic() + limit_s
        while self.process.poll() is None and time.monotonic() < until_s:
            self.pump(0.01)
        return self.process.poll() is not None

    # ---- what it gets

    @property
    def at_terminal(self) -> PtyTerminal:
        """Its terminal, which it must have."""
        if self.terminal is None:
            raise TypeError
        return self.terminal

    def order(self, line: str) -> None:
        """Has the fakes do something (see `player.py`)."""
        if self._orders is None:
            self._orders = socket.socket(socket.AF_UNIX)
            self._orders.connect(str(self.folder / "orders"))
            self._orders.settimeout(10)
        self._orders.sendall(line.encode() + b"\n")
        if self._orders.recv(16) != b"ok\n":
            raise RuntimeError(line)

    def type(self, text: str | bytes) -> None:
        """Types a line, or sends it through the pipe."""
        raw = text if isinstance(text, bytes) else text.encode()
        if self.terminal is not None:
            self.terminal.type(raw.decode() + "\r")
        else:
            self.process.stdin.write(raw + b"\n")
            self.process.stdin.flush()

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal."""
        os.kill(self.process.pid, number)

    def children(self) -> list[int]:
        """Its child processes."""
        return children_of(self.process.pid)


def children_of(parent: int) -> list[int]:
    """The processes that a process has started, and those that they have started."""
    found: list[int] = []
    for file in Path(f"/proc/{parent}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, file.read_text().split()):
                found += [child, *children_of(child)]
    return found
