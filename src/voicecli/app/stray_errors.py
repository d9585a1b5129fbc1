"""Sends what Python itself and its libraries would write to standard error through the console, which cleans it.

Python writes the tracebacks of threads, of destructors and of the main thread, warnings, and the log records of libraries that nobody handles.
All of these may contain text of strangers.
"""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from types import TracebackType
from typing import TextIO

from voicecli.app import console
from voicecli.errors import internal


def catch() -> None:
    """Replaces Python's own ways to write to standard error. May be called several times."""
    sys.excepthook = _uncaught
    sys.unraisablehook = _unraisable
    threading.excepthook = _ended
    warnings.showwarning = _warned
    logging.lastResort = _LastResort(logging.WARNING)
    logging.raiseExceptions = False  # a log that cannot be written is no reason to write its records to the terminal


class _LastResort(logging.Handler):
    """Shows log records that no handler takes."""

    def emit(self, record: logging.LogRecord) -> None:
        console.remark(f"{record.levelname.lower()}: {record.name}: {record.getMessage()}")


def _uncaught(_kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    console.show_traceback(error.with_traceback(trace))


def _unraisable(unraisable: sys.UnraisableHookArgs) -> None:
    if unraisable.exc_value is not None:
        _tell("a destructor", unraisable.exc_value)


def _ended(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        _tell(f"the thread {args.thread.name if args.thread is not None else ''}".rstrip(), args.exc_value)


def _tell(where: str, error: BaseException) -> None:
    if console.verbose:
        console.show_traceback(error)
    console.complain(internal(where, error))


def _warned(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    del line
    text = f"{filename}:{lineno}: {category.__name__}: {message}"
    if file is None:
        console.remark(text)
    else:
        console.write(text, stream=file)
