"""Several processes use one history: a new file is made by one of them, and what another one writes is not taken for damage."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fakes.histories import save
from voicecli.memory import overwritten
from voicecli.memory.database import NAME, open_database


def test_a_new_file_that_another_process_holds_is_opened_when_it_is_free(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / NAME, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN EXCLUSIVE")  # as a process does that switches a new file to its log
        threading.Timer(0.1, other.execute, ["ROLLBACK"]).start()
        with contextlib.closing(open_database(tmp_path)) as database:
            assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.fixture
def database(tmp_path: Path) -> sqlite3.Connection:
    """A history with one turn, which is open."""
    found = open_database(tmp_path)
    save(found, ("One?", "Yes."))
    return found


def test_what_another_process_writes_is_no_damage(database: sqlite3.Connection, tmp_path: Path) -> None:
    before, version = overwritten.content(database), overwritten.data_version(database)
    with contextlib.closing(open_database(tmp_path)) as other:
        save(other, ("Two?", "Yes."))
        other.execute("PRAGMA wal_checkpoint")
    assert overwritten.content(database) != before
    assert overwritten.is_intact(tmp_path, before, database, version)
    database.close()


def test_a_file_that_is_no_database_is_damage_whoever_writes(database: sqlite3.Connection, tmp_path: Path) -> None:
    before, version = overwritten.content(database), overwritten.data_version(database)
    with contextlib.closing(open_database(tmp_path)) as other:
        save(other, ("Two?", "Yes."))
        with (tmp_path / NAME).open("r+b", buffering=0) as file:
            file.write(b"something else" * 1000)
            assert not overwritten.is_intact(tmp_path, before, database, version)
    database.close()


SESSION = """
import sys
from pathlib import Path
from test_memory_recorder import Told

where, name = Path(sys.argv[1]), sys.argv[2]
session = Told(where)
session.start()
for turn in range(1, 61):
    session.say(turn, f"{name} {turn}? " + "word " * 1000, "Yes. " * 1000)
session.settle(60)
session.close()
print([error.message for error in session.errors], session.news)
"""
"""A session with so many words that the log is brought into the file several times."""


def test_three_processes_that_write_much_save_everything(tmp_path: Path) -> None:
    tests = Path(__file__).parents[1]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tests), str(tests / "unit")])}
    sessions = [
        subprocess.Popen([sys.executable, "-c", SESSION, tmp_path, name], env=env, stdout=subprocess.PIPE, text=True)
        for name in ("One", "Two", "Three")
    ]
    assert [session.communicate()[0] for session in sessions] == ["[] []\n"] * 3
    with contextlib.closing(open_database(tmp_path)) as database:
        assert database.execute("SELECT COUNT(*) FROM turns").fetchone() == (180,)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert sorted(each.name for each in tmp_path.iterdir()) == [NAME]
