"""What harnesses of `fuzz.py` share: their type, files for what has to have a name, and checks of what comes out."""

from __future__ import annotations

import contextlib
import tempfile
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from voicecli.errors import VoiceCliError

Run = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Harness:
    """A place that is attacked.

    Attributes:
        run: Reads the bytes.
        seeds: Returns bytes that it reads without complaint, by name.
        modules: The modules whose lines count as coverage, as parts of their paths.
        words: Chunks that the mutations insert.
        shape: What the seeds are, so that mutations can keep it: `json`, `toml`, `lines` (JSON behind `data: ` or alone on a line); or empty.
    """

    run: Run
    seeds: Callable[[], Mapping[str, bytes]]
    modules: tuple[str, ...]
    words: tuple[bytes, ...] = ()
    shape: str = ""


class BrokenPromiseError(AssertionError):
    """What came out is not what it must be."""


def text_of(data: bytes) -> str:
    """Bytes as text, with every kind of character, lone surrogates included."""
    return data.decode("utf-8", "surrogateescape")


def expect(condition: object, what: str) -> None:
    """Raises `BrokenPromiseError` if a promise does not hold."""
    if not condition:
        raise BrokenPromiseError(what)


def expect_clean(text: str) -> None:
    """A text may be shown on a terminal."""
    bad = [c for c in text if unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t"]
    bad += [c for c in text if "\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069"]
    expect(not bad, f"control characters came through: {bad[:5]}")


@contextlib.contextmanager
def told() -> Iterator[None]:
    """An error of voicecli is as good as a result, if it can be shown."""
    from voicecli.ui.sanitize import clean, json_text

    try:
        yield
    except VoiceCliError as error:
        expect(error.message, "an error without a message")
        expect_clean(clean(f"{error.message} {error.hint}"))
        expect_clean(json_text([error.message, error.hint]))


@cache
def folder() -> Path:
    """A folder in memory for files that have to have a name."""
    place = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a folder of its own is made there
    return Path(tempfile.mkdtemp(prefix="voicecli-fuzz-", dir=place))


def file(name: str, data: bytes) -> Path:
    """A file with this content."""
    path = folder() / name
    path.write_bytes(data)
    return path
