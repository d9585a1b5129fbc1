"""Where a Markdown table ends, and how many rows it has."""

from __future__ import annotations

_DELIMITER = frozenset("|:- \t\r>")
_INDENT = frozenset(" \t\r>")


class Table:
    """Follows what may be a table, a character at a time, from behind the first `|` of its header.

    As in GitHub's Markdown, it is a table if the second line is a delimiter row (`|---|---|`). Each line after that which starts with `|` is a row.

    Attributes:
        start: Offset of the first `|`.
        held: What was taken as long as it was not known whether it is a table.
        rows: How many rows there were so far; the header is not counted.
        indent: How many characters of the present line came before its first sign.
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
        """Takes the next character, unless it is not a part of the table, or shows that there is none."""
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
