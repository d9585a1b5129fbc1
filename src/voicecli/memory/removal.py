"""Removes conversations, so that nothing of their text is left in any file."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Sequence

from voicecli.errors import HistoryFailed
from voicecli.memory import sound_files
from voicecli.memory.database import folder_of, writing


def remove(database: sqlite3.Connection, ids: Sequence[int]) -> int:
    """Removes the conversations with the numbers `ids` for good, and returns how many there were.

    The rows are overwritten (`secure_delete`), the index of words is merged, because it keeps the words of deleted rows until then, the file
    is rewritten without its free pages, and the log file is emptied.

    Saved sound is removed as well.

    Raises:
        HistoryFailed: They are removed, but another program is reading the database, so that traces are left in its files.
        sqlite3.Error: Nothing was removed.
    """
    rows = [
        row
        for each in ids
        for (row,) in database.execute("SELECT id FROM turns WHERE conversation = ?", (each,)).fetchall()
    ]
    with writing(database):
        count = database.executemany("DELETE FROM conversations WHERE id = ?", [(each,) for each in ids]).rowcount
        database.execute("INSERT INTO words (words) VALUES ('optimize')")
    sound_files.remove(folder_of(database), rows)
    if count:
        leave_no_trace(database)
    return int(count)


def leave_no_trace(database: sqlite3.Connection) -> None:
    """Rewrites the file and empties the log file. Raises `HistoryFailed` when another program reads the database for too long."""
    try:
        database.execute("VACUUM")
        busy = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError as error:
        raise _traces() from error
    if busy:
        raise _traces()


def older_than(database: sqlite3.Connection, days: int, now: dt.datetime) -> list[int]:
    """The numbers of the conversations that were last changed more than `days` days ago."""
    limit_ms = round((now - dt.timedelta(days=days)).timestamp() * 1000)
    return [row[0] for row in database.execute("SELECT id FROM conversations WHERE ended_ms < ?", (limit_ms,))]


def between(database: sqlite3.Connection, first: dt.date, last: dt.date) -> list[int]:
    """The numbers of the conversations that were last changed between two days, both included, by the user's clock at that time."""
    found = []
    for number, ended_ms, offset_s in database.execute("SELECT id, ended_ms, utc_offset_s FROM conversations"):
        zone = dt.timezone(dt.timedelta(seconds=offset_s))
        if first <= dt.datetime.fromtimestamp(ended_ms / 1000, zone).date() <= last:
            found.append(number)
    return found


def _traces() -> HistoryFailed:
    return HistoryFailed(
        "They are removed, but traces of their words are left, because another voicecli is reading the history.",
        "Remove the traces later: voicecli history rm --traces",
    )
