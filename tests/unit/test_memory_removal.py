"""Removal leaves none of the words in any file."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.histories import MONDAY, fill, save, traces
from voicecli.errors import HistoryFailed
from voicecli.memory import queries, removal
from voicecli.memory.database import open_database

SECRETS = ("Zwetschgenkuchen", "Rhabarberkompott", "Quittengelee")


@pytest.fixture
def where(tmp_path: Path) -> Path:
    return tmp_path / "history"


@pytest.fixture
def database(where: Path) -> Iterator[sqlite3.Connection]:
    connection = open_database(where)
    yield connection
    connection.close()


def _save_secrets(database: sqlite3.Connection) -> int:
    fill(database, 60)
    secret = save(database, (f"Wie backe ich {SECRETS[0]}?", f"Mit {SECRETS[1]}. " * 300), title=SECRETS[2])
    fill(database, 60, seed=9)
    return secret


def test_no_word_of_it_is_left_in_any_file(database: sqlite3.Connection, where: Path) -> None:
    secret = _save_secrets(database)
    assert {trace.split()[0] for trace in traces(where, SECRETS)} == set(SECRETS)  # the test can see them
    assert removal.remove(database, [secret]) == 1
    assert traces(where, SECRETS) == []
    assert queries.search(database, "kuchen") == []
    assert len(queries.conversations(database)) == 6
    # Nor does the index remember the parts that words are made of.
    database.execute("CREATE VIRTUAL TABLE temp.parts USING fts5vocab (main, words, row)")
    terms = {row[0] for row in database.execute("SELECT term FROM temp.parts")}
    assert "gas" not in terms
    assert not {"wet", "tsc", "chg", "uch"} & terms
    database.close()
    assert traces(where, SECRETS) == []


def test_the_other_conversations_are_as_they_were(database: sqlite3.Connection) -> None:
    kept = save(database, ("What is a nebula?", "A cloud."), title="Clouds")
    before = queries.conversations(database), queries.turns(database, kept)
    secret = save(database, ("Secret?", "Yes."))
    removal.remove(database, [secret, 999])
    assert (queries.conversations(database), queries.turns(database, kept)) == before
    assert [hit.conversation for hit in queries.search(database, "nebula")] == [kept]


def test_while_another_program_reads_it_is_told_that_traces_are_left(
    database: sqlite3.Connection, where: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = _save_secrets(database)
    monkeypatch.setattr("voicecli.memory.database.BUSY_S", 0.05)
    impatient = open_database(where)
    database.execute("BEGIN")
    database.execute("SELECT COUNT(*) FROM turns").fetchone()  # a reader that keeps the old state
    with pytest.raises(HistoryFailed, match="traces of their words are left"):
        removal.remove(impatient, [secret])
    database.execute("ROLLBACK")
    assert all(each.id != secret for each in queries.conversations(database))  # removed they are
    removal.leave_no_trace(impatient)
    impatient.close()
    assert traces(where, SECRETS) == []


def test_days_are_those_of_the_users_clock_at_that_time(database: sqlite3.Connection) -> None:
    late = dt.datetime(2026, 5, 4, 23, 30, tzinfo=dt.timezone(dt.timedelta(hours=-7)))  # the fifth, by universal time
    first, second = save(database, ("Late?", "Yes."), asked=late), save(database, ("Early?", "Yes."))
    save(database, ("Later?", "Yes."), asked=MONDAY + dt.timedelta(days=2))
    day = dt.date(2026, 5, 4)
    assert removal.between(database, day, day) == [first, second]
    assert removal.between(database, day + dt.timedelta(days=1), day + dt.timedelta(days=1)) == []


def test_old_is_what_has_ended_long_ago(database: sqlite3.Connection) -> None:
    old = save(database, ("Old?", "Yes."), asked=MONDAY - dt.timedelta(days=31))
    save(database, ("New?", "Yes."), asked=MONDAY - dt.timedelta(days=29))
    assert removal.older_than(database, 30, MONDAY) == [old]
