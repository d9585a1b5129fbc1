"""Reads and writes the facts that the user wants remembered."""

from __future__ import annotations

import sqlite3
import time

from voicecli.memory import removal
from voicecli.memory.database import writing
from voicecli.memory.writer import storable
from voicecli.session.remembered_facts import Fact


def all_facts(database: sqlite3.Connection) -> list[Fact]:
    """Returns all facts, the oldest first."""
    rows = database.execute("SELECT id, CAST(text AS TEXT) FROM facts WHERE text NOT NULL ORDER BY id")
    return [Fact(id=number, text=text) for number, text in rows]


def add(database: sqlite3.Connection, text: str) -> None:
    """Adds a fact."""
    with writing(database):
        now_ms = round(time.time() * 1000)
        database.execute("INSERT INTO facts (text, added_ms) VALUES (?, ?)", (storable(text), now_ms))


def remove(database: sqlite3.Connection, facts: list[Fact]) -> None:
    """Removes facts, so that nothing of their text is left in any file.

    Raises:
        HistoryFailed: They are removed, but another program is reading the database, so that traces are left in its files.
    """
    with writing(database):
        database.executemany("DELETE FROM facts WHERE id = ?", [(fact.id,) for fact in facts])
    removal.leave_no_trace(database)
