"""A paste that the terminal marks (bracketed paste), as it arrives."""

from __future__ import annotations

from typing import Final

PASTE: Final = "\x1b[200~"
PASTE_END: Final = "\x1b[201~"

LONGEST_LINE: Final = 2_000_000
"""How many characters the input line holds; the same as `ask` reads from standard input, and more than any model can read at once."""


class MarkedPaste:
    """Collects a paste. The cost is linear in its length, and the memory is bounded.

    Attributes:
        text: The whole paste, between its marks, once its end has arrived. Of what exceeds `LONGEST_LINE`, one character is kept, so that the
            line finds that something is missing.
    """

    def __init__(self) -> None:
        self.text = ""
        self._parts: list[str] = []
        self._length = 0
        self._last = ""  # the beginning of an end mark, perhaps

    def add(self, piece: str) -> str | None:
        """Takes the next piece; the first one begins with the mark. Returns what follows the end mark; None if the paste goes on."""
        piece = self._last + piece
        end = piece.find(PASTE_END)
        if end < 0:
            kept = len(piece) - len(PASTE_END) + 1
            self._keep(piece[: max(0, kept)])
            self._last = piece[max(0, kept) :]
            return None
        self._keep(piece[:end])
        self.text = "".join((*self._parts, PASTE_END))
        return piece[end + len(PASTE_END) :]

    def _keep(self, part: str) -> None:
        part = part[: max(0, len(PASTE) + LONGEST_LINE + 1 - self._length)]
        self._length += len(part)
        self._parts.append(part)
