"""Notices that another program has changed the database file of a running session, without SQLite.

SQLite notices what other users of SQLite write. It does not notice a file that is overwritten or truncated in place: it keeps pages in memory and
in its log, and would write them into whatever is there. So the size and the times of the file are compared before each change, which is one system
call. What SQLite itself has written, here or in another process, changes them as well; only then the file is looked into.
"""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
from pathlib import Path
from typing import Final, TypeAlias

from voicecli.memory import sound_files
from voicecli.memory.database import NAME, abandon

Stamp: TypeAlias = tuple[int, ...]
Content: TypeAlias = tuple[object, ...]

_TELLING: Final = (
    "PRAGMA schema_version",
    "PRAGMA user_version",
    "SELECT COUNT(*), MAX(id) FROM turns",
    "SELECT COUNT(*), MAX(id), MAX(ended_ms) FROM conversations",
    "SELECT MAX(question), MAX(answer) FROM turns WHERE id = (SELECT MAX(id) FROM turns)",
)

DAMAGED: Final = ".damaged"
"""What is appended to the names of files that were moved out of the way."""

_LOGS: Final = ("-wal", "-shm")
"""What SQLite keeps beside a database, by the ends of the names."""


def stamp(where: Path) -> Stamp | None:
    """Returns size and times of the database file in the folder `where`; None if there is none."""
    try:
        found = (where / NAME).stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns


def data_version(database: sqlite3.Connection) -> int:
    """Returns a number that changes when another connection has changed the database.

    Raises:
        sqlite3.Error: The file cannot be read.
    """
    return int(database.execute("PRAGMA data_version").fetchone()[0])


def content(database: sqlite3.Connection) -> Content:
    """Returns what tells this database from another one or another state.

    Raises:
        sqlite3.Error: It is in use for too long, it is damaged, or the disk failed.
    """
    return tuple(value for question in _TELLING for value in database.execute(question).fetchone())


def is_intact(where: Path, before: Content | None, database: sqlite3.Connection, version: int) -> bool:
    """Whether the file in the folder `where` is still the database that this session writes.

    The file alone says little while there is a log: pages of several states may be in it. So it is read with its log, through a new connection,
    because that of the session may answer from memory. A change by another user of SQLite is no reason to doubt.

    Args:
        where: The folder of the database.
        before: The `content` when it was written last.
        database: The connection of the session. While it is open, closing the new ones releases none of its locks.
        version: Its `data_version` when the database was written last.

    Raises:
        sqlite3.Error: The disk failed.
    """
    if (where / NAME).stat().st_size == 0 or not _has_header(where):
        return False
    if data_version(database) != version:
        return True
    try:
        with contextlib.closing(sqlite3.connect(where / NAME, isolation_level=None)) as other:
            same = content(other) == before and _is_whole(other)
    except sqlite3.Error as error:
        if _is_busy(error):  # by a program that uses SQLite
            return True
        same = not (is_damage(error) or "no such table" in str(error))
        if same:
            raise
    return same or data_version(database) != version


def _has_header(where: Path) -> bool:
    """Whether the file begins like a database. It is opened without locks, by SQLite, whose other connections keep theirs."""
    try:
        with contextlib.closing(sqlite3.connect(f"{(where / NAME).absolute().as_uri()}?immutable=1", uri=True)) as file:
            file.execute("PRAGMA schema_version").fetchone()
    except sqlite3.Error as error:
        return getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_NOTADB
    return True


def _is_busy(error: BaseException) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def is_damage(error: BaseException) -> bool:
    """Whether SQLite says that the file is damaged, or no database."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the upper bits say more about the same error
    return code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def _is_whole(database: sqlite3.Connection) -> bool:
    return bool(database.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))


def move_aside(where: Path, database: sqlite3.Connection | None) -> Path:
    """Moves the database, its log and its sound files out of the way, under names that are free. Nothing of them is lost.

    Args:
        where: The folder of the database.
        database: The connection to it, which is left: on closing, SQLite would write into the file.

    Returns:
        Where the database is now.

    Raises:
        OSError: The folder cannot be written.
    """
    if database is not None:
        abandon(database)
    names, suffix = _names(where), _free_suffix(where)
    for name in names:
        for log in (*_LOGS, ""):
            with contextlib.suppress(FileNotFoundError):
                (where / f"{name}{log}").rename(where / f"{name}{suffix}{log}")
    return where / f"{NAME}{suffix}"


def _names(where: Path) -> tuple[str, str]:
    return NAME, sound_files.folder(where).name


def _free_suffix(where: Path) -> str:
    suffixes = (DAMAGED if number == 1 else f"{DAMAGED}-{number}" for number in itertools.count(1))
    ends = [(name, log) for name in _names(where) for log in ("", *_LOGS)]
    return next(each for each in suffixes if not any((where / f"{name}{each}{log}").exists() for name, log in ends))


def log_of(where: Path) -> tuple[int, int] | None:
    """Returns what tells the present log from another file of that name; None if there is none."""
    try:
        found = (where / f"{NAME}-wal").stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def move_log_aside(where: Path, log: tuple[int, int] | None) -> None:
    """Moves `log` out of the way, if it is still there although its database was replaced. SQLite would apply it to the other database.

    Raises:
        OSError: The folder cannot be written.
    """
    if log is None or log_of(where) != log:
        return
    suffix = _free_suffix(where)
    for end in _LOGS:
        with contextlib.suppress(FileNotFoundError):
            (where / f"{NAME}{end}").rename(where / f"{NAME}{suffix}{end}")
