"""Measures how fast this machine reads memory and multiplies, which is what language models do. Takes less than a second."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from voicecli.engines.hardware import cuda_for_llm, physical_cores

READ_BYTES: Final = 256_000_000
"""Larger than any cache."""

MATRIX: Final = 768
REPEATS: Final = 5
"""The fastest of this many runs counts, because other work on the machine only slows a run down."""

_MEMORY_LIMIT = Path("/sys/fs/cgroup/memory.max")


def read_gb_s() -> float:
    """Returns how fast all cores together read memory, in 10^9 bytes per second."""
    import numpy as np

    cores = physical_cores()
    parts = np.array_split(np.ones(READ_BYTES // 4, dtype=np.float32), cores)
    with ThreadPoolExecutor(cores, thread_name_prefix="calibrate") as pool:
        return READ_BYTES / _fastest_s(lambda: list(pool.map(lambda part: part.max(), parts))) / 1e9


def gflops() -> float:
    """Returns how fast matrices of 32-bit numbers are multiplied, in 10^9 operations per second."""
    import numpy as np

    matrix = np.ones((MATRIX, MATRIX), dtype=np.float32)
    return 2 * MATRIX**3 / _fastest_s(lambda: matrix @ matrix) / 1e9


def memory_bytes() -> int:
    """Returns the memory that this process may use: that of the machine, or less if a container sets a limit."""
    import psutil

    machine = int(psutil.virtual_memory().total)
    try:
        limit = int(_MEMORY_LIMIT.read_text(encoding="ascii"))
    except (OSError, ValueError):  # without a limit the file contains a word
        limit = machine
    return min(machine, limit)


def card_bytes() -> int:
    """Returns the memory of the graphics card that this build of llama.cpp can use; 0 without one."""
    if not cuda_for_llm():
        return 0
    try:
        asked = subprocess.run(
            ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
        return int(asked.stdout.split()[0]) * 1024 * 1024
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return 0


def _fastest_s(work: Callable[[], object]) -> float:
    taken_s = []
    for _ in range(REPEATS):
        began_s = time.perf_counter()
        work()
        taken_s.append(time.perf_counter() - began_s)
    return min(taken_s)
