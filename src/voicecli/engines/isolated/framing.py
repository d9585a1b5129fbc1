"""Frames between the conversation and the process of an engine, over a pair of connected sockets.

A frame is a head (a mark and two lengths), a JSON object and sound as raw 16-bit samples. Nothing but text, numbers and sound can be sent, so what
one side receives is never run. Lengths are limited, so a process that has gone mad cannot make the other one take all memory.
"""

from __future__ import annotations

import contextlib
import json
import select
import socket
import struct
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from voicecli.pcm import Pcm

Fields: TypeAlias = dict[str, Any]

MARK: Final = b"vce1"
HEAD: Final = struct.Struct("<4sII")

LARGEST_FIELDS_BYTES: Final = 16 << 20
"""Far more than the longest conversation that any model can read."""

LARGEST_SOUND_BYTES: Final = 64 << 20
"""More than half an hour at 16 kHz; the longest utterance has two minutes."""

READ_BYTES: Final = 1 << 18


class GoneError(Exception):
    """The other side has closed the connection, which it also does by dying."""


class MalformedError(Exception):
    """What came is no frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What travels at once.

    Attributes:
        fields: What can be written as JSON.
        sound: Samples, shape (n,); None where there are none.
    """

    fields: Fields
    sound: Pcm | None = None


class Wire:
    """One end of the connection.

    Thread: any may send; one receives.
    """

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._sending = threading.Lock()
        self._received = bytearray()
        self._closed = False

    def send(self, fields: Fields, sound: Pcm | None = None) -> None:
        """Sends a frame; waits for room.

        Raises:
            GoneError: The other side is gone.
            MalformedError: It would be too large.
        """
        import numpy as np

        text = json.dumps(fields, separators=(",", ":")).encode("ascii")
        samples = b"" if sound is None else np.ascontiguousarray(sound, dtype=np.int16).tobytes()
        _check(len(text), len(samples))
        # One more than the length, so that an empty sound and no sound differ.
        head = HEAD.pack(MARK, len(text), len(samples) + (sound is not None))
        try:
            with self._sending:
                self._socket.sendall(head + text + samples)
        except OSError as error:
            raise GoneError from error

    def receive(self, timeout_s: float | None = None) -> Frame | None:
        """The next frame; None when none came in time (without a limit: never).

        Raises:
            GoneError: The other side is gone.
            MalformedError: Something came that is no frame.
        """
        while (frame := self._take()) is None:
            if not self.waits(timeout_s):
                return None
            try:
                data = self._socket.recv(READ_BYTES)
            except OSError as error:
                raise GoneError from error
            if not data:
                raise GoneError
            self._received += data
        return frame

    def waits(self, timeout_s: float | None = 0.0) -> bool:
        """Whether something has come that nobody has taken yet, the end of the connection included; waits for it for so long."""
        if self._closed:
            raise GoneError
        poll = select.poll()  # one for each call: two threads may not wait with the same
        try:
            poll.register(self._socket, select.POLLIN)
            return bool(poll.poll(None if timeout_s is None else timeout_s * 1000))
        except (OSError, ValueError) as error:
            raise GoneError from error

    def close(self) -> None:
        """Ends the connection for both sides; may be called twice, and by any thread."""
        self._closed = True
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _take(self) -> Frame | None:
        import numpy as np

        if len(self._received) < HEAD.size:
            return None
        mark, text_bytes, sound_mark = HEAD.unpack_from(self._received)
        if mark != MARK:
            raise MalformedError
        sound_bytes = max(0, sound_mark - 1)
        _check(text_bytes, sound_bytes)
        end = HEAD.size + text_bytes + sound_bytes
        if len(self._received) < end:
            return None
        text = bytes(self._received[HEAD.size : HEAD.size + text_bytes])
        samples = bytes(self._received[HEAD.size + text_bytes : end])
        del self._received[:end]
        try:
            fields = json.loads(text)
        except ValueError as error:
            raise MalformedError from error
        if not isinstance(fields, dict):
            raise MalformedError
        return Frame(fields=fields, sound=np.frombuffer(samples, dtype=np.int16) if sound_mark else None)


def _check(text_bytes: int, sound_bytes: int) -> None:
    if text_bytes > LARGEST_FIELDS_BYTES or sound_bytes > LARGEST_SOUND_BYTES or sound_bytes % 2:
        raise MalformedError
