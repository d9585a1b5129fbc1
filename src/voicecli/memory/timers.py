"""Keeps timers and reminders in the database of saved conversations, so that they survive the end of a session.

Several sessions may run at the same time. A row names the process that waits for its timer; another session takes it over when that has ended.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final, cast

from voicecli.memory import database as db
from voicecli.memory.notes import told_in_words
from voicecli.memory.writer import storable
from voicecli.tools.definitions import Language
from voicecli.tools.timers import LONGEST_S, SavedTimer, Timer

LATEST_MS: Final = 1 << 42
"""In the year 2109. Later times, and those before 1970, are not taken from the file: no version of the program writes them."""

_ALL: Final = """
SELECT id, seconds, over_ms, CAST(name AS TEXT), CAST(text AS TEXT), language, CAST(owner AS TEXT) FROM timers
WHERE typeof(seconds) = 'integer' AND seconds BETWEEN 0 AND ? AND typeof(over_ms) = 'integer' AND over_ms BETWEEN 0 AND ?
AND name NOT NULL AND text NOT NULL AND owner NOT NULL ORDER BY over_ms, id
"""

_LONGEST_PID: Final = 9
"""Digits of a process's number."""

_START_TIME: Final = 21
"""Index of the start time among the fields of /proc/PID/stat, counted from 0."""


def process(pid: int) -> str:
    """Returns the identity of a running process; empty if there is none. The start time tells apart processes that had the same number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except OSError:  # it belongs to somebody else
        pass
    with contextlib.suppress(OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return f"{pid}:{fields[_START_TIME - 2]}"
    return f"{pid}:"


class SavedTimers:
    """Timers in the database. Each use opens it anew, so that any thread may.

    All methods raise `ToolFailed` if the database cannot be used.

    Args:
        where: The folder of the database.
        pid: The process whose session waits for the timers.
    """

    def __init__(self, where: Path, *, pid: int | None = None) -> None:
        self._where = where
        self._owner = process(os.getpid() if pid is None else pid)

    def add(self, timer: Timer, over_at_s: float) -> int:
        """Saves a timer that ends at the Unix time `over_at_s`. Returns its number, which is never used again."""
        with told_in_words(self._where), contextlib.closing(db.open_database(self._where)) as database:
            with db.writing(database):
                row = database.execute(
                    "INSERT INTO timers (seconds, over_ms, name, text, language, owner) VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        timer.seconds,
                        round(over_at_s * 1000),
                        storable(timer.name),
                        storable(timer.text),
                        timer.language,
                        self._owner,
                    ),
                )
            return int(row.lastrowid or 0)

    def remove(self, numbers: Sequence[int]) -> None:
        """Removes timers that have ended or were cancelled. The file overwrites their text."""
        with (
            told_in_words(self._where),
            contextlib.closing(db.open_database(self._where)) as database,
            db.writing(database),
        ):
            database.executemany("DELETE FROM timers WHERE id = ?", [(each,) for each in numbers])

    def claim(self) -> list[SavedTimer]:
        """Takes over the timers of sessions that have ended, and returns them, the next to end first."""
        if not db.exists(self._where):
            return []
        with told_in_words(self._where), contextlib.closing(db.open_database(self._where)) as database:
            if database.execute("SELECT 1 FROM timers LIMIT 1").fetchone() is None:
                return []
            with db.writing(database):
                rows = database.execute(_ALL, (LONGEST_S, LATEST_MS)).fetchall()
                free = [row for row in rows if not _is_waited_for(row[6])]
                database.executemany(
                    "UPDATE timers SET owner = ? WHERE id = ?", [(self._owner, row[0]) for row in free]
                )
        return [
            SavedTimer(
                number=number,
                over_at_s=over_ms / 1000,
                seconds=seconds,
                name=name,
                text=text,
                language=cast("Language", language if language in {"de", "en"} else "en"),
            )
            for number, seconds, over_ms, name, text, language, _ in free
        ]


def _is_waited_for(owner: str) -> bool:
    pid = owner.partition(":")[0]
    return pid.isdecimal() and len(pid) <= _LONGEST_PID and process(int(pid)) == owner
