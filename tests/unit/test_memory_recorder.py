"""A session is saved while it runs. Failures are reported once and cost nothing else."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given

from fakes.histories import MONDAY, save
from fakes.ui_events import any_events
from voicecli import events
from voicecli.errors import AudioError, VoiceCliError
from voicecli.memory import queries, removal
from voicecli.memory.conversations import SavedCall
from voicecli.memory.database import NAME, open_database
from voicecli.memory.event_tracker import TRACKED, Tracker
from voicecli.memory.export import as_json, as_markdown, as_srt
from voicecli.memory.recorder import OVERWRITTEN, REMOVED, SAVED_AGAIN, Recorder
from voicecli.memory.sound_files import TurnSound
from voicecli.pcm import silence


class Told(Recorder):
    """A recorder with short methods for the events of a session. It stores its errors."""

    def __init__(self, where: Path, *, keep_days: int = 0) -> None:
        self.errors: list[VoiceCliError] = []
        self.news: list[str] = []
        super().__init__(
            where,
            persona="tutor",
            now=lambda: MONDAY,
            failed=self.errors.append,
            again=self.news.append,
            keep_days=keep_days,
        )

    def say(self, turn: int, question: str, answer: str) -> None:
        self.take(events.Transcript(t_s=turn, turn=turn, text=question, language="en", final=True, typed=True))
        self.take(events.TurnSettled(t_s=turn + 1, turn=turn, turns=(turn,), question=question, answer=answer))


@pytest.fixture
def where(tmp_path: Path) -> Path:
    return tmp_path / "data" / "history"


@pytest.fixture
def recorder(where: Path) -> Iterator[Told]:
    recorder = Told(where)
    recorder.start()
    yield recorder
    recorder.close()


def read(where: Path) -> list[list[tuple[str, str]]]:
    """Questions and answers of all conversations, the oldest first."""
    database = open_database(where)
    found = sorted(each.id for each in queries.conversations(database))
    said = [[(turn.question, turn.answer) for turn in queries.turns(database, each)] for each in found]
    database.close()
    return said


def test_a_turn_is_in_the_file_while_the_session_goes_on(recorder: Told, where: Path) -> None:
    recorder.take(events.Transcript(t_s=1.0, turn=1, text="One?", language="en", final=True, typed=True))
    assert recorder.settle()
    assert read(where) == [[("One?", "")]]
    recorder.say(1, "One?", "First.")
    assert recorder.settle()
    assert read(where) == [[("One?", "First.")]]
    assert recorder.conversation == 1
    assert recorder.errors == []


def test_a_session_in_which_nothing_is_said_leaves_nothing(recorder: Told, where: Path) -> None:
    recorder.take(events.Cleared(t_s=1.0))
    recorder.take(events.Transcript(t_s=1.0, turn=1, text="a guess", language="en", final=False))
    recorder.settle()
    recorder.close()
    assert read(where) == []


def test_text_that_no_database_can_hold_is_saved_as_far_as_it_can(recorder: Told, where: Path) -> None:
    recorder.say(1, "half \ud83d a character", "and \0 a zero")
    recorder.settle()
    assert recorder.errors == []
    assert read(where) == [[("half ? a character", "and \0 a zero")]]


def test_a_place_that_cannot_be_written_is_told_once_and_used_as_soon_as_it_can(recorder: Told, where: Path) -> None:
    where.parent.mkdir()
    where.write_text("a file in the place of the folder")
    recorder.say(1, "One?", "First.")
    recorder.say(2, "Two?", "Second.")
    recorder.settle()
    assert [error.code for error in recorder.errors] == ["history-failed"]
    assert recorder.conversation is None
    where.unlink()
    recorder.say(3, "Three?", "Third.")
    recorder.settle()
    assert len(recorder.errors) == 1
    assert read(where) == [[("One?", "First."), ("Two?", "Second."), ("Three?", "Third.")]]


def test_a_write_that_fails_is_tried_again_with_the_next_turn(
    recorder: Told, where: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder.say(1, "One?", "First.")
    recorder.settle()
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    with monkeypatch.context() as patch:
        patch.setattr("voicecli.memory.writer.ConversationWriter._put", lambda *_: (_ for _ in ()).throw(full))
        recorder.say(2, "Two?", "Second.")
        recorder.settle()
    assert [error.message for error in recorder.errors] == ["The history cannot be written: the disk is full."]
    assert recorder.news == []
    recorder.say(3, "Three?", "Third.")
    recorder.settle()
    assert recorder.news == [SAVED_AGAIN]
    assert read(where) == [[("One?", "First."), ("Two?", "Second."), ("Three?", "Third.")]]


def test_the_last_turn_is_tried_once_more_at_the_end(
    recorder: Told, where: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = sqlite3.OperationalError("database or disk is full")
    with monkeypatch.context() as patch:
        patch.setattr("voicecli.memory.writer.ConversationWriter._put", lambda *_: (_ for _ in ()).throw(full))
        recorder.say(1, "One?", "First.")
        recorder.settle()
    recorder.close()
    assert read(where) == [[("One?", "First.")]]


@pytest.mark.parametrize("replaced", [False, True])
def test_a_database_that_is_removed_is_replaced_by_a_new_one_and_that_is_told(
    recorder: Told, where: Path, replaced: bool
) -> None:
    recorder.say(1, "One?", "First.")
    recorder.settle()
    for file in where.iterdir():
        file.rename(where.parent / file.name)
    if replaced:
        with contextlib.closing(open_database(where)) as database:
            save(database, ("Another?", "Yes."))
    recorder.say(2, "Two?", "Second.")
    recorder.say(3, "Three?", "Third.")
    recorder.settle()
    assert recorder.errors == []
    assert recorder.news == [REMOVED]
    other = [[("Another?", "Yes.")]] if replaced else []
    assert read(where) == [*other, [("Two?", "Second."), ("Three?", "Third.")]]
    recorder.close()
    assert read(where) == [*other, [("Two?", "Second."), ("Three?", "Third.")]]


def overwrite(file: Path) -> None:
    file.write_bytes(b"This is no database. " * 1000)


def overwrite_the_end(file: Path) -> None:
    with file.open("r+b") as written:
        written.seek(4096)
        written.write(os.urandom(file.stat().st_size - 4096))


def truncate(file: Path) -> None:
    os.truncate(file, 0)


def cut_in_half(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def replace(file: Path) -> None:
    """A new file of that name, which is no database."""
    file.rename(file.parent.parent / NAME)
    overwrite(file)


@pytest.mark.parametrize("how", [overwrite, overwrite_the_end, truncate, cut_in_half, replace])
@pytest.mark.parametrize("checkpointed", [True, False])
def test_a_database_that_another_program_spoils_is_moved_aside_and_the_session_is_saved_whole(
    recorder: Told, where: Path, how: Callable[[Path], None], checkpointed: bool
) -> None:
    with contextlib.closing(open_database(where)) as database:
        save(database, ("Before?", "Yes."))
    recorder.say(1, "One?", "First.")
    recorder.take(events.Cleared(t_s=3))
    recorder.say(4, "Four?", "Fourth.")
    recorder.settle()
    if checkpointed:
        with contextlib.closing(open_database(where)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        recorder.say(5, "Five?", "Fifth.")  # so that this write of SQLite is known
        recorder.settle()
    else:
        recorder.say(5, "Five?", "Fifth.")
        recorder.settle()
    how(where / NAME)
    spoilt = (where / NAME).read_bytes()
    recorder.say(6, "Six?", "Sixth.")
    recorder.settle()
    # The log of the one that was replaced is not its log.
    aside = where / f"{NAME}.damaged{'-2' if how is replace else ''}"
    assert recorder.news == [OVERWRITTEN.format(file=aside)]
    assert recorder.errors == []
    saved = [[("One?", "First.")], [("Four?", "Fourth."), ("Five?", "Fifth."), ("Six?", "Sixth.")]]
    assert read(where) == saved
    recorder.close()
    assert read(where) == saved
    assert aside.read_bytes() == spoilt  # nothing was written into it
    assert all(not each.stat().st_mode & 0o077 for each in where.iterdir() if each != aside)


def test_a_database_that_is_spoilt_after_the_last_turn_is_noticed_at_the_end(recorder: Told, where: Path) -> None:
    recorder.say(1, "One?", "First.")
    recorder.settle()
    overwrite(where / NAME)
    spoilt = (where / NAME).read_bytes()
    recorder.close()
    assert (where / f"{NAME}.damaged").read_bytes() == spoilt
    assert read(where) == [[("One?", "First.")]]


def test_each_spoilt_database_and_its_sound_are_kept(recorder: Told, where: Path) -> None:
    sound = TurnSound(you=silence(100), voicecli=silence(100), rate_hz=16_000)
    for turn in (1, 2, 3):
        recorder.say(turn, f"{turn}?", "Yes.")
        recorder.take_sound(turn, sound)
        recorder.settle()
        overwrite(where / NAME)
    recorder.close()
    kept = {file.name for file in where.iterdir()}
    assert kept >= {"audio.damaged", "audio.damaged-2", f"{NAME}.damaged", f"{NAME}.damaged-2", f"{NAME}.damaged-3"}
    assert len(list((where / "audio.damaged").iterdir())) == 2
    assert read(where) == [[("1?", "Yes."), ("2?", "Yes."), ("3?", "Yes.")]]


def test_what_other_processes_of_ours_write_is_no_damage(recorder: Told, where: Path) -> None:
    recorder.say(1, "One?", "First.")
    recorder.settle()
    for turn in range(2, 6):
        with contextlib.closing(open_database(where)) as database:
            save(database, (f"Another {turn}?", "Yes."))
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        recorder.say(turn, f"{turn}?", "Yes.")
        recorder.settle()
        os.utime(where / NAME)  # touched, but the same
        recorder.say(turn + 10, f"{turn + 10}?", "Yes.")
        recorder.settle()
    with contextlib.closing(open_database(where)) as database:
        removal.remove(database, [1])
    recorder.say(20, "Twenty?", "Yes.")
    recorder.settle()
    assert (recorder.errors, recorder.news) == ([], [])
    recorder.close()
    assert [each.name for each in where.iterdir()] == [NAME]


def test_a_database_that_was_damaged_before_the_session_stays_where_it_is(recorder: Told, where: Path) -> None:
    where.mkdir(parents=True)
    overwrite(where / NAME)
    recorder.say(1, "One?", "First.")
    recorder.settle()
    assert [error.code for error in recorder.errors] == ["history-failed"]
    assert [each.name for each in where.iterdir()] == [NAME]


def test_a_fault_of_the_program_is_told_without_words(recorder: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(
            "voicecli.memory.writer.ConversationWriter.write",
            lambda *_: (_ for _ in ()).throw(KeyError("a secret that was said")),
        )
        recorder.say(1, "One?", "First.")
        recorder.settle()
    assert [error.code for error in recorder.errors] == ["internal-error"]
    assert "secret" not in recorder.errors[0].message
    recorder.say(2, "Two?", "Second.")
    assert recorder.settle()
    assert recorder.conversation is not None


def test_sound_that_cannot_be_written_costs_one_notice_and_no_words(
    recorder: Told, where: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise AudioError("The disk is full.")

    sound = TurnSound(you=silence(100), voicecli=silence(100), rate_hz=16_000)
    with monkeypatch.context() as patch:
        patch.setattr("voicecli.memory.sound_files.write", full)
        for turn in (1, 2):
            recorder.say(turn, f"{turn}?", "Yes.")
            recorder.take_sound(turn, sound)
        recorder.settle()
    recorder.say(3, "3?", "Yes.")
    recorder.take_sound(3, sound)
    recorder.settle()
    assert [error.message for error in recorder.errors] == ["The disk is full."]
    assert read(where) == [[("1?", "Yes."), ("2?", "Yes."), ("3?", "Yes.")]]
    assert len(list((where / "audio").iterdir())) == 2


def test_two_sessions_at_once_do_not_disturb_each_other(recorder: Told, where: Path) -> None:
    other = Told(where)
    other.start()
    for turn in range(1, 21):
        recorder.say(turn, f"One {turn}?", "Yes.")
        other.say(turn, f"Two {turn}?", "No.")
    recorder.settle(20)
    other.settle(20)
    other.close()
    assert (recorder.errors, other.errors) == ([], [])
    said = sorted(read(where))
    assert said == [
        [(f"One {turn}?", "Yes.") for turn in range(1, 21)],
        [(f"Two {turn}?", "No.") for turn in range(1, 21)],
    ]


def test_old_conversations_are_removed_at_the_start_when_that_is_set(where: Path) -> None:
    database = open_database(where)
    save(database, ("Old?", "Yes."), asked=MONDAY - dt.timedelta(days=31))
    save(database, ("New?", "Yes."), asked=MONDAY - dt.timedelta(days=29))
    database.close()
    for keep_days, left in ((0, 2), (30, 1)):
        recorder = Told(where, keep_days=keep_days)
        recorder.start()
        recorder.settle(20)
        recorder.close()
        assert len(read(where)) == left
    assert read(where) == [[("New?", "Yes.")]]
    if os.name == "posix":
        assert b"Old?" not in (where / NAME).read_bytes()


@given(any_events())
def test_no_sequence_of_events_is_too_much_for_the_tracker(happened: list[events.Event]) -> None:
    tracker = Tracker()
    for event in happened:
        if isinstance(event, TRACKED):
            tracker.take(event, MONDAY)


def test_calls_of_tools_are_saved_with_their_turn_and_go_with_it(recorder: Told, where: Path) -> None:
    recorder.take(events.Transcript(t_s=1.0, turn=1, text="How is the weather?", language="en", final=True))
    used = events.ToolUsed(
        t_s=2.0, turn=1, tool="weather", arguments='{"city": "Bonn"}', outcome="done", text="dry \udc80", took_ms=12.5
    )
    recorder.take(used)
    recorder.take(events.TurnSettled(t_s=3.0, turn=1, turns=(1,), question="How is the weather?", answer="It is dry."))
    assert recorder.settle()
    database = open_database(where)
    (turn,) = queries.turns(database, 1)
    assert turn.calls == (
        SavedCall(tool="weather", arguments='{"city": "Bonn"}', outcome="done", result="dry ?", took_ms=12.5),
    )
    (conversation,) = queries.conversations(database)
    assert "*Used the tool weather with city Bonn*" in as_markdown(conversation, [turn])
    record = json.loads(as_json(conversation, [turn]))
    assert record["turns"][0]["calls"][0]["arguments"] == {"city": "Bonn"}
    recorder.take(events.Undone(t_s=4.0, turn=1, turns=(1,), text="How is the weather?"))
    assert recorder.settle()
    assert database.execute("SELECT COUNT(*) FROM calls").fetchone() == (0,)
    database.close()


def test_an_answer_that_no_voice_speaks_has_the_time_at_which_it_was_shown(recorder: Told, where: Path) -> None:
    recorder.take(
        events.Ready(
            t_s=0.0,
            models={"voice": "en"},
            device={},
            offline=True,
            microphone="mic",
            speaker="card",
            duplex="full",
            mode="hands-free",
        )
    )
    recorder.take(events.Transcript(t_s=1.0, turn=1, text="\u4f60\u597d\u5417", language="zh", final=True))
    recorder.take(events.ReplyDelta(t_s=2.0, turn=1, text="\u5f88"))
    recorder.take(events.Speaking(t_s=2.2, turn=1, start=0, end=1, text="\u5f88"))
    recorder.take(events.ReplyDelta(t_s=2.5, turn=1, text="\u597d\u3002"))
    recorder.take(
        events.TurnSettled(t_s=3.0, turn=1, turns=(1,), question="\u4f60\u597d\u5417", answer="\u5f88\u597d\u3002")
    )
    assert recorder.settle()
    database = open_database(where)
    (turn,) = queries.turns(database, queries.latest(database).id)
    database.close()
    assert (turn.times.answer_from_ms, turn.times.answer_to_ms, turn.times.words) == (2000.0, 3000.0, ())
    assert "\u5f88\u597d\u3002" in as_srt([turn])
