"""Timers that survive the end of a session: saved, taken over by the next session, and told once if they ended meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from voicecli.memory.timers import SavedTimers, process
from voicecli.messages import Report
from voicecli.session.session_timers import SessionTimers
from voicecli.tools.definitions import ToolFailed
from voicecli.tools.reports import Announced
from voicecli.tools.timers import SavedTimer, Timer

NOON_S = 1_764_331_200.0


@pytest.fixture
def ended() -> int:
    """The number of a process that has ended."""
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


class Session:
    """One run of the program, at the Unix time `at_s`."""

    def __init__(self, where: Path, at_s: float, *, pid: int | None = None) -> None:
        self.said: list[Report] = []
        self.now_s = at_s
        self.alarms = SessionTimers(
            self.said.append,
            clock=lambda: self.now_s - NOON_S + 1000,
            store=SavedTimers(where, pid=pid),
            wall_clock=lambda: self.now_s,
        )
        self.alarms.restore()
        self.alarms.look()

    def texts(self) -> list[str]:
        return [each.text for each in self.said if isinstance(each, Announced)]


def test_the_next_session_goes_on_and_tells_once_what_ended_meanwhile(tmp_path: Path, ended: int) -> None:
    first = Session(tmp_path, NOON_S, pid=ended)
    first.alarms.set(60, name="tea", text="", language="en")
    first.alarms.set(600, name="", text="Ana anrufen", language="de")
    first.alarms.set(90, name="", text="call Bo", language="en")
    first.alarms.cancel("call bo", "en")
    assert first.alarms.kept
    second = Session(tmp_path, NOON_S + 120, pid=ended)
    (told,) = second.texts()
    assert told.startswith("The tea timer ended at ")
    assert told.endswith(", while I was not running.")
    assert second.alarms.running == 1
    assert "noch 8 Minuten" in second.alarms.listing("de")
    third = Session(tmp_path, NOON_S + 300, pid=ended)
    assert third.texts() == []
    third.now_s = NOON_S + 601
    third.alarms.look()
    assert third.texts() == ["Du wolltest erinnert werden: Ana anrufen."]
    fourth = Session(tmp_path, NOON_S + 900)
    assert (fourth.texts(), fourth.alarms.running) == ([], 0)


def test_a_session_that_still_runs_keeps_its_timers(tmp_path: Path) -> None:
    first = Session(tmp_path, NOON_S)  # of this process, which runs
    first.alarms.set(60, name="tea", text="", language="en")
    beside = Session(tmp_path, NOON_S + 120, pid=os.getppid())
    assert (beside.texts(), beside.alarms.running) == ([], 0)
    first.now_s = NOON_S + 120
    first.alarms.look()
    assert first.texts() == ["The tea timer is over."]


def test_the_day_is_told_where_it_is_another_one(tmp_path: Path, ended: int) -> None:
    Session(tmp_path, NOON_S, pid=ended).alarms.set(60, name="", text="call Ana", language="en")
    (told,) = Session(tmp_path, NOON_S + 3 * 86_400).texts()
    assert told.startswith("You wanted to be reminded on 28 November at ")


def test_a_process_is_told_apart_from_a_later_one_with_its_number(ended: int) -> None:
    assert process(os.getpid()) == process(os.getpid()) != ""
    assert process(ended) == ""
    assert process(os.getpid()).startswith(f"{os.getpid()}:")


class Broken:
    """A store that cannot be used."""

    def add(self, timer: Timer, over_at_s: float) -> int:
        raise ToolFailed(f"The disk is full. {timer.seconds} {over_at_s}")

    def remove(self, numbers: Sequence[int]) -> None:
        raise ToolFailed(f"The disk is full. {numbers}")

    def claim(self) -> Sequence[SavedTimer]:
        raise ToolFailed("The disk is full.")


def test_a_store_that_fails_costs_no_timer_and_is_told_once() -> None:
    told: list[str] = []
    alarms = SessionTimers(lambda _report: None, clock=lambda: 0.0, store=Broken(), unsaved=told.append)
    alarms.restore()
    alarms.set(60, name="tea", text="", language="en")
    assert told == ["The disk is full."]
    assert (alarms.running, alarms.kept) == (1, False)
    assert alarms.farewell("en") == "The tea timer is lost, because this session is not saved."


@pytest.mark.parametrize(
    ("count", "farewell"),
    [
        (0, ""),
        (1, "The timer for 1 minute is kept. What ends before you start me again, I will tell you then."),
        (2, "Your 2 timers are kept. What ends before you start me again, I will tell you then."),
    ],
)
def test_goodbye_says_what_happens_to_timers(tmp_path: Path, count: int, farewell: str) -> None:
    alarms = Session(tmp_path, NOON_S).alarms
    for _ in range(count):
        alarms.set(60, name="", text="", language="en")
    assert alarms.farewell("en") == farewell
    lost = SessionTimers(lambda _report: None, clock=lambda: 0.0)
    for _ in range(count):
        lost.set(60, name="", text="", language="en")
    assert ("lost" in lost.farewell("en")) == bool(count)
    assert ("verloren" in lost.farewell("de")) == bool(count)


def test_the_text_of_a_timer_that_ended_is_in_no_row(tmp_path: Path) -> None:
    from voicecli.memory.database import open_database

    session = Session(tmp_path, NOON_S)
    session.alarms.set(1, name="", text="call the doctor", language="en")
    session.now_s += 2
    session.alarms.look()
    database = open_database(tmp_path)
    assert database.execute("SELECT COUNT(*) FROM timers").fetchone() == (0,)
    database.close()


def test_quit_by_voice_says_it(tmp_path: Path) -> None:
    from flow.test_tools import NoHost
    from voicecli.session.date_prompt import local_now
    from voicecli.tools.builtin import registry
    from voicecli.tools.definitions import Call

    alarms, host = Session(tmp_path, NOON_S).alarms, NoHost()
    tools = registry(now=local_now, host=host, notes=host, memory=host, timekeeper=alarms)
    assert tools.run(Call(name="quit")).text == "Goodbye."
    alarms.set(60, name="tea", text="", language="en")
    said = tools.run(Call(name="quit")).text
    assert said == "The tea timer is kept. What ends before you start me again, I will tell you then. Goodbye."
