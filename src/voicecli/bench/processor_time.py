"""Processor time of a program and all programs that it started, and busy loops beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PROC = Path("/proc")
_USER: Final = 11
"""Index of the user time in `/proc/PID/stat` behind the name, see proc(5). System time and those of children that have ended follow."""

_LOOP = """
import os
parent = os.getppid()
while os.getppid() == parent:
    for _ in range(1_000_000):
        pass
"""


def processor_s(pid: int, proc: Path = PROC) -> float | None:
    """Returns the processor time so far, in seconds, of `pid` and its descendants; None if the system does not report it."""
    if sys.platform == "win32":
        return None
    try:
        fields = (proc / str(pid) / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        total = sum(map(int, fields[_USER : _USER + 4])) / os.sysconf("SC_CLK_TCK")
        lists = [each.read_text(encoding="ascii") for each in (proc / str(pid) / "task").glob("*/children")]
    except (OSError, ValueError):
        return None
    return total + sum(processor_s(int(child), proc) or 0.0 for listed in lists for child in listed.split())


@contextmanager
def busy_loops(count: int) -> Iterator[None]:
    """Runs `count` programs that compute without end while the block runs, each in a session of its own, as other programs of a user are."""
    loops: list[subprocess.Popen[bytes]] = []
    try:
        command = [sys.executable, "-I", "-c", _LOOP]
        none = subprocess.DEVNULL
        for _ in range(count):
            loop = subprocess.Popen(command, start_new_session=True, stdin=none, stdout=none, stderr=none)
            loops.append(loop)
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
