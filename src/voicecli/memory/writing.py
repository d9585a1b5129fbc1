"""Writes one conversation into the history, turn by turn."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from voicecli.memory.conversations import SavedTurn
from voicecli.memory.database import writing


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is known of a conversation besides its turns.

    Attributes:
        persona: Who the assistant is.
        models: Kind to name of those in use.
    """

    persona: str = ""
    models: Mapping[str, str]


class ConversationWriter:
    """One sitting of one conversation. The conversation is entered with its first turn, so that there are no empty ones.

    Every call is a transaction of its own. Thread: one at a time; the one that opened `database`.

    Args:
        database: As `database.open_database` gives it.
        conversation: The one to go on with; None to begin a new one.
    """

    def __init__(self, database: sqlite3.Connection, conversation: int | None = None) -> None:
        self._database = database
        self.id = conversation
        self.sitting = 1
        self._entered = False  # whether this sitting stands in the file
        self._rows: dict[int, int] = {}  # the program's number of a turn to its row

    def write(self, number: int, turn: SavedTurn, about: About) -> None:
        """Enters a turn, or brings what stands of it up to date.

        Args:
            number: What the program calls the turn; the same number means the same turn.
            turn: All of it; its `sitting` is not read.
            about: What is known of the conversation now.

        Raises:
            sqlite3.Error: It could not be written; nothing of it was. The same call may be tried again.
        """
        row = self._rows.get(number)
        was_entered, was_id = self._entered, self.id
        try:
            with writing(self._database):
                self._enter(turn, about)
                row = self._put(row, turn)
        except BaseException:
            self._entered, self.id = was_entered, was_id
            raise
        self._rows[number] = row

    def know(self, number: int, row: int) -> None:
        """Says which row a turn of an earlier sitting is in."""
        self._rows[number] = row

    def remove(self, number: int) -> None:
        """Takes a turn out; a conversation without turns goes with its last one.

        Raises:
            sqlite3.Error: It could not be written; nothing was.
        """
        row = self._rows.get(number)
        if row is None:
            return
        with writing(self._database):
            self._database.execute("DELETE FROM turns WHERE id = ?", (row,))
            left = self._database.execute("SELECT COUNT(*) FROM turns WHERE conversation = ?", (self.id,)).fetchone()
            if not left[0]:
                self._database.execute("DELETE FROM conversations WHERE id = ?", (self.id,))
        del self._rows[number]
        if not left[0]:
            self.id, self._entered = None, False

    def name(self, title: str, *, by_model_at: int = 0) -> None:
        """Gives the conversation a title; `by_model_at`: how many turns there were when a model made it, 0 when none did."""
        if self.id is not None:
            with writing(self._database):
                self._database.execute(
                    "UPDATE conversations SET title = ?, titled_turns = ? WHERE id = ?", (title, by_model_at, self.id)
                )

    def _enter(self, turn: SavedTurn, about: About) -> None:
        asked_ms = _unix_ms(turn.asked)
        models = json.dumps(dict(about.models), ensure_ascii=False)
        kept = (
            self.id is not None
            and self._database.execute("SELECT sittings FROM conversations WHERE id = ?", (self.id,)).fetchone()
        )
        if self.id is None or not kept:  # new, or removed from outside: what is said from now on is saved all the same
            offset = turn.asked.utcoffset() or dt.timedelta()
            cursor = self._database.execute(
                "INSERT INTO conversations (began_ms, ended_ms, utc_offset_s, persona, models) VALUES (?, ?, ?, ?, ?)",
                (asked_ms, asked_ms, int(offset.total_seconds()), about.persona, models),
            )
            self.id, self.sitting, self._entered = cursor.lastrowid, 1, True
            return
        if not self._entered:
            self.sitting = kept[0] + 1
            self._entered = True
        now_ms = _unix_ms(dt.datetime.now(dt.UTC))
        self._database.execute(
            "UPDATE conversations SET ended_ms = ?, persona = ?, models = ?, sittings = MAX(sittings, ?) WHERE id = ?",
            (max(now_ms, asked_ms), about.persona, models, self.sitting, self.id),
        )

    def _put(self, row: int | None, turn: SavedTurn) -> int:
        times = turn.times
        values = {
            "question": turn.question,
            "answer": turn.answer,
            "cut": turn.cut,
            "dropped": turn.dropped,
            "typed": turn.typed,
            "language": turn.language,
            "question_from_ms": times.question_from_ms,
            "question_to_ms": times.question_to_ms,
            "answer_from_ms": times.answer_from_ms,
            "answer_to_ms": times.answer_to_ms,
            "word_times": json.dumps(times.words, separators=(",", ":")) if times.words else "",
        }
        if row is not None:
            changes = ", ".join(f"{name} = :{name}" for name in values)
            done = self._database.execute(f"UPDATE turns SET {changes} WHERE id = :row", values | {"row": row})
            if done.rowcount:
                return row
        values |= {"conversation": self.id, "sitting": self.sitting, "asked_ms": _unix_ms(turn.asked)}
        names, places = ", ".join(values), ", ".join(f":{name}" for name in values)
        cursor = self._database.execute(f"INSERT INTO turns ({names}) VALUES ({places})", values)
        return int(cursor.lastrowid or 0)


def _unix_ms(moment: dt.datetime) -> int:
    return round(moment.timestamp() * 1000)
