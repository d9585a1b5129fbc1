"""The threads of tools, the announcements of timers, and where notes are stored."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Literal

import pytest

from fakes.histories import traces
from voicecli.memory import notes as saved
from voicecli.memory.database import NAME, open_database
from voicecli.messages import Report
from voicecli.pipeline.channel import Channel
from voicecli.session.commands import UseTool
from voicecli.session.session_timers import SessionTimers
from voicecli.session.tool_runner import ToolRunner
from voicecli.tools.builtin_catalog import BY_NAME
from voicecli.tools.definitions import Call, Result, Run, ToolFailed
from voicecli.tools.permission import is_yes
from voicecli.tools.registry import Registry
from voicecli.tools.reports import Announced, ToolAnswered
from voicecli.turn import Turn


def answers(run: Run, *commands: UseTool, limit_s: float = 5.0) -> list[ToolAnswered]:
    """The results of `commands`, all of which use the tool `add_note`."""
    inbox: Channel[Report] = Channel("reports", limit=10)
    toolbox = ToolRunner(Registry({"add_note": (BY_NAME["add_note"], run)}), inbox.insist, limit_s=limit_s)
    for command in commands:
        toolbox.use(command)
    toolbox.start()
    toolbox.stop()
    inbox.close()
    return [each for each in inbox if isinstance(each, ToolAnswered)]


def use(*, asks: Literal["", "ask", "refuse"] = "", cancelled: bool = False) -> UseTool:
    turn = Turn(1)
    if cancelled:
        turn.cancel()
    return UseTool(turn=turn, call=Call(name="add_note", arguments={"text": "buy milk"}), asks=asks)


def test_a_call_whose_turn_is_cancelled_is_not_carried_out() -> None:
    done: list[Call] = []

    def run(call: Call) -> Result:
        done.append(call)
        return Result(text="Noted.", changed=True)

    (answered,) = answers(run, use(cancelled=True), use())
    assert len(done) == 1
    assert (answered.result.text, answered.result.changed) == ("Noted.", True)


def test_permission_is_asked_for_without_using_the_tool() -> None:
    done: list[Call] = []

    def run(call: Call) -> Result:
        done.append(call)
        return Result(text="")

    (answered,) = answers(run, use(asks="ask"))
    assert answered.result == Result(text="May I keep notes in a file on this computer? Say yes or no.", asks=True)
    assert done == []


def test_a_tool_that_hangs_or_breaks_ends_one_turn_and_no_more() -> None:
    release = threading.Event()

    def hang(_call: Call) -> Result:
        release.wait(10)
        return Result(text="Too late.")

    (hung,) = answers(hang, use(), limit_s=0.05)
    release.set()
    assert (hung.result.failed, hung.result.text) == (True, "The tool add_note took too long.")

    def crash(_call: Call) -> Result:
        raise ZeroDivisionError("buy milk")

    (broken,) = answers(crash, use())
    assert (broken.result.failed, broken.result.text) == (True, "The tool add_note did not work.")


def test_a_timer_speaks_up_once_when_it_is_over() -> None:
    now, said = [0.0], list[Report]()
    alarms = SessionTimers(said.append, clock=lambda: now[0])
    alarms.set(2, name="tea", text="", language="en")
    alarms.set(60, name="", text="", language="en")
    assert alarms.look() == 2.0
    now[0] = 2.5
    assert alarms.look() == 57.5
    alarms.look()
    assert said == [Announced(text="The tea timer is over.")]
    assert alarms.running == 1


def test_the_thread_of_timers_waits_no_longer_than_the_next_one() -> None:
    said, over = list[Report](), threading.Event()

    def report(each: Report) -> None:
        said.append(each)
        over.set()

    alarms = SessionTimers(report)
    alarms.start()
    began_s = time.monotonic()
    alarms.set(1, name="", text="", language="de")
    assert over.wait(10)
    assert 0.9 < time.monotonic() - began_s < 5
    alarms.stop()
    assert said == [Announced(text="Der Timer über 1 Sekunde ist abgelaufen.", language="de")]


@pytest.mark.parametrize(("text", "yes"), [("Yes.", True), ("Yes, please!", True), ("Ja, bitte.", True), ("Yeah.", False),
                                           ("Yes, but not now.", False), ("No.", False), ("", False), ("yes yes", False)])  # fmt: skip
def test_only_a_clear_yes_is_one(text: str, yes: bool) -> None:
    assert is_yes(text) is yes


def test_notes_are_kept_found_and_removed_without_a_trace(tmp_path: Path) -> None:
    where = tmp_path / "history"
    notes = saved.SavedNotes(where, writes=True)
    assert notes.newest(10) == ((), 0)
    assert not where.exists()
    notes.add("buy milk")
    notes.add("Der PLÜMBER kommt")
    assert (where / NAME).stat().st_mode & 0o077 == 0
    assert notes.newest(1) == (["Der PLÜMBER kommt"], 2)
    assert notes.search("plümber", 5) == (["Der PLÜMBER kommt"], 1)
    assert notes.search("100%", 5) == ([], 0)
    database = open_database(where)
    saved.remove(database, [number for number, text in saved.numbered(database) if "milk" in text])
    database.close()
    assert notes.newest(5) == (["Der PLÜMBER kommt"], 1)
    assert traces(where, ["buy milk"]) == []


def test_without_saving_nothing_is_written_down(tmp_path: Path) -> None:
    notes = saved.SavedNotes(tmp_path / "history", writes=False)
    with pytest.raises(ToolFailed, match="--no-save"):
        notes.add("buy milk")
    assert not (tmp_path / "history").exists()


def test_a_damaged_file_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"no database" * 100)
    with pytest.raises(ToolFailed, match="damaged"):
        saved.SavedNotes(tmp_path, writes=True).newest(1)


def test_where_nobody_can_be_asked_the_command_is_told() -> None:
    (answered,) = answers(lambda _: Result(text=""), use(asks="refuse"))
    assert answered.result == Result(
        text="That is not allowed yet. To allow it: voicecli tools allow notes.", failed=True
    )
