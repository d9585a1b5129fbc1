"""A history of an older version is upgraded without any loss.

tests/data/history/version-1.db was written by the program when version 1 was the newest. It must not be changed.
"""

from __future__ import annotations

import datetime as dt
import re
import shutil
import sqlite3
from pathlib import Path

import pytest

from fakes.histories import ABOUT, MONDAY, save
from voicecli.errors import HistoryFailed
from voicecli.memory import database as db
from voicecli.memory import queries, removal
from voicecli.memory.schema import MIGRATIONS, VERSION
from voicecli.memory.writer import ConversationWriter

OLD = Path(__file__).parents[1] / "data" / "history"


@pytest.fixture
def where(tmp_path: Path) -> Path:
    (tmp_path / "history").mkdir()
    shutil.copy(OLD / "version-1.db", tmp_path / "history" / db.NAME)
    return tmp_path / "history"


def _schema(database: sqlite3.Connection) -> list[tuple[str, str]]:
    """Names and definitions of all tables, without comments and line breaks."""
    rows = database.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
    return [(name, " ".join(re.sub("--.*", "", sql).split())) for name, sql in rows]


def test_the_old_file_is_one() -> None:
    old = sqlite3.connect(f"file:{OLD / 'version-1.db'}?mode=ro&immutable=1", uri=True)
    assert old.execute("PRAGMA user_version").fetchone() == (1,)
    old.close()


def test_an_old_file_has_all_that_was_in_it_and_can_be_used_on(where: Path) -> None:
    database = db.open_database(where)
    assert database.execute("PRAGMA user_version").fetchone() == (VERSION,)
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    newest, oldest = queries.conversations(database)
    assert (oldest.id, oldest.title, oldest.turns, oldest.began) == (1, "Clouds in space", 2, MONDAY)
    assert [(each.question, each.answer) for each in queries.turns(database, 1)] == [
        ("What is a nebula?", "A cloud of gas."),
        ("请告诉我今天天气怎么样", "今天晴朗。"),
    ]
    assert [hit.conversation for hit in queries.search(database, "天气怎")] == [1]
    assert ConversationWriter(database, newest.id).session == 1
    assert save(database, ("And now?", "Yes."), asked=MONDAY + dt.timedelta(days=9), about=ABOUT) == 3
    removal.remove(database, [1])
    assert queries.search(database, "nebula") == []
    database.close()


def test_an_upgraded_file_has_the_schema_of_a_new_one(where: Path, tmp_path: Path) -> None:
    upgraded, new = db.open_database(where), db.open_database(tmp_path / "new")
    assert _schema(upgraded) == _schema(new)
    upgraded.close()
    new.close()


def test_an_upgrade_that_fails_leaves_the_file_as_it_was(where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = (*MIGRATIONS, "CREATE TABLE half (id INTEGER);\nCREATE TABLE half (id INTEGER);\n")
    monkeypatch.setattr(db, "MIGRATIONS", broken)
    monkeypatch.setattr(db, "VERSION", len(broken))
    with pytest.raises(HistoryFailed, match="half"):
        db.open_database(where)
    monkeypatch.undo()
    database = db.open_database(where)
    assert len(queries.conversations(database)) == 2
    assert "half" not in dict(_schema(database))
    database.close()
