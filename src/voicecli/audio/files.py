"""Sound files: read as a whole, written as they grow."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
import struct
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, TypeAlias

import numpy as np

from voicecli.audio import riff
from voicecli.audio.resample import resample
from voicecli.errors import AudioError, UnsupportedFormat
from voicecli.pcm import RATE_HZ, Float, Pcm, to_pcm

Source: TypeAlias = str | Path | BinaryIO
"""A path, or a stream of bytes that is read to its end."""

SUFFIXES = frozenset(
    {".wav", ".flac", ".mp3", ".ogg", ".opus", ".oga", ".m4a", ".aac", ".aiff", ".aif", ".webm", ".wma"}
)
"""What the names of sound files end in."""

DEMUXERS = "aac,ac3,aiff,amr,asf,au,caf,flac,matroska,mov,mp3,ogg,opus,w64,wav,webm,wv"
"""The containers that PyAV may open. It knows many more, and some (playlists) would fetch what they name from elsewhere."""


NO_SOUND = ("text file", "zip archive", "picture", "PDF document")
"""Kinds of files that no converter makes sound of."""


def read_wav(source: Source) -> tuple[Pcm, float]:
    """Reads a WAV file: 8, 16, 24 or 32 bits or floating point, any number of channels, any rate.

    Args:
        source: Where from.

    Returns:
        The sound as mono at 16 kHz, and how long it is in seconds.

    Raises:
        UnsupportedFormat: It is no such file, is empty or is cut off.
        AudioError: It cannot be opened.
    """
    name, data = _contents(source)
    return _from_wav(name, data)


def read_audio(source: Source) -> tuple[Pcm, float]:
    """Reads a WAV, FLAC, MP3, Ogg, Opus, AAC or AIFF file, or the sound of a film; otherwise like `read_wav`.

    What is not a WAV file is decoded by PyAV, which comes with faster-whisper.
    """
    name, data = _contents(source)
    try:
        return _from_wav(name, data) if riff.is_riff(data) else _decoded(name, data)
    except _OtherCodec as unread:
        with contextlib.suppress(UnsupportedFormat):
            return _decoded(name, data)
        raise unread from unread.__cause__  # which names the codec


class _OtherCodec(UnsupportedFormat):
    """A WAV file whose sound is compressed: for PyAV."""


def _contents(source: Source) -> tuple[str, bytes]:
    if not isinstance(source, str | Path):
        given = getattr(source, "name", None)
        name = given if isinstance(given, str) and not given.startswith("<") else "standard input"
        return name, _not_empty(name, source.read())
    path = Path(source)
    try:
        return path.name, _not_empty(path.name, path.read_bytes())
    except FileNotFoundError as error:
        raise AudioError(f"There is no file {path}.", f"ls {path.parent}") from error
    except OSError as error:
        raise AudioError(f"{path} cannot be read: {error.strerror or error}.", f"ls -l {path}") from error


def _not_empty(name: str, data: bytes) -> bytes:
    if not data:
        raise UnsupportedFormat(f"{name} is empty.", "Record or export it again.")
    return data


def _convert(name: str, kind: str = "") -> str:
    if kind.endswith(NO_SOUND):
        return "Give a WAV, FLAC, MP3 or Ogg file."
    return f"ffmpeg -i {name} -ac 1 -ar {RATE_HZ} {Path(name).stem}-16k.wav"


def _from_wav(name: str, data: bytes) -> tuple[Pcm, float]:
    try:
        layout, frames = riff.parse(data)
    except riff.OtherCodec as error:
        raise _OtherCodec(f"{name} {error}.", _convert(name)) from error
    except riff.RiffError as error:
        if riff.is_riff(data):
            raise UnsupportedFormat(f"{name} {error}.", _convert(name)) from error
        kind = _kind_of(data)
        raise UnsupportedFormat(f"{name} is {kind}, not a WAV file.", _convert(name, kind)) from error
    return _finished(name, frames, layout.rate_hz)


def _finished(name: str, frames: Float, rate_hz: int) -> tuple[Pcm, float]:
    """Frames of shape (n, channels) as mono at 16 kHz, and their length."""
    if not len(frames):
        raise UnsupportedFormat(f"{name} holds no sound.", "Record or export it again.")
    mono: Float = frames.mean(axis=1, dtype=np.float32)
    return resample(to_pcm(mono), rate_hz, RATE_HZ), len(frames) / rate_hz


def _decoded(name: str, data: bytes) -> tuple[Pcm, float]:
    import av

    kind = _kind_of(data)
    try:
        with av.open(io.BytesIO(data), mode="r", options={"format_whitelist": DEMUXERS}) as container:
            if not container.streams.audio:
                raise UnsupportedFormat(f"{name} holds no sound.", _convert(name))
            stream = container.streams.audio[0]
            to_floats = av.AudioResampler(format="fltp")
            parts = [
                floats.to_ndarray().T for frame in container.decode(stream) for floats in to_floats.resample(frame)
            ]
            parts += [floats.to_ndarray().T for floats in to_floats.resample(None)] if parts else []
            rate_hz = stream.codec_context.sample_rate
    except (av.FFmpegError, ValueError) as error:  # ValueError: PyAV met a stream that it has no name for
        raise UnsupportedFormat(f"{name} is {kind}, and cannot be read as sound.", _convert(name, kind)) from error
    return _finished(name, np.concatenate(parts) if parts else np.zeros((0, 1), dtype=np.float32), rate_hz)


def _kind_of(data: bytes) -> str:
    """What a file is, going by its first bytes; a noun with its article."""
    for magic, kind in (
        (b"RIFF", "a WAV file"),
        (b"RF64", "a WAV file"),
        (b"RIFX", "a big-endian WAV file"),
        (b"fLaC", "a FLAC file"),
        (b"OggS", "an Ogg file"),
        (b"ID3", "an MP3 file"),
        (b"\xff\xfb", "an MP3 file"),
        (b"\xff\xf1", "an AAC file"),
        (b"FORM", "an AIFF file"),
        (b"\x1aE\xdf\xa3", "a Matroska or WebM file"),
        (b"PK\x03\x04", "a zip archive"),
        (b"\x89PNG", "a picture"),
        (b"\xff\xd8\xff", "a picture"),
        (b"%PDF", "a PDF document"),
    ):
        if data.startswith(magic):
            return kind
    if data[4:8] == b"ftyp":
        return "an MP4 file"
    return "a text file" if _is_text(data[:1024]) else "of a kind that is not known"


def _is_text(head: bytes) -> bool:
    """Whether this could be the beginning of a text; a character that is cut in two at the end does not count."""
    text = head.decode("utf-8", errors="replace").rstrip("\ufffd")
    return all(character.isprintable() or character in "\t\r\n\f" for character in text) and "\ufffd" not in text


class WavWriter:
    """A mono WAV file of 16 bits that can be played at any time while it grows, even if the program is killed.

    Data is written out and the header brought up to date after every second of sound. The file is the user's alone (0600).

    Thread: one at a time.

    Args:
        path: Where to; what is there is replaced.
        rate_hz: Rate of the samples.

    Raises:
        AudioError: The file cannot be made.
    """

    HEADER_BYTES = 44
    LARGEST = 0xFFFF_FFFF

    def __init__(self, path: str | Path, rate_hz: int) -> None:
        self.path = Path(path)
        self.rate_hz = rate_hz
        self.samples = 0
        self._samples_in_header = 0
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
            if hasattr(os, "fchmod") and stat.S_ISREG(os.fstat(descriptor).st_mode):
                os.fchmod(descriptor, 0o600)  # the file may have been there before
            self._file = os.fdopen(descriptor, "wb")
            self._file.write(self._header())
        except OSError as error:
            folder = self.path.parent
            hint = f"ls -ld {folder}" if folder.exists() else f"mkdir -p {folder}"
            raise AudioError(f"{self.path} cannot be written: {error.strerror or error}.", hint) from error

    def write(self, pcm: Pcm) -> None:
        """Appends samples.

        Raises:
            AudioError: The disk is full, or failed.
        """
        with self._translated():
            self._file.write(pcm.astype("<i2", copy=False).tobytes())
            self.samples += len(pcm)
            if self.samples - self._samples_in_header >= self.rate_hz:
                self._bring_up_to_date()

    def close(self) -> None:
        """Completes the file; may be called twice.

        Raises:
            AudioError: The disk is full, or failed.
        """
        if self._file.closed:
            return
        with self._translated():
            try:
                self._bring_up_to_date()
            finally:
                with contextlib.suppress(OSError):  # the buffer that could not be written is tried once more by close
                    self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _bring_up_to_date(self) -> None:
        self._file.flush()
        self._samples_in_header = self.samples
        if self._file.seekable():
            end = self._file.tell()
            self._file.seek(0)
            self._file.write(self._header())
            self._file.flush()
            self._file.seek(end)

    def _header(self) -> bytes:
        data_bytes = min(self.samples * 2, self.LARGEST - self.HEADER_BYTES)
        return struct.pack(
            "<4sI4s4sIHHIIHH4sI",
            *(b"RIFF", data_bytes + self.HEADER_BYTES - 8, b"WAVE"),
            *(b"fmt ", 16, riff.PCM, 1, self.rate_hz, self.rate_hz * 2, 2, 16),
            *(b"data", data_bytes),
        )

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            reason = "the disk is full" if full else error.strerror or str(error)
            raise AudioError(f"{self.path} cannot be written: {reason}.", f"df -h {self.path.parent}") from error
