"""Finds the end of a fenced code block."""

from __future__ import annotations

FENCE_SIGNS = 3
"""The smallest number of backticks or tildes of a fence (CommonMark)."""


class Fence:
    """Tracks a code block, a character at a time, from behind the first three signs that open it.

    As in CommonMark, a line of at least as many signs closes it, and so does the end of the text. In addition, as many signs in the first line
    close it (```like this```), and the block may be inside a quotation.

    Attributes:
        is_first_line: Whether it is still in the line in which it was opened.
    """

    def __init__(self, sign: str) -> None:
        self._sign = sign
        self._count = FENCE_SIGNS
        self._is_opening = True  # more of the signs may follow
        self.is_first_line = True
        self._is_clean = False  # only signs so far in this line
        self._run = 0

    def closes(self, char: str) -> bool:
        """Takes the next character. Returns whether it closes the block. If that character is a newline, the line is over, too."""
        if self._is_opening and char == self._sign:
            self._count += 1
            return False
        self._is_opening = False
        if char == "\n":
            is_closed = self._is_clean and self._run >= self._count
            self._is_clean, self.is_first_line, self._run = True, False, 0
            return is_closed
        if char == self._sign and (self._is_clean or self.is_first_line):
            self._run += 1
            return self.is_first_line and self._run == self._count
        if char.isspace() and self._is_clean:
            self._is_clean = not 0 < self._run < self._count
        elif char != ">" or self._run:
            self._is_clean = False
            self._run = 0
        return False
