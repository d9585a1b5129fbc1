"""Opens the database of saved conversations: a private SQLite file that several processes may use at the same time."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from voicecli.config import paths
from voicecli.errors import HistoryFailed
from voicecli.memory.schema import MIGRATIONS, VERSION

NAME: Final = "history.db"

BUSY_S: Final = 10.0
"""How long one process waits for another that is writing. A write takes milliseconds, and removing a second or two."""

_AGAIN_S: Final = 0.01
"""How long a step waits that SQLite does not wait for by itself."""


def exists(where: Path) -> bool:
    """Whether there is a database in the folder `where`."""
    return (where / NAME).exists()


def open_database(where: Path) -> sqlite3.Connection:
    """Opens the database in the folder `where`; creates or upgrades it first where needed.

    The connection is in autocommit mode; writers use `writing`. Only the thread that opened it may use it.

    Raises:
        HistoryFailed: The folder cannot be written, or the file is damaged or of a newer version of the program.
    """
    with told(where):
        paths.private_dir(where)
        file = where / NAME
        # A file that is there must not be opened here: when a process closes any descriptor of a file, POSIX drops all locks that it holds on it.
        # Another process would then delete the log that a connection of this one still writes.
        if not file.exists():
            with contextlib.suppress(FileExistsError):
                # SQLite gives its log and index files the same mode.
                os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        database = sqlite3.connect(file, timeout=BUSY_S, isolation_level=None)
        try:
            _set_up(database)
            _upgrade(database, file)
        except BaseException:
            database.close()
            raise
        return database


def folder_of(database: sqlite3.Connection) -> Path:
    """The folder of an open database."""
    return Path(database.execute("PRAGMA database_list").fetchone()[2]).parent


def identity(where: Path) -> tuple[int, int] | None:
    """Returns what tells the present database file in the folder `where` from another one of that name; None if there is none."""
    try:
        found = (where / NAME).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def abandon(database: sqlite3.Connection) -> None:
    """Leaves a connection to a file that was removed. It is never closed.

    On closing, SQLite would remove the log by its name, which may be the log of a new database at the same place.
    """
    import ctypes

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(database))


@contextlib.contextmanager
def writing(database: sqlite3.Connection) -> Iterator[None]:
    """A transaction: everything in it is done, or nothing."""
    database.execute("BEGIN IMMEDIATE")  # a lock that is upgraded later could be refused without waiting
    try:
        yield
    except BaseException:
        with contextlib.suppress(sqlite3.Error):  # on a full disk SQLite has rolled it back already
            database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


@contextlib.contextmanager
def told(where: Path) -> Iterator[None]:
    """Turns errors of the database and of files in the folder `where` into `HistoryFailed`."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise failure(error, where) from error
    except UnicodeDecodeError as error:  # Python cannot even read the message of SQLite
        raise failure(sqlite3.DatabaseError("it contains text that is no UTF-8"), where) from error


def failure(error: sqlite3.Error | OSError, where: Path) -> HistoryFailed:
    """The message and the hint for `error`."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the upper bits say more about the same error
    number = error.errno if isinstance(error, OSError) else 0
    if code == sqlite3.SQLITE_FULL or number in {errno.ENOSPC, errno.EDQUOT}:
        return HistoryFailed("The history cannot be written: the disk is full.", f"df -h {where}")
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return HistoryFailed(
            f"The history {where / NAME} is damaged.",
            f"Move it away, and a new one is created: mv {where / NAME} {where / NAME}.damaged",
        )
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return HistoryFailed("The history is in use by another voicecli for too long.", "Try it again.")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return HistoryFailed(f"The history in {where} cannot be used: {reason}.", f"ls -ld {where}")


def _use_log(database: sqlite3.Connection) -> None:
    """Has changes written to a log first. Where another process does the same to a new file, SQLite fails at once instead of waiting."""
    until_s = time.monotonic() + BUSY_S
    while database.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until_s:
                raise
            time.sleep(_AGAIN_S)


def _set_up(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA temp_store = MEMORY")  # temporary files could contain words
    database.execute("PRAGMA secure_delete = ON")  # deleted text is overwritten
    database.execute("PRAGMA foreign_keys = ON")
    database.execute(
        "PRAGMA synchronous = NORMAL"
    )  # a loss of power may cost the last turn, but does not damage the file
    _use_log(database)
    database.create_function("folded", 1, _folded, deterministic=True)


def _upgrade(database: sqlite3.Connection, file: Path) -> None:
    if _version(database) == VERSION:
        return
    with writing(database):
        version = _version(database)  # another process may have upgraded it meanwhile
        if version > VERSION:
            raise HistoryFailed(
                f"The history {file} was written by a newer voicecli.",
                "Use that one, or talk without saving: voicecli chat --no-save",
            )
        for migration in MIGRATIONS[version:]:
            for statement in _statements(migration):
                database.execute(statement)
        database.execute(f"PRAGMA user_version = {VERSION}")


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> Iterator[str]:
    """The statements of a script one by one, because `executescript` would end the transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _folded(text: str | None) -> str:
    """`text` in lower case, in every language; SQLite itself does that for English letters only."""
    return (text or "").casefold()
