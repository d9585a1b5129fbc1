"""The machine that figures are measured on, and whether it was busy before the benchmark."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

from voicecli.engines.hardware import physical_cores

CPU_INFO = Path("/proc/cpuinfo")

BUSY_PER_CORE = 0.5
"""Load average per core, before anything is started, above which the machine counts as busy. An idle desktop is below 0.1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A machine.

    Attributes:
        cpu: The processor's name, or the most specific name known.
        cores: Physical cores that this process may use.
        logical_cores: Logical cores that this process may use.
        system: Operating system and architecture.
        python: Version of Python.
    """

    cpu: str
    cores: int
    logical_cores: int
    system: str
    python: str


def describe() -> Machine:
    """Returns this machine."""
    affinity = getattr(os, "sched_getaffinity", None)
    return Machine(
        cpu=cpu_name(),
        cores=physical_cores(),
        logical_cores=len(affinity(0)) if affinity else os.cpu_count() or 1,
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
    )


def cpu_name(info: Path = CPU_INFO) -> str:
    """The processor's name, from `/proc/cpuinfo` or from Python."""
    try:
        lines = info.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(filter(None, names), "") or platform.processor() or platform.machine()


def load_average() -> float | None:
    """The number of tasks ready to run, averaged over the last minute; None if the system does not report it."""
    if sys.platform == "win32":
        return None
    try:
        return os.getloadavg()[0]
    except OSError:
        return None


def is_busy(load: float | None, logical_cores: int) -> bool:
    """Whether other programs were using the machine. `load` must be from before anything was started, since the benchmark raises it."""
    return load is not None and load > BUSY_PER_CORE * logical_cores
