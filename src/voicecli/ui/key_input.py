"""Reads the terminal's keys for prompt_toolkit. It removes the terminal's answers, marks pastes, and gives Space and Esc names of their own."""

from __future__ import annotations

import codecs
import contextlib
import os
import select
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, TextIO

from prompt_toolkit.input.vt100 import Vt100Input
from prompt_toolkit.key_binding import KeyPress
from prompt_toolkit.keys import Keys

from voicecli.ui.key_parser import Answer, EscapeKey, Keyboard, SpaceKey, Token, Typed
from voicecli.ui.marked_paste import PASTE, PASTE_END
from voicecli.ui.paste_detection import PasteDetector

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

# Keys that prompt_toolkit knows but no keyboard has represent keys for which it has no names.
ESC, SPACE_DOWN, SPACE_AGAIN, SPACE_UP = Keys.ControlF21, Keys.ControlF22, Keys.ControlF23, Keys.ControlF24
SPACES: Final = {"down": SPACE_DOWN, "again": SPACE_AGAIN, "up": SPACE_UP}

READ_BYTES: Final = 16_384
"""How much input is handled at once, so that Ctrl-C waits only for milliseconds while a long text arrives."""


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
        """Returns the keys that the terminal has sent so far. A paste, marked or not, is one key, or a few."""
        try:
            data = self._waiting()
        except BlockingIOError:
            return []
        text = self._pastes.marked(self._decoder.decode(data), time.monotonic()) if data else self._pastes.flush()
        return self._pressed(self._keyboard.feed(text))

    def flush_keys(self) -> list[KeyPress]:
        """Returns the keys that were held back, because nothing followed them in time."""
        return self._pressed((*self._keyboard.feed(self._pastes.flush()), *self._keyboard.flush()))

    def _waiting(self) -> bytes:
        """Reads what has arrived, up to `READ_BYTES`. A terminal gives at most 4 KiB at a time; each batch costs a redraw of the line."""
        data = b""
        while len(data) < READ_BYTES and (not data or select.select([self._fileno], [], [], 0)[0]):
            try:
                piece = os.read(self._fileno, READ_BYTES - len(data))
            except BlockingIOError:
                if data:
                    break
                raise
            except OSError:  # the terminal is gone
                piece = b""
            if not piece:
                self._hung_up = True
                break
            data += piece
        return data

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
                    self._typed(token.text)
                case SpaceKey():
                    self._buffer.append(KeyPress(SPACES[token.event], ""))
                case EscapeKey():
                    self._buffer.append(KeyPress(ESC, ""))
                case _:
                    self._on_answer(token)
        pressed, self._buffer = self._buffer, []
        return pressed

    def _typed(self, text: str) -> None:
        """Adds the keys of `text`. `Keyboard` returns whole keys and whole pastes."""
        for i, part in enumerate(text.split(PASTE)):
            pasted, _, keys = part.partition(PASTE_END) if i else ("", "", part)
            if pasted:
                self._buffer.append(KeyPress(Keys.BracketedPaste, pasted))
            self.vt100_parser.feed(keys)
            self.vt100_parser.flush()
