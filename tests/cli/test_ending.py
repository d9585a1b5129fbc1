"""The end of a session takes two seconds at most, whatever hangs, and a thread that dies is noticed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from fakes import forked
from voicecli.app import deadline as deadline_module
from voicecli.app import thread_deaths
from voicecli.app.deadline import END_S, Deadline, end_soon
from voicecli.audio.clock import SampleClock
from voicecli.messages import Report, WorkerDied

LATE_S = END_S + 0.7
"""Two seconds, and what a busy machine needs to notice the end of a process."""

on_posix = pytest.mark.skipif(os.name != "posix", reason="signals")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    homes = {name: str(tmp_path / name) for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")}
    return {**homes, "XDG_RUNTIME_DIR": str(tmp_path)}


@contextlib.contextmanager
def session(env: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    pipe = subprocess.PIPE
    with forked.start("chat_player", *arguments, stdin=pipe, stdout=pipe, stderr=pipe, env=env) as process:
        try:
            yield process
        finally:
            process.kill()


def ended_s(process: subprocess.Popen[str], number: signal.Signals) -> float:
    began_s = time.monotonic()
    process.send_signal(number)
    process.wait(60)
    return time.monotonic() - began_s


@on_posix
@pytest.mark.processes
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_model_that_hangs_in_native_code_delays_the_end_by_two_seconds_at_most(
    env: dict[str, str], number: signal.Signals, tmp_path: Path
) -> None:
    with session(env, "--json") as chat:
        assert chat.stdin is not None
        assert chat.stdout is not None
        assert chat.stderr is not None
        chat.stdin.write("Hello?\nAre you stuck?\n")
        chat.stdin.flush()
        for line in chat.stdout:
            event = json.loads(line)
            if event["event"] == "transcript" and "stuck" in event["text"]:
                break
        time.sleep(1)  # the question is told before the model begins with it
        assert ended_s(chat, number) < LATE_S
        assert chat.returncode == 128 + number
        assert "still running when the session ended: respond" in chat.stderr.read()
    (file,) = tmp_path.rglob("history.db")
    with contextlib.closing(sqlite3.connect(file)) as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
        assert database.execute("select count(*) from turns").fetchone()[0] >= 1


@on_posix
@pytest.mark.processes
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_loading_that_hangs_in_native_code_is_ended_too(env: dict[str, str], number: signal.Signals) -> None:
    with session({**env, "STUCK_LOAD": "1"}, "--json") as chat:
        assert chat.stderr is not None
        while "stuck" not in chat.stderr.readline():
            pass
        assert ended_s(chat, number) < LATE_S
        assert chat.returncode == 128 + number


@on_posix
def test_the_end_of_the_program_itself_has_a_limit(env: dict[str, str]) -> None:
    code = "import atexit, sys, threading, time; from voicecli.cli.main import main\n"
    code += "atexit.register(time.sleep, 60); threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    code += "sys.argv = ['voicecli', '--version']; sys.exit(main())"
    began_s = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | env, capture_output=True, text=True, timeout=30, check=False
    )
    assert time.monotonic() - began_s < LATE_S + 2
    assert (done.returncode, done.stdout.split()[0]) == (0, "voicecli")


@on_posix
def test_what_python_clears_at_its_end_takes_no_time(env: dict[str, str]) -> None:
    code = "import sys, threading, time; from voicecli.cli.main import main\n"
    code += "class Slow:\n    def __del__(self): time.sleep(30)\n"
    code += "sys.slow = Slow(); threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    code += "sys.argv = ['voicecli', '--version']; sys.exit(main())"
    began_s = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert time.monotonic() - began_s < LATE_S + 2
    assert (done.returncode, done.stdout.split()[0]) == (0, "voicecli")


class Ends(list[int]):
    """The exit codes with which a process would have been ended."""

    def __init__(self) -> None:
        super().__init__()
        self.came = threading.Event()

    def __call__(self, code: int) -> None:
        self.append(code)
        self.came.set()


@pytest.fixture
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline_module, "END_S", 0.1)
    monkeypatch.setattr(deadline_module, "_latest", None)


@pytest.mark.usefixtures("_hurried")
def test_a_deadline_ends_the_process_once_its_time_is_over() -> None:
    ends = Ends()
    deadline = Deadline(ends)
    assert deadline.left() == 0.1
    deadline.begin(7)
    deadline.begin(9)
    assert ends.came.wait(20)
    assert ends == [7]
    assert deadline.left() == 0
    deadline.close()


@pytest.mark.usefixtures("_hurried")
def test_what_ends_in_time_is_left_alone() -> None:
    ends = Ends()
    with contextlib.closing(Deadline(ends)) as deadline:
        deadline.begin()
    assert not ends.came.wait(0.3)
    assert "deadline" not in {each.name for each in threading.enumerate()}


@pytest.mark.usefixtures("_hurried")
def test_the_end_of_the_program_has_what_the_session_left_of_its_time() -> None:
    ends = Ends()
    with contextlib.closing(Deadline(Ends())) as deadline:
        deadline.begin()
    began_s = time.monotonic()
    end_soon(3, ends)
    assert ends.came.wait(20)
    assert ends == [3]
    assert time.monotonic() - began_s < 1


# ---- threads that die


def died(name: str) -> tuple[list[Report], list[tuple[str, str]]]:
    reports: list[Report] = []
    told: list[tuple[str, str]] = []

    def fail() -> None:
        raise ValueError("words that somebody said")

    with ExitStack() as stack:
        thread_deaths.notice_deaths(stack, reports.append, lambda code, text: told.append((code, text)))
        thread = threading.Thread(target=fail, name=name)
        thread.start()
        thread.join()
    return reports, told


@pytest.mark.parametrize("name", sorted(thread_deaths.VITAL))
def test_without_a_vital_thread_the_session_ends_and_says_why(name: str) -> None:
    (report,), told = died(name)
    assert isinstance(report, WorkerDied)
    assert f"the thread {name}: ValueError at" in report.error.message
    assert "somebody" not in report.error.message
    assert told == []


@pytest.mark.parametrize("name", [*thread_deaths.WITHOUT, "another one"])
def test_what_a_session_lacks_without_another_thread_is_told(name: str) -> None:
    reports, ((code, text),) = died(name)
    assert reports == []
    assert code == "thread-died"
    assert text.startswith(thread_deaths.WITHOUT.get(name, "The thread “another one” has ended"))
    assert "ValueError" in text
    assert "somebody" not in text


def test_afterwards_threads_die_as_before() -> None:
    before = threading.excepthook
    died("tools")
    assert threading.excepthook is before


def test_a_clock_whose_taker_fails_ends_the_session() -> None:
    reports: list[Report] = []
    clock = SampleClock()

    def fail(_tick: int) -> None:
        raise RuntimeError

    with ExitStack() as stack:
        thread_deaths.notice_deaths(stack, reports.append, lambda *_: None)
        clock.add(fail, order=0)
        clock.start()
        until_s = time.monotonic() + 20
        while not reports:
            assert time.monotonic() < until_s
            time.sleep(0.01)
        clock.stop()
    assert isinstance(reports[0], WorkerDied)
