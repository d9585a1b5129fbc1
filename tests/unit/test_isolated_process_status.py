"""When a process counts as hung."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from voicecli.engines.isolated.process_status import (
    IDLE_LOOKS,
    LOADING_IDLE_LOOKS,
    LOOK_S,
    STOPPED_LOOKS,
    Look,
    Looks,
    look_at,
    parse,
)

LINE = "4711 (python -m (x) y) S 1 4711 4711 0 -1 4194304 900 0 0 0 250 13 0 0 20 0 3 0 100 1000000 500 0"


def test_a_line_of_the_system_is_read_whatever_the_program_is_called() -> None:
    assert parse(LINE) == Look(state="S", ticks=263)
    assert parse("") is None
    assert parse("4711 (x) S") is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_a_real_process_is_seen_running_and_stopped() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        os.kill(child.pid, signal.SIGSTOP)
        until = time.monotonic() + 5
        while (look := look_at(child.pid)) is not None and look.state != "T" and time.monotonic() < until:
            time.sleep(0.01)
        assert look is not None
        assert look.state == "T"
        assert look_at(os.getpid()) is not None
    finally:
        child.kill()
        child.wait()
    assert look_at(child.pid) is None


def counted(looks: list[Look], *, owes: bool, loading: bool = False) -> int:
    """The number of the look, from 1, at which the process counts as hung; 0 if at none."""
    eyes = Looks()
    return next((n for n, look in enumerate(looks, 1) if eyes.hangs(look, owes=owes, loading=loading)), 0)


def test_a_process_that_is_stopped_hangs_whether_it_owes_anything_or_not() -> None:
    assert counted([Look(state="T", ticks=1)] * 5, owes=False) == STOPPED_LOOKS
    now_and_then = [Look(state="T", ticks=1), Look(state="S", ticks=1)] * 5
    assert counted(now_and_then, owes=False) == 0


def test_a_process_that_owes_an_answer_and_computes_nothing_hangs_within_two_seconds() -> None:
    asleep = [Look(state="S", ticks=7)] * 100
    assert counted(asleep, owes=True) == IDLE_LOOKS + 1
    assert (IDLE_LOOKS + 1) * LOOK_S < 2.0
    assert counted(asleep, owes=False) == 0
    assert counted(asleep, owes=True, loading=True) == LOADING_IDLE_LOOKS + 1


@pytest.mark.parametrize("state", ["R", "D", "t"])
def test_a_process_that_waits_for_the_processor_a_disk_or_a_debugger_does_not_hang(state: str) -> None:
    assert counted([Look(state=state, ticks=7)] * 100, owes=True) == 0


def test_a_process_that_computes_does_not_hang() -> None:
    assert counted([Look(state="S", ticks=n) for n in range(100)], owes=True) == 0


def test_where_nobody_can_tell_nothing_hangs() -> None:
    assert not Looks().hangs(None, owes=True)
