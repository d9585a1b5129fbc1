"""Keeps what was said out of core dumps, and out of reach of the user's other programs."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from typing import Final

PR_SET_DUMPABLE: Final = 4
"""A number of the system (prctl(2))."""


def keep_no_core() -> None:
    """Disables core dumps, which would contain speech, and prevents the user's other programs from reading the memory of this process.

    Children inherit the limit on core dumps. The protection against other programs ends when a child runs another program.
    """
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
