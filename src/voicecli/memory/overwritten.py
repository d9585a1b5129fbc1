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


def content(where: Path) -> Content | None:
    """Returns what tells the database file in the folder `where`, without its log, from another one or another state; None if it is damaged.

    Raises:
        sqlite3.Error: The disk failed.
    """
    try:
        # This connection takes no locks and changes nothing. One of the session is open, so that closing it releases no lock of that one.
        with contextlib.closing(sqlite3.connect(f"{(where / NAME).absolute().as_uri()}?immutable=1", uri=True)) as file:
            return _content(file)
    except sqlite3.Error as error:
        if is_damage(error):
            return None
        raise


def is_intact(where: Path, before: Content | None, *, explained: bool) -> bool:
    """Whether the file in the folder `where` is still the database that this session writes.

    It is read through new connections, because those of the session may answer from memory.

    Args:
        where: The folder of the database. A connection to the file is open, so that these ones change nothing in it.
        before: The `content` when it was written last.
        explained: Whether another user of SQLite has changed the database since then.

    Raises:
        sqlite3.Error: It is in use for too long, or the disk failed.
    """
    if (where / NAME).stat().st_size == 0 or (now := content(where)) is None:
        return False
    if explained:
        return True
    try:
        with contextlib.closing(sqlite3.connect(where / NAME, isolation_level=None)) as database:
            # Without a change, SQLite can only have brought the log into the file.
            return now in {before, _content(database)} and _is_whole(database)
    except sqlite3.Error as error:
        if is_damage(error):
            return False
        raise


def _content(database: sqlite3.Connection) -> Content:
    found: list[object] = []
    for question in _TELLING:
        try:
            found += database.execute(question).fetchone()
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):  # all of it is in the log
                raise
    return tuple(found)


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
