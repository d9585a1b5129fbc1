"""Reads the state of a process from the system and decides whether it hangs. Pure logic apart from one file that is read."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LOOK_S: Final = 0.35
"""How often a process is looked at."""

STOPPED_LOOKS: Final = 2
"""A process that is stopped at this many looks in a row was stopped for good. A debugger's trace is a different state."""

IDLE_LOOKS: Final = 4
"""A process hangs if it owes an answer, sleeps, and has used no processor time over this many looks in a row."""

LOADING_IDLE_LOOKS: Final = 60
"""The same limit while the process loads its model: it may wait for a disk or a graphics card."""

STATE: Final = 0
USER_TICKS, SYSTEM_TICKS = 11, 12
"""Fields of /proc/PID/stat, counted from the state (proc(5))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The state of a process at one moment.

    Attributes:
        state: One letter, as in ps(1): R runs, S sleeps, D waits for a disk, T is stopped.
        ticks: Processor time of all its threads so far, in ticks of the system's clock.
    """

    state: str
    ticks: int


def look_at(pid: int, root: Path = Path("/proc")) -> Look | None:
    """Returns the state of a process; None if the system does not report it. Only Linux does."""
    if sys.platform != "linux":
        return None
    try:
        text = (root / str(pid) / "stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    return parse(text)


def parse(stat: str) -> Look | None:
    """Parses a line of /proc/PID/stat; returns None if it has another form."""
    fields = stat.rpartition(")")[2].split()  # the name in front may contain anything
    try:
        return Look(state=fields[STATE], ticks=int(fields[USER_TICKS]) + int(fields[SYSTEM_TICKS]))
    except (IndexError, ValueError):
        return None


class Looks:
    """Decides from several looks in a row whether a process hangs."""

    def __init__(self) -> None:
        self._stopped = 0
        self._idle = 0
        self._ticks = -1

    def hangs(self, look: Look | None, *, owes: bool, loading: bool = False) -> bool:
        """Takes the next look. Returns whether the process hangs.

        Args:
            look: None if the state is unknown.
            owes: Whether somebody waits for an answer that has not come yet.
            loading: Whether the process is loading its model.
        """
        if look is None:
            return False
        self._stopped = self._stopped + 1 if look.state == "T" else 0
        rests = owes and look.state == "S" and look.ticks == self._ticks
        self._idle = self._idle + 1 if rests else 0
        self._ticks = look.ticks
        return self._stopped >= STOPPED_LOOKS or self._idle >= (LOADING_IDLE_LOOKS if loading else IDLE_LOOKS)
