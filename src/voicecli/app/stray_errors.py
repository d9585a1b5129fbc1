"""Redirects what Python and its libraries would write straight to standard error; the console cleans it first.

Python writes the tracebacks of threads, of destructors and callbacks, and of the main thread, warnings, and log records of libraries that no
handler takes. All of these may contain text of strangers.
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


def install_hooks() -> None:
    """Replaces Python's own ways to write to standard error. Only for the program itself: the hooks are global. May be called several times."""
    sys.excepthook = _uncaught
    sys.unraisablehook = _unraisable
    threading.excepthook = _thread_died
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
        _report_internal("a destructor or callback", unraisable.exc_value)


def _thread_died(args: threading.ExceptHookArgs) -> None:
    """Reports a thread that died. In a chat, `thread_deaths` takes this hook over."""
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        _report_internal(f"the thread {args.thread.name if args.thread is not None else ''}".rstrip(), args.exc_value)


def _report_internal(where: str, error: BaseException) -> None:
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
