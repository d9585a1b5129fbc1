"""Reads saved conversations: lists, shows and searches them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import sqlite3
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from voicecli.config.documents import parse_json
from voicecli.errors import NoConversation
from voicecli.memory.conversations import SENT_TO, SOUND_SENT_TO, Conversation, Hit, SavedCall, SavedTurn, Times

TRIGRAM: Final = 3
"""The index holds parts of three characters. Shorter words are searched for in the texts themselves."""

_LIST: Final = """
SELECT c.id, c.title, c.persona, c.models, c.began_ms, c.ended_ms, c.utc_offset_s, c.sessions, COUNT(t.id) AS turns,
       (SELECT SUM(ms) FROM (SELECT MAX(COALESCE(answer_to_ms, question_to_ms)) - MIN(question_from_ms) AS ms
                             FROM turns WHERE conversation = c.id GROUP BY session)) AS spoken_ms
FROM conversations AS c LEFT JOIN turns AS t ON t.conversation = c.id
"""


_NUMBERS: Final = frozenset(
    {"id", "conversation", "turn", "turns", "session", "sessions", "number", "cut", "dropped", "typed"}
)
"""Columns that hold numbers, besides those of times, whose names end in their unit. All others hold text, into which SQLite turns numbers."""

T = TypeVar("T")


class DamagedRowError(sqlite3.DatabaseError):
    """A row holds what no version of the program writes: the file was damaged, or somebody else wrote it."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


LARGEST: Final = 1 << 63
"""SQLite has no numbers from here on."""


def conversations(database: sqlite3.Connection, ids: Sequence[int] | None = None) -> list[Conversation]:
    """All conversations, or those with the numbers `ids`, the newest first.

    Raises:
        NoConversation: One of the numbers does not exist.
    """
    for wanted in ids or ():
        if not 0 <= wanted < LARGEST:
            raise NoConversation(f"There is no conversation {wanted}.", "voicecli history list")
    only = "" if ids is None else f"WHERE c.id IN ({','.join('?' * len(ids))}) "
    rows = _rows(database, f"{_LIST}{only}GROUP BY c.id ORDER BY c.ended_ms DESC, c.id DESC", ids or ())
    found = [_read(_conversation, row) for row in rows]
    for wanted in ids or ():
        if all(each.id != wanted for each in found):
            raise NoConversation(f"There is no conversation {wanted}.", "voicecli history list")
    return found


def titles(database: sqlite3.Connection, limit: int) -> list[tuple[int, str]]:
    """The numbers and titles of the conversations that were changed last, the newest first."""
    rows = _rows(database, "SELECT id, title FROM conversations ORDER BY ended_ms DESC, id DESC LIMIT ?", (limit,))
    return [_read(lambda row: (row["id"], row["title"]), row) for row in rows]


def latest(database: sqlite3.Connection) -> Conversation:
    """The conversation that was changed last.

    Raises:
        NoConversation: Nothing is saved.
    """
    rows = _rows(
        database,
        f"{_LIST}WHERE c.id = (SELECT id FROM conversations ORDER BY ended_ms DESC, id DESC LIMIT 1) GROUP BY c.id",
    )
    if not rows:
        raise NoConversation("No conversation is saved yet.", "Begin one: voicecli chat")
    return _read(_conversation, rows[0])


def turns(database: sqlite3.Connection, conversation: int) -> list[SavedTurn]:
    """The turns of a conversation, oldest first; none when there is no such conversation."""
    offset = _rows(database, "SELECT utc_offset_s FROM conversations WHERE id = ?", (conversation,))
    zone = _read(lambda row: _zone(row["utc_offset_s"]), offset[0]) if offset else _zone(0)
    rows = _rows(database, "SELECT * FROM turns WHERE conversation = ? ORDER BY id", (conversation,))
    calls: dict[int, list[SavedCall]] = {}
    for row in _rows(
        database,
        "SELECT * FROM calls WHERE turn IN (SELECT id FROM turns WHERE conversation = ?) ORDER BY id",
        (conversation,),
    ):
        calls.setdefault(row["turn"], []).append(_read(_call, row))
    return [
        dataclasses.replace(_read(lambda each: _turn(each, zone), row), calls=tuple(calls.get(row["id"], ())))
        for row in rows
    ]


def _call(row: sqlite3.Row) -> SavedCall:
    if not isinstance(parse_json(row["arguments"]), dict):
        raise TypeError
    return SavedCall(
        tool=row["tool"],
        arguments=row["arguments"],
        outcome=row["outcome"],
        result=row["result"],
        took_ms=float(row["took_ms"]),
    )


def search(database: sqlite3.Connection, text: str, limit: int = 50) -> list[Hit]:
    """The turns that contain all words of `text`, as words or parts of words, the newest first.

    Upper and lower case are the same. Words of three characters and more are looked up in the index, shorter ones in the texts.
    """
    words = text.replace("\0", " ").split()
    if not words:
        return []
    conditions, values = [], []
    long = [word for word in words if len(word) >= TRIGRAM]
    if long:
        conditions.append("t.id IN (SELECT rowid FROM words WHERE words MATCH ?)")
        values.append(" AND ".join('"' + word.replace('"', '""') + '"' for word in long))
    for word in words:
        if len(word) < TRIGRAM:
            conditions.append("(instr(folded(t.question), ?) OR instr(folded(t.answer), ?))")
            values += [word.casefold()] * 2
    rows = _rows(
        database,
        # The number and the title are looked up only for the turns that are shown.
        "SELECT t.*, c.title, c.utc_offset_s, "
        "(SELECT COUNT(*) FROM turns AS e WHERE e.conversation = t.conversation AND e.id <= t.id) AS number "
        f"FROM (SELECT t.id FROM turns AS t WHERE {' AND '.join(conditions)} "
        "ORDER BY t.asked_ms DESC, t.id DESC LIMIT ?) AS found "
        "JOIN turns AS t ON t.id = found.id JOIN conversations AS c ON c.id = t.conversation "
        "ORDER BY t.asked_ms DESC, t.id DESC",
        (*values, limit),
    )
    return [_read(_hit, row) for row in rows]


def _hit(row: sqlite3.Row) -> Hit:
    return Hit(
        conversation=row["conversation"],
        title=row["title"],
        number=row["number"],
        asked=_moment(row["asked_ms"], _zone(row["utc_offset_s"])),
        question=row["question"],
        answer=row["answer"],
    )


def _read(make: Callable[[sqlite3.Row], T], row: sqlite3.Row) -> T:
    """Makes something of a row, whose values are checked first.

    Raises:
        DamagedRowError: It holds values of the wrong kind.
    """
    for name in row.keys():  # noqa: SIM118 - a row is no dictionary
        value = row[name]
        is_number = name in _NUMBERS or name.endswith(("_ms", "_s"))
        right = isinstance(value, int | float) or (value is None and name.endswith("_ms"))
        if not (right if is_number else isinstance(value, str)):
            raise DamagedRowError(f"{name} is of the wrong kind")
        if isinstance(value, float) and not abs(value) < LARGEST:
            raise DamagedRowError(f"{name} is no time")
    try:
        return make(row)
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, OSError, RecursionError) as error:
        raise DamagedRowError("a row is damaged") from error


def _rows(database: sqlite3.Connection, query: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
    cursor = database.cursor()
    cursor.row_factory = sqlite3.Row
    return cursor.execute(query, tuple(values)).fetchall()


def _conversation(row: sqlite3.Row) -> Conversation:
    zone = _zone(row["utc_offset_s"])
    models = {str(kind): str(name) for kind, name in json.loads(row["models"]).items()}
    return Conversation(
        id=row["id"],
        title=row["title"],
        persona=row["persona"],
        began=_moment(row["began_ms"], zone),
        ended=_moment(row["ended_ms"], zone),
        spoken_s=(row["spoken_ms"] or 0.0) / 1000,
        turns=row["turns"],
        sessions=row["sessions"],
        sent_to=models.pop(SENT_TO, ""),
        sound_sent_to=models.pop(SOUND_SENT_TO, ""),
        models=models,
    )


def _turn(row: sqlite3.Row, zone: dt.tzinfo) -> SavedTurn:
    words = json.loads(row["word_times"] or "[]")
    return SavedTurn(
        row=row["id"],
        session=row["session"],
        asked=_moment(row["asked_ms"], zone),
        question=row["question"],
        answer=row["answer"],
        cut=bool(row["cut"]),
        dropped=bool(row["dropped"]),
        typed=bool(row["typed"]),
        language=row["language"],
        times=Times(
            question_from_ms=row["question_from_ms"],
            question_to_ms=row["question_to_ms"],
            answer_from_ms=row["answer_from_ms"],
            answer_to_ms=row["answer_to_ms"],
            words=tuple((_time(from_ms), int(start), int(end)) for from_ms, start, end in words),
        ),
    )


def _time(ms: float) -> float:
    if not abs(ms) < LARGEST:
        raise ValueError(ms)
    return float(ms)


def _zone(offset_s: int) -> dt.tzinfo:
    return dt.timezone(dt.timedelta(seconds=offset_s))


def _moment(unix_ms: int, zone: dt.tzinfo) -> dt.datetime:
    return dt.datetime.fromtimestamp(unix_ms / 1000, zone)
