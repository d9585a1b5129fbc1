"""Lines from a pipe: each is asked and answered, however many there are, and the session ends on request."""

from __future__ import annotations

import contextlib
import fcntl
import json
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes import forked

LIMIT_S = 120.0
"""A bound on waiting; reached only when the test has failed."""

QUEUE = 400
LINES = 600
"""Lines for a conductor whose inbox holds only `QUEUE` reports. In the program it holds ten times as many."""

PIPE_BYTES = 65_536


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    homes = {name: str(tmp_path / name) for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")}
    return {**homes, "XDG_RUNTIME_DIR": str(tmp_path), "QUEUE": str(QUEUE)}


@pytest.fixture
def chat(env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A typed session without a terminal, with a model that answers at once."""
    pipe = subprocess.PIPE
    process = forked.start("chat_player", "--json", stdin=pipe, stdout=pipe, stderr=pipe, env=env)
    yield process
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):  # what was never read
                stream.close()


def feed(chat: subprocess.Popen[str], lines: int) -> threading.Thread:
    """Writes lines as fast as the session reads them, and closes the pipe."""

    def write() -> None:
        assert chat.stdin is not None
        try:
            for number in range(lines):
                chat.stdin.write(f"Line {number}?\n")
            chat.stdin.close()
        except OSError:  # nobody reads any more
            pass

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    return thread


def test_more_lines_than_the_queues_hold_are_all_asked_in_their_order_and_the_session_ends(
    chat: subprocess.Popen[str],
) -> None:
    feed(chat, LINES)
    assert chat.stdout is not None
    events: list[dict[str, Any]] = [json.loads(line) for line in chat.stdout]
    assert chat.wait(LIMIT_S) == 0
    asked = [event["text"] for event in events if event["event"] == "transcript"]
    assert asked == [f"Line {number}?" for number in range(LINES)]
    assert sum(event["event"] == "reply" for event in events) == LINES
    assert events[-1] == {"event": "bye", "t": events[-1]["t"], "turns": LINES}


def test_sigterm_in_the_middle_of_many_lines_ends_at_once(chat: subprocess.Popen[str]) -> None:
    feed(chat, 100_000)
    assert chat.stdout is not None
    for line in chat.stdout:
        if json.loads(line)["event"] == "reply":
            break
    chat.send_signal(signal.SIGTERM)
    rest = [json.loads(line) for line in chat.stdout]
    assert chat.wait(LIMIT_S) == 128 + signal.SIGTERM
    assert rest[-1]["event"] == "bye"
    assert rest[-1]["turns"] < 50_000


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_session_whose_output_nobody_reads_ends_all_the_same(
    chat: subprocess.Popen[str], number: signal.Signals
) -> None:
    feed(chat, 100_000)
    assert chat.stdout is not None
    assert chat.stdin is not None
    chat.stdout.readline()
    # Both pipes are full once the reader of lines waits for the conversation, and that for whoever reads standard output.
    until_blocked(chat)
    chat.send_signal(number)
    assert chat.wait(LIMIT_S) == 128 + number


def until_blocked(chat: subprocess.Popen[str]) -> None:
    """Waits until the process has stopped writing although it has more to answer."""
    assert chat.stdout is not None
    before = -1
    while True:
        waiting = int.from_bytes(fcntl.ioctl(chat.stdout.fileno(), termios.FIONREAD, b"\0" * 4), sys.byteorder)
        if waiting == before and waiting > PIPE_BYTES // 2:
            return
        before = waiting
        time.sleep(0.3)


def test_a_reader_that_goes_away_ends_the_session(chat: subprocess.Popen[str]) -> None:
    feed(chat, 100_000)
    assert chat.stdout is not None
    chat.stdout.readline()
    chat.stdout.close()
    assert chat.wait(LIMIT_S) == 128 + signal.SIGPIPE
