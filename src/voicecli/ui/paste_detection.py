"""Distinguishes a paste without marks from typed lines.

A terminal marks a paste (bracketed paste) on request. Some ways to paste do not: `tmux paste-buffer` without `-p`, some serial and
remote consoles. Such a paste looks like several typed lines, and would be sent as several messages. A person types no text
after Enter within one read of the terminal, so several lines that arrive at once are one paste.
"""

from __future__ import annotations

import re
from typing import Final

_BEGIN, _END = "\x1b[200~", "\x1b[201~"
_CTRL_C = "\x03"

CONTINUES_S: Final = 0.05
"""Text that arrives within this time after a piece of a paste belongs to it. A long paste arrives in several pieces."""

_SEVERAL_LINES = re.compile(r"[\r\n][^\r\n]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class PasteDetector:
    """Adds the marks of a bracketed paste to text that must be one."""

    def __init__(self) -> None:
        self._pasted_s = float("-inf")
        self._begun = ""  # the end of what was read since the terminal's own mark; empty outside of a marked paste

    def marked(self, text: str, now_s: float) -> str:
        """Returns `text` unchanged, or between the marks of a paste.

        Args:
            text: The result of one read of the terminal.
            now_s: The time of the read; only differences count.
        """
        if self._is_marked(text):
            return text
        if not text or text == "\r" or _CONTROLS.search(text):  # Enter alone sends the line, however soon it follows
            return text
        if not _SEVERAL_LINES.search(text.strip("\r\n")) and now_s - self._pasted_s > CONTINUES_S:
            return text
        self._pasted_s = now_s
        return f"{_BEGIN}{text}{_END}"

    def _is_marked(self, text: str) -> bool:
        """Whether `text`, or a part of it, belongs to a paste that the terminal has marked. Marks inside of it would end it."""
        was, seen = bool(self._begun), self._begun + text
        begins = was or _BEGIN in text
        over = seen.rfind(_END) > seen.rfind(_BEGIN) or text.endswith(_CTRL_C)
        self._begun = seen[-len(_END) :] if begins and not over else ""
        return was
