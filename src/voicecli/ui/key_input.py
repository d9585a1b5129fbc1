"""Reads the terminal's keys for prompt_toolkit. It removes the terminal's answers, marks pastes, and gives Space and Esc names of their own."""

from __future__ import annotations

import codecs
import contextlib
import os
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, TextIO

from prompt_toolkit.input.vt100 import Vt100Input
from prompt_toolkit.key_binding import KeyPress
from prompt_toolkit.keys import Keys

from voicecli.ui.key_parser import Answer, EscapeKey, Keyboard, SpaceKey, Token, Typed
from voicecli.ui.paste_detection import PasteDetector

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

# Keys that prompt_toolkit knows but no keyboard has represent keys for which it has no names.
ESC, SPACE_DOWN, SPACE_AGAIN, SPACE_UP = Keys.ControlF21, Keys.ControlF22, Keys.ControlF23, Keys.ControlF24
SPACES: Final = {"down": SPACE_DOWN, "again": SPACE_AGAIN, "up": SPACE_UP}


class KeyInput(Vt100Input):
    """Reads a terminal's keys for prompt_toolkit, after they were sorted by `Keyboard`. It does not set the terminal's modes."""

    def __init__(self, stdin: TextIO, on_answer: Callable[[Answer], None]) -> None:
        super().__init__(stdin)
        self._on_answer = on_answer
        self._keyboard = Keyboard()
        self._pastes = PasteDetector()
        self._decoder = codecs.getincrementaldecoder(stdin.encoding or "utf-8")(errors="replace")
        self._hung_up = False

    def read_keys(self) -> list[KeyPress]:
        """Returns the keys from one read of the terminal."""
        try:
            data = os.read(self._fileno, 4096)
        except BlockingIOError:
            return []
        except OSError:  # the terminal is gone
            data = b""
        self._hung_up = not data
        text = self._pastes.marked(self._decoder.decode(data), time.monotonic())
        return self._pressed(self._keyboard.feed(text))

    def flush_keys(self) -> list[KeyPress]:
        """Returns the keys that were held back, because nothing followed them in time."""
        return self._pressed(self._keyboard.flush())

    @property
    def closed(self) -> bool:
        """Whether the terminal hung up."""
        return self._hung_up

    def raw_mode(self) -> AbstractContextManager[None]:
        """Does nothing, because `TerminalModes` sets the modes."""
        return contextlib.nullcontext()

    def _pressed(self, tokens: Iterable[Token]) -> list[KeyPress]:
        for token in tokens:
            match token:
                case Typed():
                    self.vt100_parser.feed(token.text)
                    self.vt100_parser.flush()  # `Keyboard` returns whole keys
                case SpaceKey():
                    self._buffer.append(KeyPress(SPACES[token.event], ""))
                case EscapeKey():
                    self._buffer.append(KeyPress(ESC, ""))
                case _:
                    self._on_answer(token)
        pressed, self._buffer = self._buffer, []
        return pressed
