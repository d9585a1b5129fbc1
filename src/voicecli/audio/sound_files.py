"""Sound files: reads whole files, and writes files incrementally."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import stat
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np

from voicecli.audio import wav_reader
from voicecli.audio.sound_reader import SoundReader, Source
from voicecli.errors import AudioError, UnsupportedFormat
from voicecli.pcm import Pcm, silence

log = logging.getLogger(__name__)

SUFFIXES = frozenset(
    {".wav", ".flac", ".mp3", ".ogg", ".opus", ".oga", ".m4a", ".aac", ".aiff", ".aif", ".webm", ".wma"}
)
"""Suffixes of sound files."""

LONGEST_S = 2 * 3600.0
"""The longest file that is read as a whole. `SoundReader` reads files of any length."""


def read_wav(source: Source) -> tuple[Pcm, float]:
    """Reads a WAV file: 8, 16, 24 or 32 bits or floating point, any number of channels.

    Args:
        source: The path or stream to read.

    Returns:
        The sound as mono at 16 kHz, and its length in seconds.

    Raises:
        UnsupportedFormat: It is not a WAV file, is empty, or is longer than `LONGEST_S`.
        AudioError: It cannot be opened.
    """
    return _whole(SoundReader(source, only_wav=True))


def read_audio(source: Source, *, own: bool = False) -> tuple[Pcm, float]:
    """Reads a WAV, FLAC, MP3, Ogg, Opus, AAC or AIFF file, or the sound of a film. Otherwise like `read_wav`.

    Files other than WAV are decoded by PyAV, which is installed with faster-whisper, in a process of its own.

    Args:
        source: The path or stream to read.
        own: Whether voicecli wrote the file into a private folder, so that it may be decoded in this process.
    """
    return _whole(SoundReader(source, own=own))


def _whole(reader: SoundReader) -> tuple[Pcm, float]:
    parts = []
    with reader:
        for pcm in reader:
            parts.append(pcm)
            if reader.read_s > LONGEST_S:
                message = f"{reader.name} is longer than {LONGEST_S / 3600:.0f} hours, which is too long here."
                raise UnsupportedFormat(message, f"voicecli transcribe {reader.name}")
    for note in reader.notes:
        log.warning("%s", note)
    return (np.concatenate(parts) if parts else silence(0)), reader.read_s


class WavWriter:
    """Writes a mono 16-bit WAV file that can be played at any time while it grows, even if the program is killed.

    The data and an updated header are written after every second of sound. The file is readable by the user only (0600). In a stream that
    is not seekable, the header says that the length is unknown.

    Thread: one at a time.

    Args:
        path: The file to write. An existing file is replaced.
        rate_hz: Rate of the samples.
        into: An open file to write to from its current position. `path` is then only used in messages.

    Raises:
        AudioError: The file cannot be created.
    """

    HEADER_BYTES = 44
    LARGEST = 0xFFFF_FFFF

    def __init__(self, path: str | Path, rate_hz: int, *, into: BinaryIO | None = None) -> None:
        self.path = Path(path)
        self.rate_hz = rate_hz
        self.samples = 0
        self._samples_in_header = 0
        try:
            self._file = _private(self.path) if into is None else into
            self._begins_at = self._file.tell() if _can_go_back(self._file) else None
            self._file.write(self._header())
            if self._begins_at is None:
                self._file.flush()  # so that a reader of the stream need not wait for the first sound
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
                with contextlib.suppress(OSError):  # close tries once more to write the rest of the buffer
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
        if self._begins_at is not None:
            end = self._file.tell()
            self._file.seek(self._begins_at)
            self._file.write(self._header())
            self._file.flush()
            self._file.seek(end)

    def _header(self) -> bytes:
        data_bytes = min(self.samples * 2, self.LARGEST - self.HEADER_BYTES)
        riff_bytes = data_bytes + self.HEADER_BYTES - 8
        if self._begins_at is None:
            data_bytes = riff_bytes = self.LARGEST  # unknown, as ffmpeg and sox write it
        return struct.pack(
            "<4sI4s4sIHHIIHH4sI",
            *(b"RIFF", riff_bytes, b"WAVE"),
            *(b"fmt ", 16, wav_reader.PCM, 1, self.rate_hz, self.rate_hz * 2, 2, 16),
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


def _private(path: Path) -> BinaryIO:
    """Opens and truncates a file that only the user can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
    if hasattr(os, "fchmod") and stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.fchmod(descriptor, 0o600)  # the file may have existed before
    return os.fdopen(descriptor, "wb")


def _can_go_back(file: BinaryIO) -> bool:
    """Whether the header can be overwritten later. It cannot in a pipe, or in a file opened for appending (`>>`), whose position means nothing."""
    if not file.seekable():
        return False
    if sys.platform == "win32":
        return True
    import fcntl

    return not fcntl.fcntl(file.fileno(), fcntl.F_GETFL) & os.O_APPEND
