"""Distinguishes a paste without marks from typed lines.

A terminal marks a paste (bracketed paste) on request. Some ways to paste do not: `tmux paste-buffer` without `-p`, some serial and
remote consoles. Such a paste looks like several typed lines, and would be sent as several messages. A person types no text
after Enter within one read of the terminal, so several lines that arrive at once are one paste.
"""

from __future__ import annotations

import re
from typing import Final

CONTINUES_S: Final = 0.05
"""Text that arrives within this time after a piece of a paste belongs to it. A long paste arrives in several pieces."""

_SEVERAL_LINES = re.compile(r"[\r\n][^\r\n]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class PasteDetector:
    """Adds the marks of a bracketed paste to text that must be one."""

    def __init__(self) -> None:
        self._pasted_s = float("-inf")

    def marked(self, text: str, now_s: float) -> str:
        """Returns `text` unchanged, or between the marks of a paste.

        Args:
            text: The result of one read of the terminal.
            now_s: The time of the read; only differences count.
        """
        if not text or text == "\r" or _CONTROLS.search(text):  # Enter alone sends the line, however soon it follows
            return text
        if not _SEVERAL_LINES.search(text.strip("\r\n")) and now_s - self._pasted_s > CONTINUES_S:
            return text
        self._pasted_s = now_s
        return f"\x1b[200~{text}\x1b[201~"
