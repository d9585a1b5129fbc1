"""Writes compressed sound files with PyAV, which is installed with faster-whisper."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from voicecli.errors import AudioError, UnsupportedFormat
from voicecli.pcm import Pcm

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How a kind of file is encoded.

    Attributes:
        container: FFmpeg's name of the container.
        codec: FFmpeg's name of the encoder.
        bits_per_s: Bit rate, sufficient for one voice; 0 for lossless formats.
    """

    container: str
    codec: str
    bits_per_s: int = 0


OPUS = Format(container="ogg", codec="libopus", bits_per_s=48_000)
AIFF = Format(container="aiff", codec="pcm_s16be")

FORMATS: Final = {
    ".flac": Format(container="flac", codec="flac"),
    ".mp3": Format(container="mp3", codec="libmp3lame", bits_per_s=96_000),
    ".ogg": OPUS,
    ".oga": OPUS,
    ".opus": OPUS,
    ".m4a": Format(container="ipod", codec="aac", bits_per_s=96_000),
    ".aac": Format(container="adts", codec="aac", bits_per_s=96_000),
    ".aiff": AIFF,
    ".aif": AIFF,
}
"""Formats by suffix. FFmpeg's own Vorbis encoder does not support mono, so Ogg files contain Opus."""


class EncodedWriter:
    """Writes a mono file in one of `FORMATS`. The file is complete only when it is closed.

    Thread: one at a time.

    Args:
        path: The file to write. An existing file is replaced.
        rate_hz: Rate of the samples. The file gets the next higher rate that its codec supports.
        shown: The file's name in messages.

    Raises:
        UnsupportedFormat: This build of FFmpeg has no such encoder.
        AudioError: The file cannot be created.
    """

    def __init__(self, path: Path, rate_hz: int, *, shown: Path) -> None:
        import av

        self.samples = 0
        self._rate_hz = rate_hz
        self._shown = shown
        form = FORMATS[path.suffix.lower()]
        try:
            known_hz = av.Codec(form.codec, "w").audio_rates
        except av.codec.codec.UnknownCodecError as error:
            raise UnsupportedFormat(
                f"{shown} cannot be written: FFmpeg has no encoder {form.codec} here.", f"Name it {shown.stem}.wav"
            ) from error
        file_hz = min((hz for hz in known_hz or [rate_hz] if hz >= rate_hz), default=max(known_hz or [rate_hz]))
        with self._translated():
            self._container = av.open(str(path), "w", format=form.container)
            stream = self._container.add_stream(form.codec, rate=file_hz, layout="mono")
            self._stream = cast("av.AudioStream", stream)
            if form.bits_per_s:
                self._stream.bit_rate = form.bits_per_s
        self._open = True

    def write(self, pcm: Pcm) -> None:
        """Appends samples.

        Raises:
            AudioError: The disk is full, or failed.
        """
        if not len(pcm):
            return
        import av

        frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = self._rate_hz
        frame.pts = self.samples
        self.samples += len(pcm)
        self._encode(frame)

    def close(self) -> None:
        """Completes the file; may be called twice.

        Raises:
            AudioError: The disk is full, or failed.
        """
        if not self._open:
            return
        self._open = False
        try:
            self._encode(None)
        finally:
            with self._translated():
                self._container.close()

    def _encode(self, frame: AudioFrame | None) -> None:
        with self._translated():
            self._container.mux(self._stream.encode(frame))

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        import av

        try:
            yield
        except (av.FFmpegError, OSError, ValueError) as error:  # ValueError: the container does not know the codec
            full = getattr(error, "errno", 0) in (errno.ENOSPC, errno.EDQUOT)
            reason = "the disk is full" if full else getattr(error, "strerror", None) or str(error)
            raise AudioError(f"{self._shown} cannot be written: {reason}.", f"df -h {self._shown.parent}") from error
