"""Reads any sound file as mono sound at 16 kHz, a piece at a time. An hour takes no more memory than a minute."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, TypeAlias

import numpy as np

from voicecli.audio import wav_reader
from voicecli.audio.decode_apart import DecoderApart, unnamed
from voicecli.audio.downmix import Downmix
from voicecli.audio.packed_samples import Frames, unpacked
from voicecli.audio.pyav_decoder import Decoder, UndecodableError
from voicecli.audio.resample import Resampler
from voicecli.errors import AudioError, UnsupportedFormat
from voicecli.pcm import RATE_HZ, Pcm, to_pcm

Source: TypeAlias = str | Path | BinaryIO
"""A path, or a stream of bytes that is read to its end."""

PIECE_S = 0.5
"""How much is mixed, resampled and returned at a time."""

MOST_PIPED_BYTES = 1 << 30
"""Limit for compressed sound from a pipe. It is kept in memory, because decoders seek in it. A WAV file from a pipe is not."""

NO_SOUND = ("text file", "zip archive", "picture", "PDF document")
"""Kinds of files that no converter can turn into sound."""

PIPED_AT_A_TIME = 1 << 20
HEAD_BYTES = 1024
LEAST_MISSING_S = 0.05
LEAST_MISSING = 0.01
"""How much shorter than its stated length a file must be to be reported, because codecs round to their frames."""


class SoundReader:
    """Reads a sound file from front to back, once.

    Args:
        source: The path or stream to read.
        only_wav: Whether files other than plain WAV are rejected.
        own: Whether the file was written by voicecli into a private folder, so that it may be decoded in this process, which is faster.

    Raises:
        UnsupportedFormat: It is not a supported sound file, or is empty.
        AudioError: It cannot be opened.
    """

    def __init__(self, source: Source, *, only_wav: bool = False, own: bool = False) -> None:
        self.notes: list[str] = []
        """Problems found in the file, in sentences, once all of it was read."""
        self.read_s = 0.0
        """How much was read so far, in seconds of the file."""
        self._riff: wav_reader.RiffReader | None = None
        self._decoder: Decoder | DecoderApart | None = None
        self._codec_unread: UnsupportedFormat | None = None  # names a WAV file's codec that the decoder may support
        self._first: Pcm | None = None
        self._sound = self._read()
        self._own = own
        self._replay: _Replay | None = None
        self._owned = isinstance(source, str | Path)
        self.name, self._stream = _opened(source)
        try:
            self._look_inside(only_wav=only_wav)
        except BaseException:
            self.close()
            raise

    @property
    def duration_s(self) -> float | None:
        """The stated length in seconds; None if the file does not state it."""
        if self._riff is not None:
            return self._riff.duration_s
        return self._decoder.duration_s if self._decoder is not None else None

    def begin(self) -> None:
        """Reads the first piece, so that a file without sound is found now.

        Raises:
            UnsupportedFormat: The file contains no sound.
            AudioError: Reading failed.
        """
        self._first = next(self._sound, None)

    def __iter__(self) -> Iterator[Pcm]:
        """Yields the sound in pieces of about `PIECE_S`.

        Raises:
            UnsupportedFormat: The file contains no sound.
            AudioError: Reading failed.
        """
        if self._first is not None:
            first, self._first = self._first, None
            yield first
        yield from self._sound

    def _read(self) -> Iterator[Pcm]:
        resampler: Resampler | None = None
        downmix: Downmix | None = None
        cancelled = False
        try:
            for frames in self._gathered():
                if resampler is None or downmix is None or frames.rate_hz != resampler.from_hz:
                    if resampler is not None:
                        yield resampler.finish()
                    resampler, downmix = Resampler(frames.rate_hz, RATE_HZ, "HQ"), Downmix(frames.rate_hz)
                self.read_s += len(frames.samples) / frames.rate_hz
                if len(pcm := resampler.feed(to_pcm(downmix.feed(frames.samples)))):
                    yield pcm
                cancelled = cancelled or downmix.cancelled
        except OSError as error:
            raise AudioError(f"{self.name} cannot be read: {error.strerror or error}.", f"ls -l {self.name}") from error
        except UndecodableError as error:
            raise self._refused(error) from error
        finally:
            self._release()
        if resampler is None:
            raise UnsupportedFormat(self._empty(), "Record or export it again.")
        if len(pcm := resampler.finish()):
            yield pcm
        self._note(cancelled=cancelled)

    def close(self) -> None:
        """Closes the file."""
        self._release()
        if self._owned:
            self._stream.close()

    def _release(self) -> None:
        """Ends the decoder, and removes the copy of what came through a pipe."""
        if self._decoder is not None:
            self._decoder.close()
        if self._replay is not None and self._replay.copy is not None:
            self._replay.copy.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _look_inside(self, *, only_wav: bool) -> None:
        self._replay = replay = _Replay(self._stream)
        self._head = replay.read(HEAD_BYTES)
        if not self._head:
            raise UnsupportedFormat(f"{self.name} is empty.", "Record or export it again.")
        replay.rewind()
        if only_wav or wav_reader.is_riff(self._head):
            try:
                self._riff = wav_reader.RiffReader(replay)
            except wav_reader.OtherCodec as error:
                self._codec_unread = UnsupportedFormat(f"{self.name} {error}.", convert(self.name))
                if only_wav:
                    raise self._codec_unread from error
                replay.rewind()
                self._decode(replay)
            except wav_reader.RiffError as error:
                if wav_reader.is_riff(self._head):
                    raise UnsupportedFormat(f"{self.name} {error}.", convert(self.name)) from error
                kind = kind_of(self._head)
                message = f"{self.name} is {kind}, not a WAV file."
                raise UnsupportedFormat(message, convert(self.name, kind)) from error
            else:
                replay.forget()
        else:
            self._decode(replay)

    def _decode(self, replay: _Replay) -> None:
        try:
            self._decoder = (Decoder if self._own else DecoderApart)(replay.seekable(self.name))
        except UndecodableError as error:
            raise self._refused(error) from error
        except OSError as error:
            raise AudioError(f"{self.name} cannot be read: {error.strerror or error}.", f"ls -l {self.name}") from error

    def _gathered(self) -> Iterator[Frames]:
        """Yields the file's frames in pieces of about `PIECE_S`."""
        parts: list[Frames] = []
        for frames in self._pieces():
            changed = parts and (
                frames.rate_hz != parts[0].rate_hz or frames.samples.shape[1] != parts[0].samples.shape[1]
            )
            if changed or sum(len(part.samples) for part in parts) >= PIECE_S * frames.rate_hz:
                yield _together(parts)
                parts = []
            if len(frames.samples):
                parts.append(frames)
        if parts:
            yield _together(parts)

    def _pieces(self) -> Iterator[Frames]:
        if self._riff is not None:
            for samples in self._riff.frames():
                yield Frames(samples=samples, rate_hz=self._riff.layout.rate_hz)
        elif isinstance(self._decoder, Decoder):
            yield from map(unpacked, self._decoder.packed())
        elif self._decoder is not None:
            yield from self._decoder.frames()

    def _empty(self) -> str:
        if self._riff is not None and self._riff.missing is not None:
            return f"{self.name} {self._riff.missing}."
        return f"{self.name} holds no sound."

    def _refused(self, error: UndecodableError) -> UnsupportedFormat:
        if self._codec_unread is not None and not str(error):
            return self._codec_unread
        kind = kind_of(self._head)
        why = str(error) or f"is {kind}, and cannot be read as sound"
        return UnsupportedFormat(f"{self.name} {why}.", convert(self.name, kind))

    def _note(self, *, cancelled: bool) -> None:
        if self._riff is not None and self._riff.missing is not None:
            self.notes.append(f"{self.name} {self._riff.missing}.")
        if self._decoder is not None and self._decoder.lost_packets:
            lost_s = self._decoder.lost_s
            much = f"{lost_s:.2f} s" if lost_s >= 0.01 else "Some"  # noqa: PLR2004 - less would be shown as 0
            self.notes.append(f"{much} of {self.name} is damaged and was left out.")
        if self._decoder is not None and self._decoder.knows_duration and self._decoder.duration_s is not None:
            told_s = self._decoder.duration_s
            if told_s - self.read_s - self._decoder.lost_s > max(LEAST_MISSING_S, LEAST_MISSING * told_s):
                message = f"{self.name} is damaged: {self.read_s:.1f} s of its {told_s:.1f} s are there."
                self.notes.append(message)
        if cancelled:
            self.notes.append(
                f"Mixing the channels of {self.name} would have lost sound: the loudest channel was taken there."
            )


class _Replay:
    """A stream whose beginning can be read again, even if it is a pipe."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._kept = b""
        self._at = 0
        self._keeps = True
        self.copy: BinaryIO | None = None
        """What `seekable` has copied."""

    def read(self, size: int = -1, /) -> bytes:
        """Reads up to `size` bytes; none at the end."""
        data = self._kept[self._at : self._at + size]
        self._at += len(data)
        if len(data) == size:
            return data
        if not self._keeps:
            self._kept, self._at = b"", 0
        while len(data) < size and (part := self._stream.read(size - len(data))):
            data += part
            if self._keeps:
                self._kept += part
                self._at += len(part)
        return data

    def rewind(self) -> None:
        """Starts reading from the beginning again."""
        self._at = 0

    def forget(self) -> None:
        """Keeps nothing of what is read from now on."""
        self._keeps = False

    def seekable(self, name: str) -> BinaryIO:
        """Returns the whole stream, from its first byte, as a seekable file."""
        if self._stream.seekable():
            self._stream.seek(0)
            return self._stream
        self.copy = copy = unnamed()
        length = copy.write(self._kept)
        while length <= MOST_PIPED_BYTES and (part := self._stream.read(PIPED_AT_A_TIME)):
            length += copy.write(part)
        if length > MOST_PIPED_BYTES:
            message = f"{name} is longer than {MOST_PIPED_BYTES >> 20} MB, which is too much for a pipe."
            raise AudioError(message, "Save it to a file, and give the file's name.")
        copy.seek(0)
        return copy


def _opened(source: Source) -> tuple[str, BinaryIO]:
    if not isinstance(source, str | Path):
        given: object = getattr(source, "name", None)
        return given if isinstance(given, str) and not given.startswith("<") else "standard input", source
    path = Path(source)
    try:
        if stat.S_ISCHR(path.stat().st_mode) or stat.S_ISBLK(path.stat().st_mode):
            raise UnsupportedFormat(f"{path} is a device, not a sound file.", "Give a WAV, FLAC, MP3 or Ogg file.")
        return path.name, path.open("rb")
    except FileNotFoundError as error:
        raise AudioError(f"There is no file {path}.", f"ls {path.parent}") from error
    except OSError as error:
        raise AudioError(f"{path} cannot be read: {error.strerror or error}.", f"ls -l {path}") from error


def _together(parts: list[Frames]) -> Frames:
    return Frames(samples=np.concatenate([part.samples for part in parts]), rate_hz=parts[0].rate_hz)


def convert(name: str, kind: str = "") -> str:
    """Returns the hint for a file that cannot be read."""
    if kind.endswith(NO_SOUND):
        return "Give a WAV, FLAC, MP3 or Ogg file."
    return f"ffmpeg -i {name} -ac 1 -ar {RATE_HZ} {Path(name).stem}-16k.wav"


def kind_of(data: bytes) -> str:
    """Returns the kind of a file, judged by its first bytes, as a noun with its article."""
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
    """Whether `head` could be the beginning of a text. A character that is cut in two at the end is ignored."""
    text = head.decode("utf-8", errors="replace").rstrip("\ufffd")
    return all(character.isprintable() or character in "\t\r\n\f" for character in text) and "\ufffd" not in text
