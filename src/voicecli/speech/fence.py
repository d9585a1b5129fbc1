"""Where a block of code ends."""

from __future__ import annotations

FENCE_SIGNS = 3
"""The least of backticks or tildes (CommonMark)."""


class Fence:
    """Follows a block of code, a character at a time, from behind the first three signs that open it.

    As in CommonMark, a line of at least as many signs closes it, and so does the end of the text. Besides, as many signs in the first line do
    (```like this```), and the block may stand in a quotation.

    Attributes:
        is_first_line: Whether it is still in the line that it was opened in.
    """

    def __init__(self, sign: str) -> None:
        self._sign = sign
        self._count = FENCE_SIGNS
        self._is_opening = True  # more of the signs may follow
        self.is_first_line = True
        self._is_clean = False  # nothing but signs so far in this line
        self._run = 0

    def closes(self, char: str) -> bool:
        """Takes the next character; whether the block is over with it. Where that is the end of a line, the line is over too."""
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
