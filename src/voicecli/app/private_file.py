"""Writes a new text file that only the user can read, completely or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def write_new(path: Path, text: str) -> None:
    """Creates the file `path` (0600) with `text` in it. If that fails, no part of it is left.

    Raises:
        FileExistsError: It exists already; it stays as it is.
        OSError: It cannot be written.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(handle)  # some file systems report only here that they are full
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink()
        raise
