"""A simulated terminal: a pty with a program at its other end, which answers like a certain kind of terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import tty
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, Self, TypeAlias

from fakes import forked

PATIENCE_S = 60.0
"""A bound on waiting; reached only when the test has failed."""

Kind: TypeAlias = Literal["kitty", "legacy", "partial"]
"""Support for the kitty keyboard protocol: all of it, none, or less than needed."""

_ASKED = re.compile(rb"\x1b\[\?u|\x1b\[>(\d+)u|\x1b\[<u|\x1b\[c|\x1b\[6n|\x1b\[\?2026\$p|\x1b\]11;\?\x1b\\")

_LONGEST_QUESTION = 9
_SEQUENCES = re.compile("\x1b(?:\\][^\x07\x1b]*(?:\x07|\x1b\\\\)|\\[[^A-Za-z]*[A-Za-z])|\r")


class PtyTerminal:
    """Starts a program on its own terminal.

    Args:
        command: The program.
        environment: Additional environment variables.
        kind: What the terminal supports.
        late: Whether it holds its answers back until `answer` is called, like a slow connection.
        background: Its answer to a query for the background colour.
        stdin: What the program reads instead of the terminal.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        kind: Kind = "legacy",
        late: bool = False,
        width: int = 80,
        background: bytes = b"",
        stdin: int | None = None,
    ) -> None:
        self.written = bytearray()
        self.flags = [0]
        """The stack of the protocol's flags."""
        self._background = background
        self.last_release = b""
        """The part of a key's report that the terminal still sends after the protocol is switched off."""
        self._kind = kind
        self._late = late
        self._owed = b""
        self._seen = 0
        self._lines, self._cleaned = "", 0
        self._master, self._slave = pty.openpty()
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
        self.modes_before = termios.tcgetattr(self._slave)
        basic = {"PATH": os.environ["PATH"], "TERM": "xterm-256color"}
        self.process = self._start(command, {**basic, **environment}, self._slave if stdin is None else stdin)

    def _start(self, command: Sequence[str], environment: Mapping[str, str], stdin: int) -> subprocess.Popen[bytes]:
        complete = {**forked.OF_SERVER, **environment}
        streams: Any = {**dict.fromkeys(("stdout", "stderr"), self._slave), "stdin": stdin}
        programs: tuple[forked.Program, ...] = (*forked.PLAYERS, "voicecli")
        for program in programs:
            own = forked.command(program)
            if list(command[: len(own)]) == own and forked.can_be_forked(complete):
                return forked.Forked(program, command[len(own) :], environment=complete, terminal=True, **streams)
        return subprocess.Popen(
            command,
            start_new_session=True,
            preexec_fn=_own_terminal,  # noqa: PLW1509 - the test has no other thread
            env=complete,
            **streams,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for handle in (self._master, self._slave):
            if handle >= 0:
                os.close(handle)

    @property
    def modes(self) -> list[Any]:
        """The present modes of the terminal."""
        return termios.tcgetattr(self._slave)

    @property
    def text(self) -> str:
        """The program's output, without control sequences. Whole lines are cleaned once, so that waiting for a megabyte takes no minute."""
        end = self.written.rfind(b"\n", self._cleaned) + 1
        if end > self._cleaned:
            self._lines += _clean(self.written[self._cleaned : end])
            self._cleaned = end
        return self._lines + _clean(self.written[self._cleaned :])

    def unread(self) -> bytes:
        """The input that the program has not read. The next program on the terminal would read it."""
        tty.setraw(self._slave, termios.TCSANOW)
        unread = b""
        while select.select([self._slave], [], [], 0.1)[0]:
            unread += os.read(self._slave, 4096)
        return unread

    def type(self, keys: str) -> None:
        """Sends keys."""
        os.write(self._master, keys.encode())

    def offer(self, data: bytes) -> int:
        """Sends as much input as there is room for, and returns how much."""
        os.set_blocking(self._master, False)
        try:
            return os.write(self._master, data)
        except BlockingIOError:
            return 0
        finally:
            os.set_blocking(self._master, True)

    def pour(self, data: bytes) -> None:
        """Sends much input, as fast as the program takes it, and reads its output meanwhile."""

        def sent() -> bool:
            nonlocal data
            data = data[self.offer(data[:65536]) :]
            return not data

        self.until(sent, "room for input")

    def answer(self) -> None:
        """Sends the answers that were held back. Later answers are sent at once."""
        self._late = False
        os.write(self._master, self._owed)
        self._owed = b""

    def hang_up(self) -> None:
        """Closes the terminal."""
        os.close(self._slave)
        os.close(self._master)
        self._slave = self._master = -1

    def read(self, wait_s: float = 0.05) -> None:
        """Reads the program's output, and answers its queries."""
        if self._master < 0 or not select.select([self._master], [], [], wait_s)[0]:
            return
        try:
            self.written += os.read(self._master, 65536)
        except OSError:
            return
        for match in _ASKED.finditer(self.written, self._seen):
            self._seen = match.end()
            self._take(match)
        # Only an incomplete query is searched again, so that the cost of a read does not grow with the length of the session.
        self._seen = max(self._seen, len(self.written) - _LONGEST_QUESTION)
        if self._owed and not self._late:
            self.answer()

    def until(self, condition: Callable[[], object], what: object = "") -> None:
        """Reads until `condition` is true."""
        deadline_s = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline_s, f"{what!r} did not come:\n{self.text[-3000:]}"
            self.read()

    def wait(self, text: str, count: int = 1) -> None:
        """Reads until `text` was written `count` times."""
        self.until(lambda: self.text.count(text) >= count, text)

    def end(self) -> int:
        """Reads until the program exits, and returns its exit code."""
        self.until(lambda: self.process.poll() is not None, "the end")
        while select.select([self._master], [], [], 0)[0] if self._master >= 0 else False:
            before = len(self.written)
            self.read(0)
            if len(self.written) == before:
                break
        return self.process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the program."""
        os.kill(self.process.pid, number)

    def _take(self, match: re.Match[bytes]) -> None:
        asked = match.group()
        if asked == b"\x1b[c":
            self._owed += b"\x1b[?62;22c"
        elif asked == b"\x1b[6n":
            self._owed += b"\x1b[1;1R"
        elif asked.startswith(b"\x1b]11"):
            self._owed += self._background
        elif self._kind == "legacy":
            return
        elif asked == b"\x1b[?2026$p":
            self._owed += b"\x1b[?2026;2$y"
        elif asked == b"\x1b[?u":
            self._owed += f"\x1b[?{self.flags[-1]}u".encode()
        elif asked == b"\x1b[<u":
            self.flags.pop()
            self._owed += self.last_release
        else:
            granted = int(match.group(1))
            self.flags.append(granted if self._kind == "kitty" else granted & 1)


def _clean(written: bytes | bytearray) -> str:
    return _SEQUENCES.sub("", written.decode(errors="replace"))


def _own_terminal() -> None:
    fcntl.ioctl(1, termios.TIOCSCTTY, 0)


def player(*arguments: str) -> list[str]:
    """The command line of `chat_player`."""
    return forked.command("chat_player", *arguments)
