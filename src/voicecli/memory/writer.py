"""Writes one conversation into the database, turn by turn."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from voicecli.memory.conversations import SENT_TO, SOUND_SENT_TO, SavedTurn
from voicecli.memory.database import writing
from voicecli.memory.titles import title_of


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is saved of a conversation besides its turns.

    Attributes:
        persona: The name of the persona.
        models: The names of the models in use, by kind.
    """

    persona: str = ""
    models: Mapping[str, str]


class ConversationWriter:
    """Writes one session of one conversation. The conversation is created with its first turn, so that there are no empty ones.

    Every call is one transaction.

    Thread: the one that opened `database`.

    Args:
        database: As `database.open_database` returns it. It may be replaced by a new connection to the same file.
        conversation: The conversation to continue; None for a new one.
    """

    def __init__(self, database: sqlite3.Connection, conversation: int | None = None) -> None:
        self.database = database
        self.id = conversation
        self.session = 1
        self._entered = False  # whether this session is counted in the file
        self._rows: dict[int, int] = {}  # the number of a turn in the program to its row

    def write(self, number: int, turn: SavedTurn, about: About) -> None:
        """Saves a turn, or changes the one that was saved under the same number.

        Args:
            number: The number of the turn in the program.
            turn: The whole turn; its `session` is not used.
            about: Persona and models at this moment.

        Raises:
            sqlite3.Error: Nothing was written. The same call may be tried again.
        """
        row = self._rows.get(number)
        was_entered, was_id = self._entered, self.id
        try:
            with writing(self.database):
                self._enter(turn, about)
                row = self._put(row, turn)
                self._put_calls(row, turn)
                self._name()
        except BaseException:
            self._entered, self.id = was_entered, was_id
            raise
        self._rows[number] = row

    def know(self, number: int, row: int) -> None:
        """Links the number of a turn in the program to its row, for a turn of an earlier session."""
        self._rows[number] = row

    def row_of(self, number: int) -> int | None:
        """Returns the row of a turn, by its number in the program; None if it is not saved."""
        return self._rows.get(number)

    def remove(self, number: int) -> None:
        """Removes a turn; when it was the last one of its conversation, that is removed too.

        Raises:
            sqlite3.Error: Nothing was written.
        """
        row = self._rows.get(number)
        if row is None:
            return
        with writing(self.database):
            self.database.execute("DELETE FROM turns WHERE id = ?", (row,))
            left = self.database.execute("SELECT COUNT(*) FROM turns WHERE conversation = ?", (self.id,)).fetchone()
            if left[0]:
                self._name()
            else:
                self.database.execute("DELETE FROM conversations WHERE id = ?", (self.id,))
        del self._rows[number]
        if not left[0]:
            self.id, self._entered = None, False

    def name(self, title: str, *, by_model: bool = False) -> None:
        """Sets the title. One that was made `by_model` stays as it is until the model makes another one."""
        if self.id is not None:
            turns = "(SELECT COUNT(*) FROM turns WHERE conversation = conversations.id)" if by_model else "0"
            with writing(self.database):
                self.database.execute(
                    f"UPDATE conversations SET title = ?, titled_turns = {turns} WHERE id = ?",
                    (storable(title), self.id),
                )

    def _enter(self, turn: SavedTurn, about: About) -> None:
        asked_ms = _unix_ms(turn.asked)
        kept = (
            self.id is not None
            and self.database.execute("SELECT sessions, models FROM conversations WHERE id = ?", (self.id,)).fetchone()
        )
        models = json.dumps(_with_sent(about.models, kept[1] if kept else "{}"), ensure_ascii=False)
        if self.id is None or not kept:  # new, or removed by another program: what follows is saved all the same
            offset = turn.asked.utcoffset() or dt.timedelta()
            cursor = self.database.execute(
                "INSERT INTO conversations (began_ms, ended_ms, utc_offset_s, persona, models) VALUES (?, ?, ?, ?, ?)",
                (asked_ms, asked_ms, int(offset.total_seconds()), about.persona, models),
            )
            self.id, self.session, self._entered = cursor.lastrowid, 1, True
            return
        if not self._entered:
            self.session = kept[0] + 1
            self._entered = True
        now_ms = _unix_ms(dt.datetime.now(dt.UTC))
        self.database.execute(
            "UPDATE conversations SET ended_ms = ?, persona = ?, models = ?, sessions = MAX(sessions, ?) WHERE id = ?",
            (max(now_ms, asked_ms), about.persona, models, self.session, self.id),
        )

    def _put(self, row: int | None, turn: SavedTurn) -> int:
        times = turn.times
        values = {
            "question": storable(turn.question),
            "answer": storable(turn.answer),
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
            done = self.database.execute(f"UPDATE turns SET {changes} WHERE id = :row", values | {"row": row})
            if done.rowcount:
                return row
        values |= {"conversation": self.id, "session": self.session, "asked_ms": _unix_ms(turn.asked)}
        names, places = ", ".join(values), ", ".join(f":{name}" for name in values)
        cursor = self.database.execute(f"INSERT INTO turns ({names}) VALUES ({places})", values)
        return int(cursor.lastrowid or 0)

    def _put_calls(self, row: int, turn: SavedTurn) -> None:
        self.database.execute("DELETE FROM calls WHERE turn = ?", (row,))
        self.database.executemany(
            "INSERT INTO calls (turn, tool, arguments, outcome, result, took_ms) VALUES (?, ?, ?, ?, ?, ?)",
            [
                (row, each.tool, storable(each.arguments), each.outcome, storable(each.result), each.took_ms)
                for each in turn.calls
            ],
        )

    def _name(self) -> None:
        """Sets the title from the first question, which may have changed, unless a model made the title."""
        first = self.database.execute(
            "SELECT question FROM turns WHERE conversation = ? ORDER BY id LIMIT 1", (self.id,)
        ).fetchone()
        self.database.execute(
            "UPDATE conversations SET title = ? WHERE id = ? AND titled_turns = 0 AND title != ?",
            (title := title_of(first[0]), self.id, title),
        )


def _with_sent(models: Mapping[str, str], before: str) -> dict[str, str]:
    """The models in use, and every server that text or sound of the conversation has been sent to, also in earlier sessions."""
    found = {kind: name for kind, name in models.items() if kind not in {SENT_TO, SOUND_SENT_TO}}
    earlier = json.loads(before)
    for kind in (SENT_TO, SOUND_SENT_TO):
        servers = [each.get(kind, "") for each in (earlier, models)]
        sent_to = ", ".join(dict.fromkeys(name for each in servers for name in each.split(", ") if name))
        found |= {kind: sent_to} if sent_to else {}
    return found


def storable(text: str) -> str:
    """Replaces lone surrogates in `text`, which a database cannot store."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _unix_ms(moment: dt.datetime) -> int:
    return round(moment.timestamp() * 1000)
