"""A terminal gets its modes back from a small process if the program was killed, and only then."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from voicecli.app.deadline import SHOWN_AGAIN

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")

PROGRAM = """
import os, sys, termios, time
from voicecli.app.terminal_keeper import TerminalKeeper

keeper = TerminalKeeper(0)
own = termios.tcgetattr(0)
raw = termios.tcgetattr(0)
raw[3] &= ~(termios.ECHO | termios.ICANON | termios.ISIG)
termios.tcsetattr(0, termios.TCSANOW, raw)
keeper.taken()
for word in sys.argv[1:]:
    match word:
        case "given":
            termios.tcsetattr(0, termios.TCSANOW, own)
            keeper.given_back()
            termios.tcsetattr(0, termios.TCSANOW, raw)
        case "changed":
            raw[6][termios.VMIN] = 7
            time.sleep(0.2)
            termios.tcsetattr(0, termios.TCSANOW, raw)
        case "closed":
            keeper.close()
os.write(1, b"here")
time.sleep(60)
"""

Modes = list[Any]


@pytest.fixture
def killed() -> Iterator[Callable[..., tuple[Modes, Modes, bytes]]]:
    """Runs the program at a terminal and kills it. Returns the modes before and after, and what was written after `here`."""
    master, slave = pty.openpty()

    def run(*words: str) -> tuple[Modes, Modes, bytes]:
        before = termios.tcgetattr(slave)
        source = Path(__file__).parents[2] / "src"
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(source)},
        ) as process:
            written = b""
            while b"here" not in written:
                written += os.read(master, 4096)
            os.killpg(process.pid, signal.SIGKILL)
        until_s = time.monotonic() + 1.0
        while time.monotonic() < until_s and SHOWN_AGAIN.strip().encode() not in written:
            if select.select([master], [], [], 0.1)[0]:
                written += os.read(master, 4096)
        return before, termios.tcgetattr(slave), written.partition(b"here")[2]

    yield run
    os.close(master)
    os.close(slave)


def test_a_killed_program_leaves_the_terminal_as_it_was(killed: Callable[..., tuple[Modes, Modes, bytes]]) -> None:
    before, after, written = killed()
    assert after == before
    assert SHOWN_AGAIN.strip().encode() in written


def test_modes_that_another_program_has_set_meanwhile_stay(killed: Callable[..., tuple[Modes, Modes, bytes]]) -> None:
    before, after, written = killed("changed")
    assert after != before
    assert after[6][termios.VMIN] in {7, b"\x07"}
    assert SHOWN_AGAIN.strip().encode() in written


@pytest.mark.parametrize("word", ["given", "closed"])
def test_a_terminal_that_was_given_back_is_left_alone(
    killed: Callable[..., tuple[Modes, Modes, bytes]], word: str
) -> None:
    before, after, written = killed(word)
    assert after != before
    assert written == b""
