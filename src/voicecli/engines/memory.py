"""Gives memory that was freed back to the system."""

from __future__ import annotations

import ctypes
import sys


def give_back() -> None:
    """Returns what the C library keeps of freed memory; does nothing where it has no such call (only glibc has).

    Loading an engine takes several times its size for a moment. glibc keeps most of that for the thread that had it, so a session that
    changes its voice a few times would grow by a voice each time. It takes some milliseconds, without the interpreter lock.
    """
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
        trim(0)
