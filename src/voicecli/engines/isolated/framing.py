"""Frames between the conversation and the process of an engine, over a pair of connected sockets.

A frame is a head (a mark and two lengths), a JSON object, and sound as raw 16-bit samples. Only text, numbers and sound can be sent, so received data
is never executed. Lengths are limited, so a faulty process cannot make the other side use up all memory.
"""

from __future__ import annotations

import contextlib
import json
import select
import socket
import struct
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from voicecli.config.documents import build
from voicecli.engines.isolated.fields import Fields

if TYPE_CHECKING:
    from voicecli.pcm import Pcm

MARK: Final = b"vce1"
HEAD: Final = struct.Struct("<4sII")

LARGEST_FIELDS_BYTES: Final = 16 << 20
"""Far more than the longest conversation that any model can read."""

LARGEST_SOUND_BYTES: Final = 64 << 20
"""More than half an hour at 16 kHz; the longest utterance has two minutes."""

READ_BYTES: Final = 1 << 18
"""How much is read from the socket at once, at most."""


class GoneError(Exception):
    """The other side has closed the connection. This also happens when its process dies."""


class MalformedError(Exception):
    """The data received is not a frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One message between the two processes.

    Attributes:
        fields: A JSON object.
        sound: Samples, shape (n,); None if there are none.
    """

    fields: Fields
    sound: Pcm | None = None


class Wire:
    """One end of the connection.

    Thread: any thread may send; one thread receives.
    """

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._sending = threading.Lock()
        self._received = bytearray()
        self._closed = False

    def send(self, fields: Fields, sound: Pcm | None = None) -> None:
        """Sends a frame; waits until there is room.

        Raises:
            GoneError: The other side is gone.
            MalformedError: The frame would be too large.
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
        """Returns the next frame; None if none came in time. Without a limit it waits until one comes.

        Raises:
            GoneError: The other side is gone.
            MalformedError: The data received is not a frame.
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
        """Returns whether unread data or the end of the connection has arrived. Waits for it for at most `timeout_s`."""
        if self._closed:
            raise GoneError
        poll = select.poll()  # one for each call: two threads must not wait with the same object
        try:
            poll.register(self._socket, select.POLLIN)
            return bool(poll.poll(None if timeout_s is None else timeout_s * 1000))
        except (OSError, ValueError) as error:
            raise GoneError from error

    def close(self) -> None:
        """Ends the connection for both sides. May be called from any thread, also twice."""
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
            fields: object = json.loads(text)
        except ValueError as error:
            raise MalformedError from error
        if not isinstance(fields, dict):
            raise MalformedError
        return Frame(fields=build(Fields, fields), sound=np.frombuffer(samples, dtype=np.int16) if sound_mark else None)


def _check(text_bytes: int, sound_bytes: int) -> None:
    if text_bytes > LARGEST_FIELDS_BYTES or sound_bytes > LARGEST_SOUND_BYTES or sound_bytes % 2:
        raise MalformedError
