"""A reader of WAV (RIFF) files that keeps half a second of sound in memory.

The standard library's `wave` supports neither floating point nor a header that was never completed. Both are common: the first from
editors, the second from recorders that write into a pipe or were killed. Source of the layout: Microsoft's
"Multimedia Programming Interface and Data Specifications 1.0" and the WAVEFORMATEXTENSIBLE page; RF64 is EBU Tech 3306.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from voicecli.audio.sound_limits import HIGHEST_RATE_HZ, LOWEST_RATE_HZ, MOST_CHANNELS, MOST_PIECE_SAMPLES
from voicecli.pcm import Float

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
CODECS = {
    2: "Microsoft ADPCM",
    6: "A-law",
    7: "mu-law",
    0x11: "IMA ADPCM",
    0x31: "GSM 6.10",
    0x55: "MP3",
    0xFF: "AAC",
    0x161: "Windows Media Audio",
}
UNKNOWN_SIZE = 0x7FFF_F000
"""Writers that do not know the size write this value or a larger one (sox writes this, most others the largest 32-bit number)."""

UNKNOWN = 0xFFFF_FFFF
"""The largest such value. In RF64 it means that the size is in the chunk `ds64`."""

FORMAT_BYTES = 16
EXTENSIBLE_BYTES = 26
DS64_BYTES = 16
MOST_HEADER_BYTES = 65_536
"""The most that is kept of a chunk that is not sound."""

MOST_CHUNKS = 10_000
"""The most chunks before the sound. Editors write a dozen."""

LOUDEST = 16.0
"""The largest floating-point sample that is kept, 24 dB above full scale. Squares and sums of larger ones overflow."""


class Readable(Protocol):
    """Something to read bytes from."""

    def read(self, size: int = -1, /) -> bytes:
        """Reads up to `size` bytes; none at the end."""
        ...


class RiffError(ValueError):
    """The bytes are not a readable WAV file. The message says why and can follow the file's name."""


class OtherCodec(RiffError):
    """The file is a WAV file whose sound is compressed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How samples are stored in the file.

    Attributes:
        codec: `PCM` or `FLOAT`.
        channels: Samples per frame.
        rate_hz: Frames per second.
        sample_bytes: Bytes per sample.
    """

    codec: int
    channels: int
    rate_hz: int
    sample_bytes: int

    @property
    def frame_bytes(self) -> int:
        """Bytes per frame."""
        return self.channels * self.sample_bytes


def is_riff(head: bytes) -> bool:
    """Whether the first 12 bytes of a file are those of a WAV file."""
    return head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE"


class RiffReader:
    """Reads a WAV file from front to back. The stream need not be seekable.

    Args:
        stream: The file, positioned at its first byte.

    Raises:
        RiffError: It cannot be read.
        OtherCodec: It is a WAV file with an unsupported codec or sample format.
    """

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        if not is_riff(head := _exactly(stream, 12)):
            raise RiffError("is not a WAV file")
        riff_size = struct.unpack_from("<I", head, 4)[0]
        layout: Layout | None = None
        large_size: int | None = None
        at = 12
        for _ in range(MOST_CHUNKS):
            if len(header := _exactly(stream, 8)) < 8:  # noqa: PLR2004 - a chunk's name and size
                break
            kind, size = struct.unpack("<4sI", header)
            at += 8
            if kind == b"data":
                if layout is None:
                    raise RiffError("is damaged: its sound comes before the description of it")
                self.layout = layout
                self._begin(size, large_size, at=at, riff_size=riff_size)
                return
            wanted = min(size, MOST_HEADER_BYTES)
            body = _exactly(stream, wanted)
            whole = len(body) == wanted and _skip(stream, size - wanted + size % 2)  # chunks start at even offsets
            at += size + size % 2
            if kind == b"fmt " and len(body) == wanted:
                layout = _layout(body)
            elif kind == b"ds64" and len(body) >= DS64_BYTES:
                large_size = struct.unpack_from("<Q", body, 8)[0]
            if not whole:
                break
        raise RiffError("is cut off: its header is there, its sound is not")

    def _begin(self, size: int, large_size: int | None, *, at: int, riff_size: int) -> None:
        self.data_bytes: int | None = size
        """The stated size of the sound; None if the writer did not know it."""
        self.read_bytes = 0
        if large_size is not None and size == UNKNOWN:
            self.data_bytes = large_size
        elif size >= UNKNOWN_SIZE or (size == 0 and not at < riff_size + 8 < UNKNOWN_SIZE):
            self.data_bytes = None  # a header that was never completed

    @property
    def duration_s(self) -> float | None:
        """The stated length in seconds; None if the writer did not know it."""
        return None if self.data_bytes is None else self._seconds(self.data_bytes)

    @property
    def missing(self) -> str | None:
        """After reading: what the file lacks, as a clause that can follow its name; None if it is complete."""
        if self.data_bytes is None or self.read_bytes >= self.data_bytes:
            return None
        return f"is cut off: {self._seconds(self.read_bytes):.1f} s of its {self._seconds(self.data_bytes):.1f} s are there"

    def frames(self, longest_s: float = 0.5) -> Iterator[Float]:
        """Yields the frames, shape (n, channels), full scale ±1.0, in pieces of `longest_s` or less."""
        longest = round(self.layout.rate_hz * longest_s)
        step = max(1, min(longest, MOST_PIECE_SAMPLES // self.layout.channels)) * self.layout.frame_bytes
        while True:
            left = step if self.data_bytes is None else min(step, self.data_bytes - self.read_bytes)
            raw = _exactly(self._stream, left)
            self.read_bytes += len(raw)
            if whole := len(raw) - len(raw) % self.layout.frame_bytes:
                yield _frames(self.layout, raw[:whole])
            if len(raw) < step:
                return

    def _seconds(self, data_bytes: int) -> float:
        return data_bytes / self.layout.frame_bytes / self.layout.rate_hz


def _exactly(stream: Readable, count: int) -> bytes:
    """Reads the next `count` bytes, or fewer at the end. A pipe may return fewer at a time."""
    parts: list[bytes] = []
    while count > 0 and (part := stream.read(count)):
        parts.append(part)
        count -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _skip(stream: Readable, count: int) -> bool:
    """Skips `count` bytes. Returns False if there are fewer."""
    while count > 0:
        part = stream.read(min(count, MOST_HEADER_BYTES))
        if not part:
            return False
        count -= len(part)
    return True


def _layout(fmt: bytes) -> Layout:
    if len(fmt) < FORMAT_BYTES:
        raise RiffError("is damaged: the description of its sound is too short")
    codec, channels, rate_hz, _, frame_bytes, bits = struct.unpack_from("<HHIIHH", fmt)
    if codec == EXTENSIBLE and len(fmt) >= EXTENSIBLE_BYTES:
        codec = struct.unpack_from("<H", fmt, 24)[0]  # the actual codec is at the start of the subformat's identifier
    if codec not in (PCM, FLOAT):
        raise OtherCodec(f"holds {CODECS.get(codec, f'a kind of sound (number {codec:#06x})')}, which is not read")
    sample_bytes = frame_bytes // channels if channels else 0
    readable = {PCM: (1, 2, 3, 4), FLOAT: (4, 8)}[codec]
    if sample_bytes not in readable or frame_bytes != sample_bytes * channels:
        raise OtherCodec(
            f"holds samples of {bits} bits in {frame_bytes} bytes for {channels} channels, which is not read"
        )
    if not LOWEST_RATE_HZ <= rate_hz <= HIGHEST_RATE_HZ:
        raise RiffError(f"is damaged or no speech: its sample rate would be {rate_hz} Hz")
    if channels > MOST_CHANNELS:
        raise RiffError(f"is damaged: it would have {channels} channels")
    return Layout(codec=codec, channels=channels, rate_hz=rate_hz, sample_bytes=sample_bytes)


def bounded(samples: NDArray[np.float32 | np.float64]) -> Float:
    """Returns floating-point samples without those that are no sound: not-a-number is silence, and nothing is louder than `LOUDEST`."""
    finite = np.nan_to_num(samples, posinf=LOUDEST, neginf=-LOUDEST)
    kept: Float = np.clip(finite, -LOUDEST, LOUDEST).astype(np.float32)
    return kept


def _frames(layout: Layout, raw: bytes) -> Float:
    samples: Float
    match layout.codec, layout.sample_bytes:
        case 1, 1:  # the only unsigned format
            samples = (np.frombuffer(raw, dtype=np.uint8).astype(np.float32) - 128) / np.float32(2**7)
        case 1, 2:
            samples = np.frombuffer(raw, dtype="<i2").astype(np.float32) / np.float32(2**15)
        case 1, 3:
            wide = np.zeros((len(raw) // 3, 4), dtype=np.uint8)  # each sample goes into the high bytes of 32 bits
            wide[:, 1:] = np.frombuffer(raw, dtype=np.uint8).reshape(-1, 3)
            samples = wide.view("<i4")[:, 0].astype(np.float32) / np.float32(2**31)
        case 1, 4:
            samples = np.frombuffer(raw, dtype="<i4").astype(np.float32) / np.float32(2**31)
        case _, width:
            samples = bounded(np.frombuffer(raw, dtype=f"<f{width}"))
    frames: Float = samples.reshape(-1, layout.channels)
    return frames
