"""A group of processes with a limit of memory (Linux cgroups, version 1 or 2), in which the kernel's out-of-memory killer does its work."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from types import TracebackType
from typing import Final, Self

MOUNT: Final = Path("/sys/fs/cgroup")
SPARE_BYTES: Final = 1 << 18
"""What the processes of a group may still take after `press`."""


def parent() -> Path | None:
    """The group of this process, if it controls memory and another one can be made in it; else None."""
    with contextlib.suppress(OSError):
        lines = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines()]
        for _, controllers, path in lines:
            if "memory" in controllers.split(","):
                return _writable(MOUNT / "memory" / path.lstrip("/"))
        for number, _, path in lines:
            own = MOUNT / path.lstrip("/")
            if number == "0" and "memory" in (own / "cgroup.subtree_control").read_text(encoding="ascii").split():
                return _writable(own)
    return None


def _writable(folder: Path) -> Path | None:
    return folder if os.access(folder, os.W_OK) else None


class MemoryGroup:
    """A group in the group of this process. Use it as a context manager: it is removed at the end, when its processes have ended.

    Args:
        folder: As `parent` returns it.

    Raises:
        OSError: It cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / f"voicecli-{os.getpid()}"
        self._folder.mkdir()
        self._old = not (self._folder / "memory.max").exists()  # version 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._folder.rmdir()

    def press(self, process: int) -> None:
        """Takes a process in. What it has stays charged elsewhere; of new memory it gets `SPARE_BYTES`."""
        limit = self._folder / ("memory.limit_in_bytes" if self._old else "memory.max")
        limit.write_text(str(SPARE_BYTES), encoding="ascii")
        (self._folder / "cgroup.procs").write_text(str(process), encoding="ascii")

    @property
    def killed(self) -> int:
        """How many processes of the group the kernel has killed."""
        events = self._folder / ("memory.oom_control" if self._old else "memory.events")
        counts = dict(line.split() for line in events.read_text(encoding="ascii").splitlines())
        return int(counts.get("oom_kill", "0"))
