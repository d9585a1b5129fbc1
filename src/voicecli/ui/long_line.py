"""A line that may be a book: what prompt_toolkit's buffer needs so that a pasted megabyte costs what it is worth."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.layout import BufferControl, Dimension, Window

from voicecli.ui.marked_paste import LONGEST_LINE
from voicecli.ui.paste_detection import CONTINUES_S

LONG: Final = 100_000
"""From this number of characters on, the states that undo returns to are limited."""

UNDO_CHARACTERS: Final = 20_000_000
"""How much text of long lines is kept for undo."""


class LongLine(Buffer):
    """A buffer of at most `LONGEST_LINE` characters, whose memory is bounded."""

    full = False
    """Whether text was left out since the line was empty."""

    def save_to_undo_stack(self, clear_redo_stack: bool = True) -> None:
        """Saves the present state for undo."""
        super().save_to_undo_stack(clear_redo_stack)
        if len(self.text) > LONG:
            del self._undo_stack[: -max(1, UNDO_CHARACTERS // len(self.text))]

    def insert_text(
        self,
        data: str,
        overwrite: bool = False,
        move_cursor: bool = True,
        fire_event: bool = True,
    ) -> None:
        """Inserts as much of `data` as fits."""
        room = LONGEST_LINE - len(self.text)
        self.full = len(data) > room
        super().insert_text(data[: max(0, room)], overwrite, move_cursor, fire_event)


class PastedText:
    """Puts pastes into a line. One that arrives in pieces is undone at once, and its line ends are line feeds.

    Args:
        line: The line.
        on_full: Called when text was left out, because the line is full; once a paste.
        clock: Seconds; only differences count.
    """

    def __init__(
        self, line: LongLine, on_full: Callable[[], None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._line = line
        self._on_full = on_full
        self._clock = clock
        self._last_s = float("-inf")
        self._told = False

    @property
    def goes_on(self) -> bool:
        """Whether the next piece belongs to the same paste as the last one."""
        return self._clock() - self._last_s <= 2 * CONTINUES_S

    @property
    def was_cut(self) -> bool:
        """Whether a paste has just been cut. An Enter that belongs to it must not send what is left of it."""
        return self._told and self.goes_on

    def insert(self, text: str) -> None:
        """Inserts a paste, or a piece of one, at the caret."""
        if not self.goes_on:
            self._told = False
        self._line.insert_text(text.replace("\r\n", "\n").replace("\r", "\n"))
        self._last_s = self._clock()
        if self._line.full and not self._told:
            self._told = True
            self._on_full()


class Unpainted(Window):
    """A window with a line of which prompt_toolkit paints nothing. The screen of the conversation shows it."""

    def __init__(self, line: Buffer) -> None:
        super().__init__(BufferControl(line))
        self._line = line

    def preferred_width(self, *_available: object, **_named: object) -> Dimension:
        """One cell."""
        return Dimension.exact(1)

    def preferred_height(self, *_available: object, **_named: object) -> Dimension:
        """One row."""
        return Dimension.exact(1)

    def write_to_screen(self, *_where: object, **_named: object) -> None:
        """Only has the earlier lines loaded, as painting would."""
        self._line.load_history_if_not_yet_loaded()
