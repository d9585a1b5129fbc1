"""What is inside a WAV file: a reader of RIFF in memory.

The standard library's `wave` knows neither floating point nor a header that was never completed, and both are common: the first from
editors, the second from every recorder that writes into a pipe or was stopped the hard way. Source of the layout: Microsoft's
"Multimedia Programming Interface and Data Specifications 1.0" and the WAVEFORMATEXTENSIBLE page; RF64 is EBU Tech 3306.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
"""Sizes from here on are what writers put who did not know the size (sox this, most others the largest 32-bit number)."""

UNKNOWN = 0xFFFF_FFFF
"""The largest of them; in RF64 it says that the size is in the chunk `ds64`."""

FORMAT_BYTES = 16
EXTENSIBLE_BYTES = 26
DS64_BYTES = 16
HIGHEST_RATE_HZ = 768_000


class RiffError(ValueError):
    """These bytes are no WAV file that can be read; the message says why and can follow the file's name."""


class OtherCodec(RiffError):
    """It is a WAV file, whose sound is compressed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the sound lies in the file.

    Attributes:
        codec: `PCM` or `FLOAT`.
        channels: How many samples make a frame.
        rate_hz: Frames a second.
        sample_bytes: Bytes that a sample takes.
    """

    codec: int
    channels: int
    rate_hz: int
    sample_bytes: int

    @property
    def frame_bytes(self) -> int:
        """Bytes that a frame takes."""
        return self.channels * self.sample_bytes


def is_riff(head: bytes) -> bool:
    """Whether the first 12 bytes of a file are those of a WAV file."""
    return head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE"


def parse(data: bytes) -> tuple[Layout, Float]:
    """Reads a WAV file.

    Args:
        data: The whole file.

    Returns:
        How it is laid out, and its frames, shape (n, channels), full scale ±1.0.

    Raises:
        RiffError: It cannot be read.
        OtherCodec: It can, but not here.
    """
    if not is_riff(data):
        raise RiffError("is not a WAV file")
    riff_size = struct.unpack_from("<I", data, 4)[0]
    layout: Layout | None = None
    large_size: int | None = None
    at = 12
    while at + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, at)
        at += 8
        if kind == b"data":
            if layout is None:
                raise RiffError("is damaged: its sound comes before the description of it")
            there = len(data) - at
            if large_size is not None and size == UNKNOWN:
                size = large_size
            elif there < size >= UNKNOWN_SIZE or (size == 0 and riff_size + 8 != len(data)):
                size = there - there % layout.frame_bytes
            if size > there:
                told, found = (n / layout.frame_bytes / layout.rate_hz for n in (size, there))
                raise RiffError(f"is cut off: {found:.1f} s of its {told:.1f} s are there")
            return layout, _frames(layout, data[at : at + size - size % layout.frame_bytes])
        if at + size > len(data):
            break
        if kind == b"fmt ":
            layout = _layout(data[at : at + size])
        elif kind == b"ds64" and size >= DS64_BYTES:
            large_size = struct.unpack_from("<Q", data, at + 8)[0]
        at += size + size % 2  # chunks begin at even places
    raise RiffError("is cut off: its header is there, its sound is not")


def _layout(fmt: bytes) -> Layout:
    if len(fmt) < FORMAT_BYTES:
        raise RiffError("is damaged: the description of its sound is too short")
    codec, channels, rate_hz, _, frame_bytes, bits = struct.unpack_from("<HHIIHH", fmt)
    if codec == EXTENSIBLE and len(fmt) >= EXTENSIBLE_BYTES:
        codec = struct.unpack_from("<H", fmt, 24)[0]  # the real codec begins the subformat's identifier
    if codec not in (PCM, FLOAT):
        raise OtherCodec(f"holds {CODECS.get(codec, f'a kind of sound (number {codec:#06x})')}, which is not read")
    sample_bytes = frame_bytes // channels if channels else 0
    readable = {PCM: (1, 2, 3, 4), FLOAT: (4, 8)}[codec]
    if sample_bytes not in readable or frame_bytes != sample_bytes * channels:
        raise OtherCodec(
            f"holds samples of {bits} bits in {frame_bytes} bytes for {channels} channels, which is not read"
        )
    if not 0 < rate_hz <= HIGHEST_RATE_HZ:
        raise RiffError(f"is damaged: its sample rate would be {rate_hz} Hz")
    return Layout(codec=codec, channels=channels, rate_hz=rate_hz, sample_bytes=sample_bytes)


def _frames(layout: Layout, raw: bytes) -> Float:
    samples: NDArray[Any]
    match layout.codec, layout.sample_bytes:
        case 1, 1:  # the only one that is unsigned
            samples = (np.frombuffer(raw, dtype=np.uint8).astype(np.float32) - 128) / np.float32(2**7)
        case 1, 2:
            samples = np.frombuffer(raw, dtype="<i2").astype(np.float32) / np.float32(2**15)
        case 1, 3:
            wide = np.zeros((len(raw) // 3, 4), dtype=np.uint8)  # each sample moved up into the high bytes of 32 bits
            wide[:, 1:] = np.frombuffer(raw, dtype=np.uint8).reshape(-1, 3)
            samples = wide.view("<i4")[:, 0].astype(np.float32) / np.float32(2**31)
        case 1, 4:
            samples = np.frombuffer(raw, dtype="<i4").astype(np.float32) / np.float32(2**31)
        case _, width:
            samples = np.nan_to_num(np.frombuffer(raw, dtype=f"<f{width}").astype(np.float32), posinf=1.0, neginf=-1.0)
    frames: Float = samples.reshape(-1, layout.channels)
    return frames
