"""Copies files, without time and space where the file system can share their blocks."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from pathlib import Path
from typing import Final

FICLONE: Final = 0x40049409
"""Linux: makes a file share the blocks of another until one of them is written (ioctl_ficlone(2); Btrfs, XFS, bcachefs)."""


def clone_or_copy(source: Path, target: Path) -> None:
    """Makes `target` (0600) a file of its own with the bytes of `source`. It is removed if that fails.

    Raises:
        OSError: A file cannot be read or written.
    """
    target.unlink(missing_ok=True)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(descriptor, "wb") as into, source.open("rb") as file:
            if not _clone(file.fileno(), into.fileno()):
                shutil.copyfileobj(file, into, 1 << 20)
            into.flush()
            os.fsync(into.fileno())
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _clone(source: int, target: int) -> bool:
    """Whether the file system has cloned the file."""
    if sys.platform != "linux":
        return False
    import fcntl

    with contextlib.suppress(OSError):
        fcntl.ioctl(target, FICLONE, source)
        return True
    return False
