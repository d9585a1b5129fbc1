"""Compressed sound, decoded by PyAV a piece at a time.

Two faults of PyAV (18.1) end the whole program where a file has many channels, so both are kept out of the way:

- It counts the planes of a frame up to the first empty pointer. FFmpeg has room for eight and puts none behind them, so that with eight or more
  planar channels it goes on into memory that is not the frame's. Here all samples are packed: there is one plane, whatever the number of channels.
- It copies a channel layout without what the layout points to, and frees that with every copy. Layouts that name their channels one by one
  (AIFF, CAF and MOV files have them) are then freed twice. Here such a layout is replaced, before the decoder is opened, by one that only says how
  many channels there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from voicecli.audio.riff import HIGHEST_RATE_HZ, LOWEST_RATE_HZ, MOST_CHANNELS, MOST_PIECE_SAMPLES
from voicecli.pcm import Float

DEMUXERS = "aac,ac3,aiff,amr,asf,au,caf,flac,matroska,mov,mp3,ogg,opus,w64,wav,webm,wv"
"""The containers that PyAV may open. It knows many more, and some (playlists) would fetch what they name from elsewhere."""

EXACT = frozenset({"flac", "mov", "matroska", "w64", "aiff", "caf"})
"""Containers that say exactly how long their sound is. Others have it guessed from their size."""

MOST_PLANAR_CHANNELS = 64
"""What FFmpeg's converter takes."""

FULL_SCALES: dict[str, tuple[str, float]] = {
    "u8": ("u1", 2.0**7),
    "s16": ("<i2", 2.0**15),
    "s32": ("<i4", 2.0**31),
    "s64": ("<i8", 2.0**63),
    "flt": ("<f4", 1.0),
    "dbl": ("<f8", 1.0),
}
"""Packed sample formats: how they lie in memory, and their full scale."""


class UndecodableError(ValueError):
    """It cannot be decoded; the message can follow the file's name, and is empty where there is nothing more to say than that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """Sound of shape (n, channels), full scale ±1.0, at `rate_hz`."""

    samples: Float
    rate_hz: int


class Decoder:
    """Decodes the first sound track of a file.

    Args:
        stream: The file, at its first byte; it must be able to seek.

    Raises:
        UndecodableError: No decoder knows it.
    """

    def __init__(self, stream: Any) -> None:  # noqa: ANN401 - PyAV takes anything with read, seek and tell
        import av

        self.lost_s = 0.0
        """How much could not be decoded so far, as far as the file tells."""
        self.lost_packets = 0
        self.packets = 0
        try:
            self._container = av.open(stream, mode="r", options={"format_whitelist": DEMUXERS})
        except (av.FFmpegError, ValueError) as error:
            raise UndecodableError from error
        if not self._container.streams.audio:
            raise UndecodableError("holds no sound")
        self._track = self._container.streams.audio[0]
        codec: Any = self._track.codec_context
        if codec is None:  # PyAV has no decoder for it
            raise UndecodableError
        self._codec = codec
        if channels := self._codec.channels:
            self._codec.layout = f"{channels}C"
        told = self._container.duration
        self.duration_s = told / av.time_base if told is not None else None
        """How long the file says it is."""
        self.knows_duration = any(name in EXACT for name in self._container.format.name.split(","))
        """Whether it knows, or only guesses by its size."""

    def close(self) -> None:
        """Lets go of the file."""
        self._container.close()

    def frames(self) -> Iterator[Frames]:
        """What can be decoded; what cannot is counted and left out.

        Raises:
            UndecodableError: Nothing could be decoded, or it is nothing that could be used.
        """
        import av

        to_packed: Any = None
        shape: tuple[object, ...] = ()
        packets = iter(self._container.demux(self._track))
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                break
            except (av.FFmpegError, ValueError):  # ValueError: PyAV met a stream that it has no name for
                self.lost_packets += 1
                break
            try:
                decoded = self._codec.decode(packet)
            except (av.FFmpegError, ValueError):
                self.lost_packets += 1
                self.lost_s += float((packet.duration or 0) * (packet.time_base or 0))
                continue
            self.packets += bool(decoded)
            for frame in decoded:
                usable(frame.layout.nb_channels, frame.sample_rate, planar=frame.format.is_planar)
                if (seen := (frame.format.name, frame.layout.nb_channels, frame.sample_rate)) != shape:
                    shape, to_packed = seen, None
                if not frame.format.is_planar:
                    yield from _pieces(frame)
                    continue
                to_packed = to_packed or av.AudioResampler(format=frame.format.packed)
                for packed in to_packed.resample(frame):
                    yield from _pieces(packed)
        if not self.packets or self.lost_packets > self.packets:
            raise UndecodableError


def usable(channels: int, rate_hz: int, *, planar: bool) -> None:
    """Refuses what no recording of speech has, before it takes memory.

    Raises:
        UndecodableError: In words.
    """
    most = MOST_PLANAR_CHANNELS if planar else MOST_CHANNELS
    if channels > most:
        raise UndecodableError(f"has {channels} channels; {most} can be read")
    if not LOWEST_RATE_HZ <= rate_hz <= HIGHEST_RATE_HZ:
        raise UndecodableError(f"is damaged or no speech: its sample rate would be {rate_hz} Hz")


def _pieces(frame: Any) -> Iterator[Frames]:  # noqa: ANN401 - PyAV's frames
    """The samples of a packed frame."""
    kind, full_scale = FULL_SCALES[frame.format.name]
    channels, count = frame.layout.nb_channels, frame.samples
    raw = np.frombuffer(frame.planes[0], dtype=kind, count=count * channels).reshape(count, channels)
    step = max(1, MOST_PIECE_SAMPLES // channels)
    for start in range(0, count, step):
        samples = raw[start : start + step].astype(np.float32)
        if kind == "u1":
            samples -= full_scale
        yield Frames(samples=samples / np.float32(full_scale), rate_hz=frame.sample_rate)
