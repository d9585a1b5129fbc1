"""Decodes compressed sound with PyAV, a piece at a time.

PyAV 18.1 has two faults that crash the whole program on files with many channels. This module avoids both:

- PyAV counts the planes of a frame up to the first null pointer. FFmpeg has room for eight planes and adds no null pointer after them. With eight
  or more planar channels PyAV therefore reads memory outside the frame. This module packs all samples, so that there is only one plane.
- PyAV copies a channel layout without the data that the layout points to, and frees that data with every copy. Layouts that name each channel
  (AIFF, CAF and MOV files have them) are then freed twice. Before the decoder is opened, this module replaces such a layout by one that only
  gives the number of channels.

The process that decodes files of strangers imports this module. It does without NumPy, which takes longer to load than a short file to decode.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from voicecli.audio.sound_limits import HIGHEST_RATE_HZ, LOWEST_RATE_HZ, MOST_CHANNELS, MOST_PIECE_SAMPLES

if TYPE_CHECKING:
    import av

DEMUXERS = "aac,ac3,aiff,amr,asf,au,caf,flac,matroska,mov,mp3,ogg,opus,w64,wav,webm,wv"
"""The containers that PyAV may open. It supports many more, and some of them (playlists) would load what they name from elsewhere."""

EXACT = frozenset({"flac", "mov", "matroska", "w64", "aiff", "caf"})
"""Containers that store the exact duration. For others it is estimated from the file size."""

MOST_PLANAR_CHANNELS = 64
"""The most planar channels that FFmpeg's converter accepts."""

SAMPLE_BYTES: dict[str, int] = {"u8": 1, "s16": 2, "s32": 4, "s64": 8, "flt": 4, "dbl": 8}
"""Packed sample formats, as FFmpeg names them, and the bytes of a sample."""


class UndecodableError(ValueError):
    """The file cannot be decoded. The message can follow the file's name; it is empty if there is nothing more to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """Samples as a decoder made them, channel by channel for each moment. `kind` is a key of `SAMPLE_BYTES`."""

    kind: str
    channels: int
    rate_hz: int
    data: bytes


class Decoder:
    """Decodes the first sound track of a file.

    Args:
        stream: The file, positioned at its first byte: an object with `read`, `seek` and `tell`. It must be seekable.

    Raises:
        UndecodableError: No decoder supports the file.
    """

    def __init__(self, stream: object) -> None:
        import av

        self.lost_s = 0.0
        """Seconds of sound that could not be decoded so far, as far as the file states them."""
        self.lost_packets = 0
        self.packets = 0
        try:
            self._container = av.open(stream, mode="r", options={"format_whitelist": DEMUXERS})
        except (av.FFmpegError, ValueError) as error:
            raise UndecodableError from error
        if not self._container.streams.audio:
            raise UndecodableError("holds no sound")
        self._track = self._container.streams.audio[0]
        codec = _codec_of(self._track)
        if codec is None:
            raise UndecodableError
        self._codec = codec
        if channels := self._codec.channels:
            self._codec.layout = f"{channels}C"
        told = self._container.duration
        self.duration_s = told / av.time_base if told is not None else None
        """The duration according to the file."""
        self.knows_duration = any(name in EXACT for name in self._container.format.name.split(","))
        """Whether the duration is exact, or only estimated from the file size."""

    def close(self) -> None:
        """Closes the file."""
        self._container.close()

    def packed(self) -> Iterator[Packed]:
        """Yields what can be decoded. Packets that cannot be decoded are counted and left out.

        Raises:
            UndecodableError: Nothing could be decoded, or the sound has an unusable format.
        """
        import av

        to_packed: av.AudioResampler | None = None
        shape: tuple[object, ...] = ()
        packets = iter(self._container.demux(self._track))
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                break
            except (av.FFmpegError, ValueError):  # ValueError: PyAV has no name for the stream's format
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


def _codec_of(track: av.AudioStream) -> av.AudioCodecContext | None:
    """Returns the decoder of a track; None if PyAV has none for it, which its own types do not say."""
    return track.codec_context


def usable(channels: int, rate_hz: int, *, planar: bool) -> None:
    """Rejects formats that no recording of speech has, before they take memory.

    Raises:
        UndecodableError: The format is unusable; the message says why.
    """
    most = MOST_PLANAR_CHANNELS if planar else MOST_CHANNELS
    if channels > most:
        raise UndecodableError(f"has {channels} channels; {most} can be read")
    if not LOWEST_RATE_HZ <= rate_hz <= HIGHEST_RATE_HZ:
        raise UndecodableError(f"is damaged or no speech: its sample rate would be {rate_hz} Hz")


def _pieces(frame: av.AudioFrame) -> Iterator[Packed]:
    """Yields the samples of a packed frame."""
    kind, channels = frame.format.name, frame.layout.nb_channels
    width = channels * SAMPLE_BYTES[kind]
    data = memoryview(frame.planes[0])[: frame.samples * width]
    if len(data) < frame.samples * width:
        raise UndecodableError
    step = max(1, MOST_PIECE_SAMPLES // channels) * width
    for start in range(0, len(data), step):
        part = bytes(data[start : start + step])
        yield Packed(kind=kind, channels=channels, rate_hz=frame.sample_rate, data=part)
