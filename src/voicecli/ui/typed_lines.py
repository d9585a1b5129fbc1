"""Keeps typed lines for the next session in a file that is private to the user."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from prompt_toolkit.history import FileHistory, History, InMemoryHistory

log = logging.getLogger(__name__)

LARGEST_HISTORY_BYTES: Final = 200_000
"""A larger file of typed lines is emptied."""

LONGEST_KEPT: Final = 20_000
"""In characters. A longer line, such as a pasted text, is kept only until the session ends, because it would push all others out of the file."""


class _Remembered(FileHistory):
    """Typed lines in a file. Spoken text that only passed through the line is not stored."""

    def __init__(self, path: Path, typed: Callable[[], bool]) -> None:
        super().__init__(str(path))
        self._typed = typed

    def store_string(self, string: str) -> None:
        if self._typed() and len(string) <= LONGEST_KEPT:
            try:
                super().store_string(string)
            except OSError as error:  # the arrow keys can still recall the line until the session ends
                log.warning("a typed line was not kept: %s", error.strerror)


def typed_lines(path: Path | None, typed: Callable[[], bool]) -> History:
    """Returns a history in `path`, which is made private to the user; in memory if there is no path, or the file cannot be created."""
    if path is None:
        return InMemoryHistory()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError:
        return InMemoryHistory()
    with os.fdopen(handle, "wb"):
        if os.fstat(handle).st_size > LARGEST_HISTORY_BYTES:
            os.ftruncate(handle, 0)
    return _Remembered(path, typed)
