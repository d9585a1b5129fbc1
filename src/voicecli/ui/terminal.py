r"""Sets the modes of a terminal for reading single keys, and restores them.

It sets raw input (no echo, no lines, no signals from keys: with every key reported, Ctrl-C is not a character any more), bracketed paste, and,
if the terminal supports it, the kitty keyboard protocol. The terminal is queried for it; the answer may take a while.
"""

from __future__ import annotations

import contextlib
import os
import select
import time
from typing import TYPE_CHECKING, Final, Literal, TextIO

from voicecli.ui.key_parser import (
    ASK_ATTRIBUTES,
    ASK_BACKGROUND,
    ASK_FLAGS,
    ASK_SYNCHRONIZED,
    NEEDED_FLAGS,
    POP_FLAGS,
    PUSH_FLAGS,
    Answer,
    Attributes,
    Background,
    Flags,
    Keyboard,
    Synchronized,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PASTE_ON: Final = "\x1b[?2004h"
PASTE_OFF: Final = "\x1b[?2004l"

DRAIN_S: Final = 0.5
"""How long to wait for the last answer of a terminal before its own modes are restored. Keys released meanwhile would be typed into the shell in
the protocol's form."""


def can_read_keys(stdin: TextIO | None, stdout: TextIO | None, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this is a terminal whose keys can be read one by one: on Unix, with both stdin and stdout, and not a dumb one."""
    if stdin is None or stdout is None or is_dumb(environment):
        return False
    try:
        import termios  # noqa: F401 - not on Windows
    except ImportError:
        return False
    try:
        return stdin.isatty() and stdout.isatty()
    except ValueError:  # the stream is closed
        return False


def is_dumb(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal can only write one line after the other."""
    return environment.get("TERM", "") in {"", "dumb", "unknown"}


def questions(environment: Mapping[str, str], *, background: bool) -> tuple[str, ...]:
    """Returns the queries that this terminal does not show on the screen. The Linux console and Apple's Terminal would show them."""
    if environment.get("TERM", "").startswith("linux") or environment.get("TERM_PROGRAM") == "Apple_Terminal":
        return ()
    return (ASK_SYNCHRONIZED, ASK_BACKGROUND) if background else (ASK_SYNCHRONIZED,)


class TerminalModes:
    """Sets a terminal's modes and restores them.

    Args:
        handle: The terminal's descriptor, for reading.
        write: Writes to the terminal, whole or not at all; called from the thread that calls here.
        ask_background: Whether to query the background colour.
    """

    def __init__(self, handle: int, write: Callable[[str], None], *, ask_background: bool = False) -> None:
        import termios

        self._termios = termios
        self._handle = handle
        self._write = write
        self._own = termios.tcgetattr(handle)
        self._taken = False
        self._owed = 0
        self._questions = questions(os.environ, background=ask_background)
        self._protocol: Literal["unknown", "pushed", "in force", "none"] = "unknown"

    @property
    def tells_releases(self) -> bool:
        """Whether the terminal reports the release of a key."""
        return self._protocol == "in force"

    def take(self) -> None:
        """Sets the modes. Call it again after another program used the terminal.

        Raises:
            OSError: The terminal is gone.
        """
        try:
            self._take_raw()
        except self._termios.error as error:
            raise OSError(*error.args) from error
        if self._taken:
            self._write(PASTE_ON)
            return
        self._protocol = "unknown"
        self._taken = True
        self._write("".join((PASTE_ON, ASK_FLAGS, *self._questions)))
        self._owed, self._questions = len(self._questions), ()

    def _take_raw(self) -> None:
        termios = self._termios
        raw = termios.tcgetattr(self._handle)
        raw[0] &= ~(termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR)
        raw[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
        raw[6][termios.VMIN], raw[6][termios.VTIME] = 1, 0
        termios.tcsetattr(self._handle, termios.TCSANOW, raw)

    def on_answer(self, answer: Answer) -> None:
        """Handles an answer of the terminal.

        A terminal that answers has the protocol. It is usable if all needed flags are granted; a terminal that grants only some is treated as one
        without it.
        """
        if isinstance(answer, Synchronized | Background):
            self._owed -= 1
        if not isinstance(answer, Flags) or not self._taken:
            return
        match self._protocol:
            case "unknown":
                self._protocol = "pushed"
                self._write(PUSH_FLAGS + ASK_FLAGS)
            case "pushed" if answer.value & NEEDED_FLAGS == NEEDED_FLAGS:
                self._protocol = "in force"
            case "pushed":
                self._protocol = "none"
                self._write(POP_FLAGS)
            case "in force" | "none":
                pass

    def give_back(self, *, drain: bool) -> None:
        """Restores the terminal's own modes. May be called twice.

        Args:
            drain: Whether nothing else reads the terminal any more, so that its last answers are read here.
        """
        if not self._taken:
            return
        self._taken = False
        pushed = self._protocol in {"pushed", "in force"}
        with contextlib.suppress(OSError, ValueError):
            self._write((POP_FLAGS if pushed else "") + PASTE_OFF)
            if (pushed or self._owed > 0) and drain:
                self._write(ASK_ATTRIBUTES)
                self._drain()
        with contextlib.suppress(self._termios.error):
            self._termios.tcsetattr(self._handle, self._termios.TCSANOW, self._own)

    def _drain(self) -> None:
        keyboard = Keyboard()
        until_s = time.monotonic() + DRAIN_S
        while (left_s := until_s - time.monotonic()) > 0 and select.select([self._handle], [], [], left_s)[0]:
            data = os.read(self._handle, 4096)
            if not data or any(isinstance(t, Attributes) for t in keyboard.feed(data.decode(errors="replace"))):
                return
