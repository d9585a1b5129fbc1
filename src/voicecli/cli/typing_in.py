"""Reads messages from standard input, one a line."""

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


def standard_input() -> TextIO:
    """Standard input, with a question mark in the place of bytes that are no text: one odd letter spoils no message.

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
    """Whether somebody piped or redirected messages in; a terminal and /dev/null are not that, nor is a closed stream (None)."""
    if stream is None:
        return False
    try:
        mode = os.fstat(stream.fileno()).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode)


def read_lines(stream: TextIO | None, tell: Callable[[Report], object], *, end_when_silent: bool) -> None:
    """Sends every line that is not empty; each waits for the answer to the one before.

    Args:
        stream: Where they come from; None where it is closed.
        tell: Takes reports.
        end_when_silent: Whether a stream that ends without a single line ends the session, too. Not so where there is a
            microphone: a program that started us may simply have left its pipe to us.
    """
    said = False
    try:
        for line in _forgiving(stream) if stream is not None else ():
            text = line.strip()
            if text:
                said = True
                tell(Typed(text=text, wait=True))
    except OSError:  # the pipe broke: nothing more will be said
        pass
    if said or end_when_silent:
        tell(InputClosed())


def start(target: Callable[[], None]) -> None:
    """Runs a reader in a thread that does not keep the program alive: nothing can interrupt a read."""
    threading.Thread(target=target, name="keys", daemon=True).start()
