"""Conversations are saved, listed, shown and found."""

from __future__ import annotations

import datetime as dt
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.histories import ABOUT, MONDAY, ZONE, save, turn
from voicecli.errors import HistoryFailed, NoConversation
from voicecli.memory import queries
from voicecli.memory.conversations import Times
from voicecli.memory.database import NAME, open_database
from voicecli.memory.schema import VERSION
from voicecli.memory.writer import About, ConversationWriter


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = open_database(tmp_path / "history")
    yield connection
    connection.close()


def test_a_conversation_is_read_as_it_was_written(database: sqlite3.Connection) -> None:
    writer = ConversationWriter(database)
    times = Times(
        question_from_ms=100.5,
        question_to_ms=900.0,
        answer_from_ms=1200.0,
        answer_to_ms=3000.0,
        words=((1200.0, 0, 4),),
    )
    first = turn("What is a nebula?", "A cloud", typed=True, language="en", cut=True, times=times)
    second = turn("Und auf Deutsch?", "", MONDAY + dt.timedelta(seconds=40), dropped=True, language="de")
    writer.write(4, first, ABOUT)
    writer.write(7, second, About(persona="tutor", models={"llm": "echo", "voice": "amy"}))
    assert writer.id == 1
    writer.name("Clouds in space")
    assert queries.turns(database, 1) == [first, second]
    (found,) = queries.conversations(database)
    assert (found.id, found.title, found.persona, found.turns, found.sessions) == (1, "Clouds in space", "tutor", 2, 1)
    assert found.models == {"llm": "echo", "voice": "amy"}
    assert found.began == MONDAY
    assert found.began.utcoffset() == ZONE.utcoffset(None)  # the day it was there, wherever it is read
    assert found.spoken_s == pytest.approx(2.8995)


def test_a_turn_is_brought_up_to_date_and_taken_out(database: sqlite3.Connection) -> None:
    writer = ConversationWriter(database)
    writer.write(1, turn("One?"), ABOUT)
    writer.write(2, turn("Two?"), ABOUT)
    writer.write(1, turn("One?", "First answer"), ABOUT)
    assert [(each.question, each.answer) for each in queries.turns(database, 1)] == [
        ("One?", "First answer"),
        ("Two?", ""),
    ]
    assert len(queries.search(database, "First")) == 1
    writer.remove(1)
    writer.remove(1)  # it is out already
    assert [each.question for each in queries.turns(database, 1)] == ["Two?"]
    assert queries.search(database, "First") == []
    writer.remove(2)
    assert queries.conversations(database) == []  # there are no empty ones


def test_a_title_of_the_models_is_not_replaced_by_the_first_question(database: sqlite3.Connection) -> None:
    save(database, ("What is a nebula?", "A cloud."), asked=MONDAY, about=ABOUT)
    writer = ConversationWriter(database, 1)
    writer.name("Clouds", by_model=True)
    writer.write(1, turn("And now?"), ABOUT)
    (found,) = queries.conversations(database)
    assert (found.title, queries.titles(database, 10)) == ("Clouds", [(1, "Clouds")])
    assert database.execute("SELECT titled_turns FROM conversations").fetchone() == (1,)


def test_a_number_is_never_given_again(database: sqlite3.Connection) -> None:
    writer = ConversationWriter(database)
    writer.write(1, turn("One?"), ABOUT)
    writer.remove(1)
    writer.write(2, turn("Two?"), ABOUT)
    assert writer.id == 2


def test_a_conversation_goes_on_in_another_session(database: sqlite3.Connection) -> None:
    save(database, ("Monday?", "Yes."))
    again = ConversationWriter(database, 1)
    again.write(1, turn("Tuesday?", "No.", MONDAY + dt.timedelta(days=1)), ABOUT)
    again.write(2, turn("Wednesday?", "No.", MONDAY + dt.timedelta(days=1)), ABOUT)
    assert [(each.session, each.question) for each in queries.turns(database, 1)] == [
        (1, "Monday?"),
        (2, "Tuesday?"),
        (2, "Wednesday?"),
    ]
    assert queries.conversations(database)[0].sessions == 2
    third = ConversationWriter(database, 1)
    assert queries.conversations(database)[0].sessions == 2  # nothing was said in it yet
    third.write(1, turn("Thursday?"), ABOUT)
    assert queries.turns(database, 1)[-1].session == 3


def test_a_conversation_that_was_removed_meanwhile_is_saved_from_there_on(database: sqlite3.Connection) -> None:
    writer = ConversationWriter(database)
    writer.write(1, turn("Gone?", "Yes."), ABOUT)
    database.execute("DELETE FROM conversations")
    writer.write(2, turn("And now?"), ABOUT)
    writer.write(2, turn("And now?", "Kept."), ABOUT)
    assert writer.id == 2
    assert [each.answer for each in queries.turns(database, 2)] == ["Kept."]


def test_the_newest_is_first_and_the_latest(database: sqlite3.Connection) -> None:
    save(database, ("Old?", "Yes."), asked=MONDAY - dt.timedelta(days=3))
    newest = save(database, ("New?", "Yes."), asked=MONDAY + dt.timedelta(days=3))
    save(database, ("Middle?", "Yes."))
    assert [each.id for each in queries.conversations(database)] == [2, 3, 1]
    assert queries.latest(database).id == newest
    assert [each.id for each in queries.conversations(database, [1, 2])] == [2, 1]


def test_what_is_not_there_is_told(database: sqlite3.Connection) -> None:
    with pytest.raises(NoConversation, match="No conversation is saved yet"):
        queries.latest(database)
    with pytest.raises(NoConversation, match="no conversation 9"):
        queries.conversations(database, [9])
    assert queries.turns(database, 9) == []


SAID = (
    ("Was ist ein Nebel im Weltall?", "Eine Wolke aus Gas; die ÄLTESTEN sind riesig."),
    ("请告诉我今天天气怎么样", "今天晴朗,下午可能有雨。"),
    ("明日の会議は何時ですか", "午後三時からです。"),
    ("ขอบคุณมาก", "ยินดีครับ"),
    ('Say "100%" and C:\\temp_1', "It's 5' 11\" — and * is a star; NEAR OR AND NOT"),
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Weltall", [1]),
        ("eltal", [1]),  # a part of a word
        ("WOLKE gas", [1]),  # both, in any case and order
        ("gas Wolken", []),
        ("ältesten", [1]),  # large and small letters beyond English
        ("äl", [1]),  # too short for the index
        ("天气怎", [2]),
        ("天气", [2]),
        ("雨", [2]),
        ("会議は何時", [3]),
        ("三時", [3]),
        ("คุณ", [4]),
        ("今天 雨", [2]),
        ('"100%"', [5]),
        ("C:\\temp_1", [5]),
        ("%", [5]),  # a sign, not a placeholder
        ("_", [5]),
        ("*", [5]),
        ("5' 11\"", [5]),
        ("NEAR OR", [5]),  # words, not operators
        ("xyz", []),
        ("", []),
        ("  ", []),
        ("a\0b", [1]),
    ],
)
def test_words_and_parts_of_words_are_found(database: sqlite3.Connection, text: str, found: list[int]) -> None:
    save(database, *SAID)
    assert sorted(hit.number for hit in queries.search(database, text)) == found


def test_a_hit_says_where_it_is(database: sqlite3.Connection) -> None:
    save(database, ("One?", "Nothing."), title="First")
    save(database, ("Two?", "Nothing."), ("Three?", "A nebula."), asked=MONDAY + dt.timedelta(days=1), title="Second")
    save(database, ("Four nebulae?", "Yes."), asked=MONDAY - dt.timedelta(days=1))
    newest, oldest = queries.search(database, "nebul")
    assert (newest.conversation, newest.title, newest.number, newest.question) == (2, "Second", 2, "Three?")
    assert newest.asked == MONDAY + dt.timedelta(days=1, minutes=1)
    assert (oldest.conversation, oldest.number) == (3, 1)
    assert len(queries.search(database, "nebul", limit=1)) == 1


def test_the_file_is_the_users_alone(tmp_path: Path) -> None:
    where = tmp_path / "data" / "history"
    database = open_database(where)
    save(database, ("One?", "Yes."))
    assert where.stat().st_mode & 0o777 == 0o700
    assert where.parent.stat().st_mode & 0o777 == 0o700
    files = sorted(where.iterdir())
    assert [file.name for file in files] == [NAME, f"{NAME}-shm", f"{NAME}-wal"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    database.close()


def test_two_sessions_write_at_the_same_time(tmp_path: Path) -> None:
    """Processes open a new history at the same moment and write as fast as they can. Each has all its turns, and no others."""
    script = (
        "import sys; from pathlib import Path; from fakes.histories import ABOUT, turn\n"
        "from voicecli.memory.database import open_database; from voicecli.memory.writer import ConversationWriter\n"
        "sys.stdin.read(1); writer = ConversationWriter(open_database(Path(sys.argv[1])))\n"
        "for n in range(40): writer.write(n, turn(f'{sys.argv[2]} {n}'), ABOUT); writer.write(n, turn(f'{sys.argv[2]} {n}', 'x'), ABOUT)\n"
        "print(writer.id)"
    )
    where = tmp_path / "history"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(where), name],
            cwd=Path(__file__).parents[1],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two", "three", "four")
    ]
    for each in started:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    ids = [int(each.communicate(timeout=120)[0]) for each in started]
    assert [each.returncode for each in started] == [0] * 4
    database = open_database(where)
    for number, name in zip(ids, ("one", "two", "three", "four"), strict=True):
        assert [each.question for each in queries.turns(database, number)] == [f"{name} {n}" for n in range(40)]
    assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    database.close()


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"this is no database, however long it may be " * 100)
    with pytest.raises(HistoryFailed, match="is damaged") as told:
        open_database(tmp_path)
    assert f"mv {tmp_path / NAME}" in told.value.hint


def test_a_file_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    database.execute(f"PRAGMA user_version = {VERSION + 1}")
    database.close()
    before = (tmp_path / NAME).read_bytes()
    with pytest.raises(HistoryFailed, match="newer voicecli"):
        open_database(tmp_path)
    assert (tmp_path / NAME).read_bytes() == before


def test_a_place_that_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "history").write_text("a file")
    with pytest.raises(HistoryFailed, match="cannot be used"):
        open_database(tmp_path / "history")


def test_another_process_that_looks_takes_nothing_from_one_that_writes(tmp_path: Path) -> None:
    where = tmp_path / "history"
    connection = open_database(where)
    writer = ConversationWriter(connection)
    writer.write(1, turn("One?", "First."), ABOUT)
    open_database(where).close()  # the same program opens it once more, as for its notes
    look = (
        "import sys; from pathlib import Path; from voicecli.memory import queries; from voicecli.memory.database import open_database\n"
        "database = open_database(Path(sys.argv[1])); print(len(queries.turns(database, 1))); database.close()"
    )

    def seen() -> int:
        done = subprocess.run([sys.executable, "-c", look, str(where)], capture_output=True, text=True, check=True)
        return int(done.stdout)

    assert seen() == 1
    assert (where / f"{NAME}-wal").exists()  # the other process was not the last one
    writer.write(2, turn("Two?", "Second."), ABOUT)
    assert seen() == 2
    connection.close()
    assert seen() == 2


@pytest.mark.parametrize("number", [-1, 7, 2**63 - 1, 2**63, 10**30])
def test_a_number_that_no_conversation_can_have_is_told_like_any_other(
    database: sqlite3.Connection, number: int
) -> None:
    with pytest.raises(NoConversation, match=f"There is no conversation {number}"):
        queries.conversations(database, [number])
