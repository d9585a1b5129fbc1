"""Keeps the notes that a person dictates, in the database of saved conversations."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from voicecli.errors import VoiceCliError
from voicecli.memory import database as db
from voicecli.memory import removal
from voicecli.memory.writer import storable
from voicecli.tools.definitions import ToolFailed

LONGEST: Final = 2000
"""The longest note, in characters."""

_NOT_WRITTEN: Final = "With --no-save nothing is written down."


class SavedNotes:
    """Notes in the database; each use opens it anew, so that any thread may.

    Args:
        where: The folder of the database.
        writes: Whether anything may be written.
    """

    def __init__(self, where: Path, *, writes: bool) -> None:
        self._where = where
        self._writes = writes

    def add(self, text: str) -> None:
        """Adds a note; raises `ToolFailed`."""
        if not self._writes:
            raise ToolFailed(_NOT_WRITTEN)
        with told_in_words(self._where), contextlib.closing(db.open_database(self._where)) as database:
            add(database, text[:LONGEST])

    def newest(self, count: int) -> tuple[Sequence[str], int]:
        """The newest notes, and how many there are; raises `ToolFailed`."""
        return self.search("", count)

    def search(self, text: str, count: int) -> tuple[Sequence[str], int]:
        """The newest notes with that text in them, and how many there are; raises `ToolFailed`."""
        if not db.exists(self._where):
            return (), 0
        with told_in_words(self._where), contextlib.closing(db.open_database(self._where)) as database:
            found = search(database, text)
        return found[:count], len(found)


@contextlib.contextmanager
def told_in_words(where: Path) -> Iterator[None]:
    """Turns errors of the database into a sentence for the person."""
    try:
        with db.told(where):
            yield
    except VoiceCliError as error:
        raise ToolFailed(error.message) from error


def add(database: sqlite3.Connection, text: str) -> None:
    """Adds a note."""
    with db.writing(database):
        now_ms = round(time.time() * 1000)
        database.execute("INSERT INTO notes (text, added_ms) VALUES (?, ?)", (storable(text), now_ms))


def search(database: sqlite3.Connection, text: str) -> list[str]:
    """The notes with that text in them, the newest first; an empty text is in all."""
    rows = database.execute(
        "SELECT * FROM (SELECT CAST(text AS TEXT) AS said FROM notes WHERE text NOT NULL ORDER BY id DESC) "
        "WHERE instr(folded(said), folded(?)) > 0 OR ? = ''",
        (text, text),
    )
    return [row[0] for row in rows]


def numbered(database: sqlite3.Connection) -> list[tuple[int, str]]:
    """All notes with their numbers, the oldest first. A number is never used again."""
    rows = database.execute("SELECT id, CAST(text AS TEXT) FROM notes WHERE text NOT NULL ORDER BY id")
    return [(number, text) for number, text in rows]


def remove(database: sqlite3.Connection, ids: Sequence[int]) -> None:
    """Removes notes, so that nothing of their text is left in any file.

    Raises:
        HistoryFailed: They are removed, but another program is reading the database, so that traces are left in its files.
    """
    with db.writing(database):
        database.executemany("DELETE FROM notes WHERE id = ?", [(each,) for each in ids])
    removal.leave_no_trace(database)
