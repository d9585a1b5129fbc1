"""A lock between processes, which the system releases when its holder dies."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path


@contextlib.contextmanager
def locked(path: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Holds the lock file `path`, and removes it afterwards. Waits for the lock without a time limit.

    Args:
        path: The lock file. It is created if missing.
        on_wait: Called once if another process holds the lock.

    Raises:
        OSError: The file cannot be created, or its file system has no locks.
    """
    from filelock import FileLock, Timeout  # takes a while

    # A file system without locks must fail: a lock that outlives its holder would stop every later download.
    lock = FileLock(path, mode=0o600, fallback_to_soft=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        on_wait()
        lock.acquire()
    except NotImplementedError as error:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK), str(path)) from error
    try:
        yield
    finally:
        # Removed while still held. filelock tries again where it has waited for a file that no longer exists. Windows does
        # not remove an open file, so the empty file stays there.
        with contextlib.suppress(OSError):
            path.unlink()
        lock.release()
