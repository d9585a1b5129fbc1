"""The sound file that a user names. Its content matches its suffix, it appears complete or not at all, and no other file is destroyed for it.

Only a sound file or an empty file may be replaced without `--force`. A name without the suffix of a sound file is rejected, so that a
mistyped device or a text is never mistaken for a file. `-` and everything that is not a regular file (a pipe, /dev/stdout) gets a WAV stream.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from voicecli.audio.sound_files import WavWriter
from voicecli.errors import AudioError, ConfigError, UnsupportedFormat, WouldOverwrite
from voicecli.pcm import Pcm

STDOUT = "-"
"""What a user writes to send sound to standard output."""

WRITABLE = (".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".m4a", ".aac", ".aiff", ".aif")
"""Suffixes of the files that can be written."""

_DESCRIPTOR = re.compile(r"/dev/(?:(stdout)|fd/(\d+))|/proc/self/fd/(\d+)")


class Writer(Protocol):
    """Writes samples to an open file."""

    @property
    def samples(self) -> int:
        """The number of samples written."""
        ...

    def write(self, pcm: Pcm) -> None:
        """Appends samples. Raises `AudioError`."""
        ...

    def close(self) -> None:
        """Completes the file. May be called twice. Raises `AudioError`."""
        ...


def check_target(target: str | Path, *, force: bool = False) -> None:
    """Checks that sound may be written to `target`. Changes nothing.

    Args:
        target: A file, a device, or `-` for standard output.
        force: Whether a file that is not a sound file may be replaced.

    Raises:
        ConfigError: Standard output is a terminal.
        UnsupportedFormat: The name lacks the suffix of a sound file that can be written.
        WouldOverwrite: A file of that name exists and is not a sound file.
        AudioError: It is a folder, or its folder does not exist.
    """
    if is_stdout(target):
        if sys.stdout.isatty():
            raise ConfigError(
                "Standard output is a terminal, which cannot play sound.", "Pipe it on, or leave -o out to hear it."
            )
        return
    path = Path(target)
    if path.is_dir():
        raise AudioError(f"{path} cannot be written: Is a directory.", f"ls -ld {path}")
    if not _is_ordinary(path):
        return
    if path.suffix.lower() not in WRITABLE:
        named = f"{path.name} has no suffix" if not path.suffix else f"{path.suffix} files cannot be written"
        raise UnsupportedFormat(
            f"{path} is not the name of a sound file: {named}.",
            f"Name it {path.stem or 'out'}.wav; {', '.join(WRITABLE[1:7])} are written too.",
        )
    if not path.parent.is_dir():
        raise AudioError(f"{path} cannot be written: No such file or directory.", f"mkdir -p {path.parent}")
    if not force and not _may_be_replaced(path):
        raise WouldOverwrite(f"{path} exists and is not a sound file.", "Name another file, or add --force.")


def is_stdout(target: str | Path) -> bool:
    """Whether sound for `target` goes to standard output."""
    return _descriptor(Path(target)) == 1


class SoundFile:
    """A mono sound file in the format of its suffix. It is created by `open` and put in place by `close`.

    Until then it is written next to the file that it will replace. If it is closed without any sound, or discarded, everything stays as it was.

    Thread: one at a time.

    Args:
        target: As in `check_target`.
        rate_hz: Rate of the samples. The file may have a higher one if its codec supports only certain rates.
        force: Whether a file that is not a sound file may be replaced.
        keep: Whether a new file has its final name from the start, so that it exists even if the program is killed.

    Raises:
        VoiceCliError: As `check_target`.
    """

    def __init__(self, target: str | Path, rate_hz: int, *, force: bool = False, keep: bool = False) -> None:
        check_target(target, force=force)
        self.path = Path(target)
        self.rate_hz = rate_hz
        self._keep = keep
        self._samples = 0
        self._writer: Writer | None = None
        self._written: Path | None = None
        """The file being written: a temporary one, or a new one in place; None for a stream."""

    @property
    def samples(self) -> int:
        """The number of samples written."""
        return self._writer.samples if self._writer is not None else self._samples

    def open(self) -> None:
        """Creates the file.

        Raises:
            AudioError: It cannot be created.
        """
        if self._writer is not None:
            return
        try:
            self._writer = self._make()
        except OSError as error:
            folder = self.path.parent
            raise AudioError(
                f"{self.path} cannot be written: {error.strerror or error}.", f"ls -ld {folder}"
            ) from error
        except AudioError:
            self._remove()
            raise

    def write(self, pcm: Pcm) -> None:
        """Appends samples.

        Raises:
            AudioError: The disk is full, or failed.
            BrokenPipeError: The stream's reader is gone.
        """
        self.open()
        assert self._writer is not None  # noqa: S101 - it is open
        with _readers():
            self._writer.write(pcm)

    def close(self) -> None:
        """Completes the file and puts it in place. May be called twice.

        Raises:
            AudioError: The disk is full, or failed. The earlier file still exists.
        """
        writer, self._writer = self._writer, None
        if writer is None:
            return
        self._samples = writer.samples
        try:
            with _readers():
                writer.close()
            if self._written is not None and writer.samples:
                self._put_in_place(self._written)
                self._written = None
        finally:
            self._remove()

    def discard(self) -> None:
        """Removes the file and leaves everything as it was. A stream keeps what was already written."""
        writer, self._writer = self._writer, None
        if writer is not None:
            with contextlib.suppress(AudioError):
                writer.close()
        self._remove()

    def _make(self) -> Writer:
        descriptor = _descriptor(self.path)
        if descriptor is not None:
            return WavWriter(self.path, self.rate_hz, into=os.fdopen(os.dup(descriptor), "wb"))
        if not _is_ordinary(self.path):
            return WavWriter(self.path, self.rate_hz)
        place = self.path.resolve()  # the target of a link is replaced, not the link
        if self._keep and not place.exists():
            handle = os.open(place, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
            self._written = place
        else:
            handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.stem}-", suffix=place.suffix)
            self._written = Path(name)
        if place.suffix.lower() == ".wav":
            return WavWriter(self.path, self.rate_hz, into=os.fdopen(handle, "wb"))
        os.close(handle)
        from voicecli.audio.pyav_encoder import EncodedWriter

        return EncodedWriter(self._written, self.rate_hz, shown=self.path)

    def _put_in_place(self, written: Path) -> None:
        place = self.path.resolve()
        try:
            if written != place:
                written.replace(place)
        except OSError as error:
            raise AudioError(f"{self.path} cannot be written: {error.strerror or error}.", f"ls -l {place}") from error

    def _remove(self) -> None:
        if self._written is not None:
            with contextlib.suppress(OSError):
                self._written.unlink(missing_ok=True)
            self._written = None


@contextlib.contextmanager
def _readers() -> Iterator[None]:
    """Re-raises the `BrokenPipeError` of a reader that is gone, because it is not a fault of the file. The program then ends as if by SIGPIPE."""
    try:
        yield
    except AudioError as error:
        if isinstance(error.__cause__, BrokenPipeError):
            raise error.__cause__ from None
        raise


def _descriptor(path: Path) -> int | None:
    """Returns the open descriptor that a name stands for. Opening it again would start at its beginning and truncate it."""
    if str(path) == STDOUT:
        return 1
    match = _DESCRIPTOR.fullmatch(str(path))
    if match is None:
        return None
    return 1 if match[1] else int(match[2] or match[3])


def _is_ordinary(path: Path) -> bool:
    """Whether the path is a regular file that can be replaced, or does not exist yet. Pipes, devices and standard output are not."""
    if _descriptor(path) is not None:
        return False
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return True


def _may_be_replaced(path: Path) -> bool:
    """Whether there is no file, an empty file, or one that starts like a sound file."""
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except FileNotFoundError:
        return True
    except OSError as error:
        raise AudioError(f"{path} cannot be written: {error.strerror or error}.", f"ls -l {path}") from error
    return not head or _is_sound(head)


def _is_sound(head: bytes) -> bool:
    match head[:4], head[8:12]:
        case (b"RIFF" | b"RF64", b"WAVE") | (b"FORM", b"AIFF" | b"AIFC"):
            return True
        case b"fLaC" | b"OggS", _:
            return True
    # MPEG audio without tags starts with a frame: layer III, or AAC's layer 0.
    frame = len(head) > 1 and head[0] == 0xFF and (head[1] & 0xE6 == 0xE2 or head[1] & 0xF6 == 0xF0)  # noqa: PLR2004 - bit masks
    return frame or head.startswith(b"ID3") or head[4:8] == b"ftyp"
