"""Decodes compressed sound in a child process with limits on memory and time, because its decoders are native code and files come from anywhere.

The child gets the open file and nothing else; it sends frames, a piece at a time (docs/decisions/0032-files-of-strangers-in-children.md).
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
from collections.abc import Iterator
from typing import BinaryIO, Final, cast

from voicecli.audio.decode_child import FRAMES, KINDS
from voicecli.audio.packed_samples import Frames, unpacked
from voicecli.audio.pyav_decoder import SAMPLE_BYTES, Packed, UndecodableError
from voicecli.audio.sound_limits import HIGHEST_RATE_HZ, LOWEST_RATE_HZ, MOST_CHANNELS, MOST_PIECE_SAMPLES
from voicecli.confined import Child, ChildGoneError, ChildSlowError

WAIT_S: Final = 30.0
"""How long the next piece may take. Processor time has a shorter limit in the child."""

CRASHED: Final = "is damaged: its decoder crashed, or took too much time or memory"
COPIED_AT_A_TIME: Final = 1 << 20
"""How much of a stream is copied at once, in bytes, before a decoder that needs a file gets it."""

MOST_MESSAGE_BYTES: Final = max(SAMPLE_BYTES.values()) * MOST_PIECE_SAMPLES + 1024
"""Largest message that the decoder may send: one block of the largest samples and its header, in bytes."""


class DecoderApart:
    """Decodes the first sound track of a file in a child process; otherwise like `decode.Decoder`.

    Args:
        stream: The file. It must be seekable; it is decoded from its first byte.

    Raises:
        UndecodableError: No decoder supports the file.
        OSError: The child cannot be started, or the file cannot be read.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.lost_s = 0.0
        """Seconds of sound that could not be decoded, once all of it was read."""
        self.lost_packets = 0
        with _as_file(stream) as file:
            self._child = Child("voicecli.audio.decode_child", stdin=file, most_bytes=MOST_MESSAGE_BYTES)
        try:
            self.duration_s, self.knows_duration = _about(self._next(b"I"))
        except BaseException:
            self._child.close()
            raise

    def close(self) -> None:
        """Ends the child."""
        self._child.close()

    def frames(self) -> Iterator[Frames]:
        """Yields what can be decoded.

        Raises:
            UndecodableError: Nothing could be decoded, the sound has an unusable format, or the decoder crashed.
        """
        while True:
            kind, body = self._receive()
            match kind:
                case b"F":
                    yield _frames(body)
                case b"E":
                    self.lost_s, self.lost_packets = _lost(body)
                    return
                case _:
                    raise UndecodableError(body.decode("utf-8", "replace"))

    def _next(self, wanted: bytes) -> bytes:
        kind, body = self._receive()
        if kind != wanted:
            raise UndecodableError(body.decode("utf-8", "replace"))
        return body

    def _receive(self) -> tuple[bytes, bytes]:
        try:
            return self._child.receive(WAIT_S)
        except ChildSlowError as error:
            raise UndecodableError("takes too long to decode") from error
        except ChildGoneError as error:
            raise UndecodableError(CRASHED) from error


def _about(body: bytes) -> tuple[float | None, bool]:
    match _json(body):
        case [float() | int() | None as duration_s, bool(knows)]:
            return duration_s, knows
        case _:
            raise UndecodableError(CRASHED)


def _lost(body: bytes) -> tuple[float, int]:
    match _json(body):
        case [float() | int() as lost_s, int(packets)]:
            return float(lost_s), packets
        case _:
            raise UndecodableError(CRASHED)


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UndecodableError(CRASHED) from error


def _frames(body: bytes) -> Frames:
    """The frames of a message. The child may have been taken over by the file, so what it says is checked."""
    if len(body) < FRAMES.size:
        raise UndecodableError(CRASHED)
    rate_hz, channels, kind = FRAMES.unpack_from(body)
    right = LOWEST_RATE_HZ <= rate_hz <= HIGHEST_RATE_HZ and 1 <= channels <= MOST_CHANNELS and kind < len(KINDS)
    data = body[FRAMES.size :]
    if not right or len(data) % (channels * SAMPLE_BYTES[KINDS[kind]]):
        raise UndecodableError(CRASHED)
    return unpacked(Packed(kind=KINDS[kind], channels=channels, rate_hz=rate_hz, data=data))


def _as_file(stream: BinaryIO) -> BinaryIO:
    """Returns a file of the system with the content of `stream`, at its first byte: a second handle of the same file, or a copy in memory."""
    try:
        descriptor = stream.fileno()
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.lseek(descriptor, 0, os.SEEK_SET)
            return os.fdopen(os.dup(descriptor), "rb")
    except (OSError, AttributeError):  # a stream in memory
        pass
    copy = unnamed()
    stream.seek(0)
    while part := stream.read(COPIED_AT_A_TIME):
        copy.write(part)
    copy.seek(0)
    return copy


def unnamed() -> BinaryIO:
    """Returns an empty file without a name: in memory where the system has such files, because it holds what was said."""
    memory = getattr(os, "memfd_create", None)
    if memory is not None:
        return os.fdopen(memory("sound"), "w+b")
    return cast("BinaryIO", tempfile.TemporaryFile())
