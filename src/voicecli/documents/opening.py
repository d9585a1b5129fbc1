"""Opens files and folders that the user names, and nothing else. What cannot be read ends with one sentence.

A file is opened without waiting and looked at before and after: a pipe, a device or a socket is never read. In a folder, links are not followed,
because they may lead out of it, and hidden files are left out.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from voicecli.documents.model import Document
from voicecli.documents.pdf import pages_of
from voicecli.documents.pdf_pages import document_of_pages
from voicecli.documents.text import NotTextError, decoded, document_of
from voicecli.errors import FileUnreadable

LARGEST_BYTES: Final = 100_000_000
"""Largest PDF file."""

LARGEST_TEXT_BYTES: Final = 10_000_000
"""Largest text file: some 2,000 pages."""

MOST_FILES: Final = 200
"""The most files of a folder that are read."""

MOST_ENTRIES: Final = 20_000
"""The most entries of a folder that are looked at."""

DEEPEST: Final = 12
FOLDER_S: Final = 120.0
"""How long the files of a folder may take together."""

ENDINGS: Final = (".txt", ".text", ".md", ".markdown", ".rst", ".pdf")
"""Files of a folder that are read. A file that is named itself may have any ending."""

_MOST_TOLD: Final = 3
_LONGEST_SHOWN: Final = 200
_CHUNK: Final = 1 << 20
_PDF: Final = b"%PDF-"
_PDF_WITHIN: Final = 1024
"""A PDF file may have some bytes before its mark."""

_HINT: Final = "Text, Markdown and PDF can be read; other files can be converted to one of these first."


@dataclass(slots=True, kw_only=True)
class Opened:
    """The files that were read.

    Attributes:
        documents: The documents.
        remarks: What was left out of a folder, and why, in sentences.
    """

    documents: list[Document] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def open_named(named: str) -> Opened:
    """Reads the file or the folder that the user named.

    Raises:
        FileUnreadable: It cannot be read, or there is no text in it.
    """
    if not named.strip():
        raise FileUnreadable("No file is named.", "For example: voicecli chat --file notes.md")
    path = Path(named).expanduser() if named.startswith("~") else Path(named)
    mode = _mode(path, named)
    if stat.S_ISDIR(mode):
        return _folder(path, named)
    return Opened(documents=[_document(path, _shown(path.name or named), named, follow=True)])


def _folder(path: Path, named: str) -> Opened:
    opened, failed, links = Opened(), list[FileUnreadable](), [0]
    until_s = time.monotonic() + FOLDER_S
    files = sorted(_files(path, named, links), key=lambda each: each.relative_to(path).as_posix().casefold())
    for file in files[:MOST_FILES]:
        if time.monotonic() > until_s:
            opened.remarks.append("Reading the folder takes too long, so the rest of it is left out.")
            break
        name = file.relative_to(path).as_posix()
        try:
            opened.documents.append(_document(file, _shown(name), name, follow=False))
        except FileUnreadable as error:
            failed.append(error)
    if not opened.documents:
        if failed:
            raise failed[0]
        raise FileUnreadable(f"There is no text, Markdown or PDF file in {_shown(named)}.", _HINT)
    if len(files) > MOST_FILES:
        opened.remarks.append(f"Of {len(files)} files the first {MOST_FILES} were read.")
    opened.remarks += [error.message for error in failed[:_MOST_TOLD]]
    if len(failed) > _MOST_TOLD:
        opened.remarks.append(f"{len(failed) - _MOST_TOLD} more files could not be read.")
    if links[0]:
        opened.remarks.append(f"Links are not followed ({links[0]} in this folder).")
    return opened


def _files(path: Path, named: str, links: list[int]) -> Iterator[Path]:
    """Yields the files of a folder that can be read; counts its links."""
    waiting, looked = [(path, 0)], 0
    while waiting:
        folder, depth = waiting.pop(0)
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    looked += 1
                    if looked > MOST_ENTRIES:
                        raise FileUnreadable(
                            f"The folder {_shown(named)} has more than {MOST_ENTRIES} entries.", "Name a smaller one."
                        )
                    if entry.name.startswith("."):
                        continue
                    if entry.is_symlink():
                        links[0] += 1
                    elif entry.is_dir(follow_symlinks=False) and depth < DEEPEST:
                        waiting.append((Path(entry.path), depth + 1))
                    elif entry.name.lower().endswith(ENDINGS) and entry.is_file(follow_symlinks=False):
                        yield Path(entry.path)
        except OSError as error:
            if folder == path:
                raise _unreadable(named, error) from error


def _mode(path: Path, named: str) -> int:
    try:
        return path.stat().st_mode
    except (OSError, ValueError) as error:
        raise _unreadable(named, error) from error


def _document(path: Path, name: str, named: str, *, follow: bool) -> Document:
    """Reads one file. `named`: how it is called in errors."""
    mode = _mode(path, named) if follow else stat.S_IFREG
    if not stat.S_ISREG(mode):
        raise FileUnreadable(f"{_shown(named)} is {_kind(mode)}, not a file.", _HINT)
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
    flags |= 0 if follow else getattr(os, "O_NOFOLLOW", 0)
    try:
        handle = os.open(path, flags)
    except (OSError, ValueError) as error:
        raise _unreadable(named, error) from error
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):  # it was replaced meanwhile
            raise FileUnreadable(f"{_shown(named)} is {_kind(found.st_mode)}, not a file.", _HINT)
        try:
            document = _read(handle, name, named, found.st_size)
        except OSError as error:
            raise _unreadable(named, error) from error
    finally:
        os.close(handle)
    if document is None:
        raise FileUnreadable(
            f"There is no text in {_shown(named)}.", "A scan has none; it needs text recognition first."
        )
    return document


def _read(handle: int, name: str, named: str, size: int) -> Document | None:
    head = os.pread(handle, _PDF_WITHIN, 0) if hasattr(os, "pread") else b""
    if _PDF in head or (not head and name.lower().endswith(".pdf") and size):
        _limit(named, size, LARGEST_BYTES)
        return document_of_pages(name, pages_of(handle, _shown(named)))
    _limit(named, size, LARGEST_TEXT_BYTES)
    data = b""
    while chunk := os.read(handle, _CHUNK):
        data += chunk
        _limit(named, len(data), LARGEST_TEXT_BYTES)
    try:
        return document_of(name, decoded(data))
    except NotTextError as error:
        raise FileUnreadable(f"{_shown(named)} {error}.", _HINT) from error


def _limit(named: str, size: int, largest: int) -> None:
    if size > largest:
        raise FileUnreadable(
            f"{_shown(named)} is larger than {largest // 1_000_000} MB.", "Split it, or name a part of it."
        )


def _unreadable(named: str, error: OSError | ValueError) -> FileUnreadable:
    shown, number = _shown(named), error.errno if isinstance(error, OSError) else 0
    match number:
        case errno.ENOENT | errno.ENOTDIR:
            return FileUnreadable(f"There is no file {shown}.", "Check the path; ~ stands for your home folder.")
        case errno.ELOOP:
            return FileUnreadable(f"{shown} is a link that leads back to itself.", f"ls -l {shown}")
        case errno.EACCES | errno.EPERM:
            return FileUnreadable(f"You may not read {shown}.", f"ls -l {shown}")
        case errno.EAGAIN | errno.ENXIO:
            return FileUnreadable(f"{shown} gives nothing to read.", _HINT)
        case _:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else "its path is not valid"
            return FileUnreadable(f"{shown} cannot be read: {reason}.", f"ls -l {shown}")


def _kind(mode: int) -> str:
    kinds = (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((words for test, words in kinds if test(mode)), "something else")


def _shown(name: str) -> str:
    """A name for messages: without control characters, and not too long."""
    shown = "".join(each if each.isprintable() else "?" for each in name)
    return shown if len(shown) <= _LONGEST_SHOWN else f"…{shown[-_LONGEST_SHOWN:]}"
