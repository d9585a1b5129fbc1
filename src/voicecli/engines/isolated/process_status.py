"""What the system tells of a process, and whether it hangs: pure logic apart from one file that is read."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LOOK_S: Final = 0.35
"""How often a process is looked at."""

STOPPED_LOOKS: Final = 2
"""A process that is stopped at so many looks in a row was stopped for good; a debugger's trace is another state."""

IDLE_LOOKS: Final = 4
"""A process that owes an answer, sleeps, and has computed nothing between so many looks in a row waits for something that will not come."""

LOADING_IDLE_LOOKS: Final = 60
"""The same while it loads: it may wait for a disk or a graphics card."""

STATE: Final = 0
USER_TICKS, SYSTEM_TICKS = 11, 12
"""Fields of /proc/PID/stat, counted from the state (proc(5))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A process at a moment.

    Attributes:
        state: One letter, as in ps(1): R runs, S sleeps, D waits for a disk, T is stopped.
        ticks: Processor time of all its threads so far, in ticks of the system's clock.
    """

    state: str
    ticks: int


def look_at(pid: int, root: Path = Path("/proc")) -> Look | None:
    """A look at a process; None where the system does not tell (only Linux does)."""
    if sys.platform != "linux":
        return None
    try:
        text = (root / str(pid) / "stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    return parse(text)


def parse(stat: str) -> Look | None:
    """What a line of /proc/PID/stat says; None where it says something else."""
    fields = stat.rpartition(")")[2].split()  # the name in front may contain anything
    try:
        return Look(state=fields[STATE], ticks=int(fields[USER_TICKS]) + int(fields[SYSTEM_TICKS]))
    except (IndexError, ValueError):
        return None


class Looks:
    """What several looks in a row come to."""

    def __init__(self) -> None:
        self._stopped = 0
        self._idle = 0
        self._ticks = -1

    def hangs(self, look: Look | None, *, owes: bool, loading: bool = False) -> bool:
        """Takes the next look; gives whether the process hangs.

        Args:
            look: None where nobody can tell.
            owes: Whether somebody waits for an answer that has not come yet.
            loading: Whether it is loading its model.
        """
        if look is None:
            return False
        self._stopped = self._stopped + 1 if look.state == "T" else 0
        rests = owes and look.state == "S" and look.ticks == self._ticks
        self._idle = self._idle + 1 if rests else 0
        self._ticks = look.ticks
        return self._stopped >= STOPPED_LOOKS or self._idle >= (LOADING_IDLE_LOOKS if loading else IDLE_LOOKS)
