"""Finds the end of a Markdown table, and counts its rows."""

from __future__ import annotations

_DELIMITER = frozenset("|:- \t\r>")
_INDENT = frozenset(" \t\r>")


class Table:
    """Tracks a possible table, a character at a time, from behind the first `|` of its header.

    As in GitHub's Markdown, it is a table if the second line is a delimiter row (`|---|---|`). Each line after that which starts with `|` is a row.

    Attributes:
        start: Offset of the first `|`.
        held: The characters taken before it was known whether it is a table.
        rows: The number of rows so far, without the header.
        indent: The number of characters in the present line before its first sign.
    """

    def __init__(self, start: int) -> None:
        self.start = start
        self.held: list[str] = []
        self.rows = 0
        self.indent = 0
        self._lines = 0  # of header and delimiter row
        self._signs: set[str] = set()  # of the delimiter row
        self._in_row = False

    @property
    def is_table(self) -> bool:
        """Whether it is a table if it ends here."""
        return self._lines > 1 or self._signs >= {"|", "-"}

    def ends_before(self, char: str) -> bool:
        """Takes the next character. Returns True, without taking it, if it does not belong to the table or shows that there is no table."""
        if self._lines < 2:  # noqa: PLR2004 - header and delimiter row
            if self._lines and (char not in _DELIMITER if char != "\n" else not self.is_table):
                self._signs.clear()
                return True
            self.held.append(char)
            if char == "\n":
                self._lines += 1
            elif self._lines:
                self._signs.add(char)
        elif self._in_row:
            self._in_row = char != "\n"
        elif char == "|":
            self._in_row = True
            self.indent = 0
            self.rows += 1
        elif char in _INDENT:
            self.indent += 1
        else:
            return True
        return False
