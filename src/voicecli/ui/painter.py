"""Painter: draws live rows at the bottom of a terminal, below text that has scrolled away.

It does not write unchanged rows again, and erases nothing before it is redrawn, except after a change of width. A redraw is one write,
in a synchronized update if the terminal supports it (DEC mode 2026). The terminal's own cursor is placed at the caret, because
input methods, screen magnifiers and braille displays follow it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.color import ColorSystem

from voicecli.ui.render import Row

if TYPE_CHECKING:
    from rich.console import Console

HIDE_CURSOR: Final = "\x1b[?25l"
SHOW_CURSOR: Final = "\x1b[?25h"
BEGIN_UPDATE: Final = "\x1b[?2026h"
END_UPDATE: Final = "\x1b[?2026l"
_COLOUR_SYSTEMS: Final = {
    "standard": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
    "windows": ColorSystem.WINDOWS,
}
_ERASE_ROW: Final = "\x1b[2K"
_ERASE_LINE: Final = "\x1b[K"
_ERASE_BELOW: Final = "\x1b[J"
_CLEAR: Final = "\x1b[H\x1b[2J"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caret:
    """The position of the terminal's cursor: its row, counted from the first live row, and the number of cells to its left."""

    row: int
    cell: int
    visible: bool


class Painter:
    """Writes rows to a terminal. The caller must hold a lock.

    Args:
        console: The terminal.
        reflows: Whether the terminal rewraps the screen when its width changes.

    Attributes:
        synchronized: Whether the terminal supports synchronized updates.
    """

    def __init__(self, console: Console, *, reflows: bool) -> None:
        self.synchronized = False
        self._console = console
        self._reflows = reflows
        self._rows: list[Row] = []
        self._caret = Caret(row=0, cell=0, visible=True)
        self._width = console.size.width

    def rows_on_screen(self, rows: Sequence[Row]) -> int:
        """Returns how many rows of the screen `rows` take now. They may have been written at another width."""
        return wrapped_rows(rows, self._console.size.width) if self._reflows else len(rows)

    @property
    def height(self) -> int:
        """The number of live rows on the screen."""
        return self.rows_on_screen(self._rows)

    def paint(self, above: Sequence[Row], rows: list[Row], caret: Caret, *, back: int = 0, clear: bool = False) -> None:
        """Replaces the live rows.

        Args:
            above: Finished rows. From now on they are above the live rows.
            rows: The live rows; none to remove them.
            caret: The position of the cursor; ignored without rows.
            back: How many rows of the screen above the live rows are replaced by `above`.
            clear: Whether to clear the screen first.

        Raises:
            OSError: The terminal is gone.
        """
        width = self._console.size.width
        whole = bool(above) or back > 0 or clear or width != self._width
        parts = [BEGIN_UPDATE if self.synchronized else "", HIDE_CURSOR]
        parts.append(_CLEAR if clear else self._to_top(back))
        written = [*above, *rows]
        # After a change of width, rows are erased first. Otherwise a terminal keeps treating a wrapped row and the next one as one line.
        wrapped = _ERASE_ROW if self._reflows and width != self._width else ""
        for i, row in enumerate(written):
            kept = not whole and i < len(self._rows) and row == self._rows[i]
            if i:
                parts.append("\r\n")
            if not kept:
                parts += [wrapped, self._ansi(row), "" if _cells(row) >= width else _ERASE_LINE]
        parts.append(self._below(written, rows, width, back))
        parts.append(self._to_caret(rows, caret))
        parts.append(END_UPDATE if self.synchronized else "")
        self._console.file.write("".join(parts))
        self._console.file.flush()
        self._rows, self._width = rows, width
        self._caret = caret if rows else Caret(row=0, cell=0, visible=True)

    def _to_top(self, back: int) -> str:
        """Moves from the cursor to the first row that is replaced.

        A terminal that became narrower has wrapped the live rows into more rows, including those above the cursor.
        """
        width = self._console.size.width
        up = self.rows_on_screen(self._rows[: self._caret.row]) + back
        if self._reflows and self._rows:
            up += min(self._caret.cell, max(0, _cells(self._rows[self._caret.row]) - 1)) // width
        return (f"\x1b[{up}A" if up else "") + "\r"

    def _below(self, written: list[Row], rows: list[Row], width: int, back: int) -> str:
        """Erases what is left of the former rows."""
        if not rows:
            count = max(
                1, self.height + back - len(written)
            )  # row by row, because tmux would move rows erased from the top of the screen on to its scrollback
            erased = "\x1b[B".join([_ERASE_ROW] * count) + (f"\x1b[{count - 1}A" if count > 1 else "")
            return ("\r\n" if written else "") + erased
        last = written[-1]
        # If the last cell of a row was written, erasing would clear that cell, too.
        return f"\r{_ERASE_BELOW}{self._ansi(last)}" if _cells(last) >= width else self._behind(last) + _ERASE_BELOW

    @staticmethod
    def _behind(row: Row) -> str:
        """Moves behind the last character of the cursor's row."""
        cells = _cells(row)
        return "\r" + (f"\x1b[{cells}C" if cells else "")

    @staticmethod
    def _to_caret(rows: list[Row], caret: Caret) -> str:
        if not rows:
            return SHOW_CURSOR
        up = len(rows) - 1 - caret.row
        move = (f"\x1b[{up}A" if up else "") + "\r" + (f"\x1b[{caret.cell}C" if caret.cell else "")
        return move + (SHOW_CURSOR if caret.visible else "")

    def _ansi(self, row: Row) -> str:
        console = self._console
        colours = _COLOUR_SYSTEMS.get(console.color_system or "")
        parts = []
        for text, style, _ in row:
            if style is not None and console.no_color:
                style = style.without_color  # noqa: PLW2901 - the same style without colour
            parts.append(text if style is None else style.render(text, color_system=colours))
        return "".join(parts)


def _cells(row: Row) -> int:
    return sum(cell_len(segment.text) for segment in row)


def wrapped_rows(rows: Sequence[Row], width: int) -> int:
    """Returns how many rows a reflowing terminal of `width` cells makes of `rows`."""
    return sum(max(1, -(-_cells(row) // width)) for row in rows)
