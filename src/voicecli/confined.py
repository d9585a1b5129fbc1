"""Runs code that handles files of strangers in a child process with limits on memory and time.

A decoder of sound and a template of a model are programs that somebody else feeds. What they do wrong stays in the child: it may crash, hang or
ask for all memory, and the caller gets an exception of this module. The walls against the network are inherited.

Messages in both directions are a kind (one byte), a length and that many bytes.
"""

from __future__ import annotations

import contextlib
import os
import struct
import subprocess
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER: Final = struct.Struct("<cI")

MEMORY_BYTES: Final = 1 << 30
"""The address space of a child. A decoder with its libraries takes 0.5 GB of it, most of it never touched."""

END_S: Final = 1.0
"""How long a child may take to end after its input was closed."""

if sys.platform == "win32":

    def _is_ready(_descriptor: int, _wait_s: float) -> bool:
        return True  # Windows cannot wait for a pipe; reading blocks

else:
    import select

    def _is_ready(descriptor: int, wait_s: float) -> bool:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(max(0.0, wait_s) * 1000))


class ChildGoneError(Exception):
    """The child ended: it crashed, took too much memory or processor time, or broke the protocol."""


class ChildSlowError(ChildGoneError):
    """The child did not answer in time and was ended."""


class Child:
    """A child process that runs a module of voicecli.

    Thread: one at a time.

    Args:
        module: The module, such as `voicecli.audio.decode_child`.
        stdin: The file that the child reads; None for a pipe, to which `send` writes.
        most_bytes: The longest message that is accepted from the child.

    Raises:
        OSError: The system starts no process.
    """

    def __init__(self, module: str, *, stdin: BinaryIO | int | None = None, most_bytes: int = 1 << 26) -> None:
        self._most_bytes = most_bytes
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE if stdin is None else stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # libraries write there what they think of a file
            env=_environment(os.environ),
            process_group=None
            if sys.platform == "win32"
            else 0,  # Ctrl-C and Ctrl-Z in the terminal are for the conversation
        )

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def send(self, kind: bytes, body: bytes = b"") -> None:
        """Sends a message.

        Raises:
            ChildGoneError: The child has ended.
        """
        assert self._process.stdin is not None  # noqa: S101 - it has a pipe
        try:
            self._process.stdin.write(HEADER.pack(kind, len(body)) + body)
            self._process.stdin.flush()
        except OSError as error:
            raise ChildGoneError from error

    def receive(self, wait_s: float) -> tuple[bytes, bytes]:
        """Returns the next message: its kind and its content.

        Raises:
            ChildSlowError: It did not arrive within `wait_s`.
            ChildGoneError: The child has ended, or sent something else.
        """
        until_s = time.monotonic() + wait_s
        kind, length = HEADER.unpack(self._exactly(HEADER.size, until_s))
        if length > self._most_bytes:
            self.close()
            raise ChildGoneError
        return kind, self._exactly(length, until_s)

    def close(self) -> None:
        """Ends the child; may be called twice."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):  # what was not sent is of no use any more
                    stream.close()
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _exactly(self, count: int, until_s: float) -> bytes:
        assert self._process.stdout is not None  # noqa: S101 - it has a pipe
        descriptor = self._process.stdout.fileno()
        data = bytearray()
        while len(data) < count:
            if not _is_ready(descriptor, until_s - time.monotonic()):
                self.close()
                raise ChildSlowError
            part = os.read(descriptor, count - len(data))
            if not part:
                self.close()
                raise ChildGoneError
            data += part
        return bytes(data)


# ---- the child's end


class Line:
    """The connection of a child to its parent. It sends on standard output, and receives on standard input if the parent sends messages there."""

    def __init__(self) -> None:
        # Libraries that print write to standard error from now on, and not into the messages.
        self._out = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)

    def send(self, kind: bytes, body: bytes = b"") -> None:
        """Sends a message. The process ends where nobody reads it."""
        try:
            self._out.write(HEADER.pack(kind, len(body)) + body)
            self._out.flush()
        except OSError:
            os._exit(0)

    def receive(self) -> tuple[bytes, bytes]:
        """Returns the next message from standard input. The process ends where no more can come."""
        kind, length = HEADER.unpack(self._exactly(HEADER.size))
        return kind, self._exactly(length)

    def _exactly(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            part = os.read(0, count - len(data))
            if not part:
                os._exit(0)
            data += part
        return bytes(data)


def limit_memory(most_bytes: int = MEMORY_BYTES) -> None:
    """Limits the address space of this process, its core and the files that it writes. Does nothing where the system has no such limits."""
    if sys.platform == "win32":
        return
    import resource

    for limit, most in ((resource.RLIMIT_AS, most_bytes), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0)):
        with contextlib.suppress(OSError, ValueError):  # macOS has no limit of the address space
            resource.setrlimit(limit, (most, most))


def limit_time(most_s: int) -> None:
    """Ends this process when it has used `most_s` seconds of processor time from now on, or up to one more."""
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(OSError, ValueError):
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + most_s + 1, hard))


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a child: libraries compute with one thread, whose stack is all the address space that they take for it."""
    return {**environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
