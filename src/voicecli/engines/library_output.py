"""Keeps the output of native libraries off the screen."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_STDERR = 2
"""The descriptor of standard error."""

_lock = threading.Lock()
_depth = 0
_saved: int | None = None


@contextmanager
def silenced(log: Path | None = None) -> Iterator[None]:
    """Redirects what C code writes to file descriptor 2 to `log`, or nowhere, while the block runs.

    A Python-level redirection does not affect libraries that print with `fprintf`, so the descriptor itself is redirected. It belongs to the whole
    process: all other output to stderr is redirected meanwhile, so keep the block short (loading a model).

    Thread: any; blocks may overlap. The first one sets the destination, and the last one restores the descriptor.

    Args:
        log: A file to append to; None for nowhere.
    """
    _enter(log)
    try:
        yield
    finally:
        _leave()


def _enter(log: Path | None) -> None:
    global _depth, _saved  # noqa: PLW0603 - the descriptor belongs to the process, and so does the count of redirections
    with _lock:
        _depth += 1
        if _depth > 1:
            return
        try:
            _saved = os.dup(_STDERR)
        except OSError:
            # Started without stderr, as by a window manager: there is nothing to redirect.
            _saved = None
            return
        flags = os.O_WRONLY | os.O_APPEND | (os.O_CREAT if log else 0)
        target = os.open(log or os.devnull, flags, 0o600)
        os.dup2(target, _STDERR)
        os.close(target)


def _leave() -> None:
    global _depth, _saved  # noqa: PLW0603 - as above
    with _lock:
        _depth -= 1
        if _depth > 0 or _saved is None:
            return
        os.dup2(_saved, _STDERR)
        os.close(_saved)
        _saved = None
