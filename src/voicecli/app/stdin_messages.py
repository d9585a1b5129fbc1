"""Reads messages from standard input, one per line."""

from __future__ import annotations

import os
import stat
import sys
import threading
from collections.abc import Callable
from io import TextIOWrapper
from typing import TextIO

from voicecli.errors import ConfigError
from voicecli.messages import InputClosed, Report, Typed

LINES_AHEAD = 16
"""How many lines from a pipe may wait for their answers."""


def standard_input() -> TextIO:
    """Returns standard input. Bytes that are no text become question marks, so that one wrong letter does not spoil a message.

    Raises:
        ConfigError: It is closed.
    """
    if sys.stdin is None:
        raise ConfigError("There is no standard input: it is closed.", "Give a text or a file instead of -.")
    return _forgiving(sys.stdin)


def _forgiving(stream: TextIO) -> TextIO:
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="replace")
    return stream


def carries_messages(stream: TextIO | None) -> bool:
    """Whether messages are piped or redirected in. A terminal, /dev/null and a closed stream (None) carry none."""
    if stream is None:
        return False
    try:
        mode = os.fstat(stream.fileno()).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode)


class StdinMessages:
    """Sends every line that is not empty. Each waits for the answer to the one before.

    Only `LINES_AHEAD` lines are read ahead. Then the reader waits, and with it the program that writes into the pipe.

    Args:
        stream: Where the lines come from; None if it is closed.
        tell: Takes reports; never waits.
        end_when_silent: Whether a stream that ends without a single line ends the session, too. False if there is a microphone: the program
            that started voicecli may simply have passed on its own pipe.
    """

    def __init__(self, stream: TextIO | None, tell: Callable[[Report], object], *, end_when_silent: bool) -> None:
        self._stream = stream
        self._tell = tell
        self._end_when_silent = end_when_silent
        self._room = threading.Semaphore(LINES_AHEAD)

    def start(self) -> None:
        """Reads in a daemon thread, because nothing can interrupt a read."""
        threading.Thread(target=self.run, name="keys", daemon=True).start()

    def taken(self) -> None:
        """Reports that one of the lines is being asked, so that another one may be read. From any thread."""
        self._room.release()

    def run(self) -> None:
        """Reads to the end of the stream."""
        said = False
        try:
            for line in _forgiving(self._stream) if self._stream is not None else ():
                text = line.strip()
                if text:
                    said = True
                    self._room.acquire()
                    self._tell(Typed(text=text, wait=True))
        except (OSError, ValueError):  # the pipe broke or was closed: no more lines will come
            pass
        if said or self._end_when_silent:
            self._tell(InputClosed())


def is_terminal(stream: TextIO | None) -> bool:
    """Whether `stream` is open and a terminal."""
    return stream is not None and not stream.closed and stream.isatty()
