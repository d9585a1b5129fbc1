"""Distinguishes a paste without marks from keys that a person presses.

A terminal marks a paste (bracketed paste) on request. Some ways to paste do not: `tmux paste-buffer` without `-p`, some serial and
remote consoles. Such a paste looks like keys: each line end would send a message, and each control character would edit the line. A person
types no text within 50 ms after Enter, and no 256 characters without a pause of 50 ms, so text that arrives like that is pasted:

- Several lines are one paste, which waits for Enter. Line ends and control characters in it are part of its text.
- A single line that ends with a line end is sent, as if it was typed: programs that type for a person do the same.
- Ctrl-C and Esc act within a paste, too.
"""

from __future__ import annotations

import re
from typing import Final

_BEGIN, _END = "\x1b[200~", "\x1b[201~"
_ESC, _CTRL_C = "\x1b", "\x03"

CONTINUES_S: Final = 0.05
"""Text that arrives within this time after other text was not typed by a person, or by one who holds a key."""

BURST: Final = 256
"""How many characters without a pause are a paste, even in a single line."""

_ENDS: Final = "\r\n"
_SEVERAL_LINES = re.compile(r"[\r\n][^\r\n]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NO_TEXT = re.compile(r"\x1b[\[O][0-?]*[ -/]*[@-~]?|[\x00-\x1f\x7f]")

_ACTS = re.compile(r"(\x03|\x1b(?![\[\]OPX^_()#]))")
"""Ctrl-C, and an Esc that begins no sequence. Coloured text, for example, contains sequences."""


class PasteDetector:
    """Puts the marks of a bracketed paste around text that must be one. Linear in the length of the text."""

    def __init__(self) -> None:
        self._begun = ""  # the end of what was read since the terminal's own mark; empty outside of a marked paste
        self._last_s = float("-inf")
        self._count = 0  # characters since the last pause
        self._pasting = False
        self._several = False  # the paste has several lines
        self._singly = False  # the last piece of it was a character or two
        self._after_return = False  # a line feed that follows belongs to the line end before it
        self._held = (
            ""  # line ends, which send the line if nothing follows them at once and else belong to a paste; or ESC
        )

    def marked(self, text: str, now_s: float) -> str:
        """Returns `text` unchanged, or between the marks of a paste. A line end behind text is held back.

        Args:
            text: The result of one read of the terminal.
            now_s: The time of the read; only differences count.
        """
        if self._is_marked(text) or _BEGIN in text:
            return self.flush() + text
        goes_on = now_s - self._last_s <= CONTINUES_S
        before = "" if goes_on else self.flush()
        if not text:
            return before
        self._last_s = now_s
        self._count += len(_NO_TEXT.sub("", text) if _CONTROLS.search(text) else text)
        if self._is_pasted(text, goes_on=goes_on):
            return before + self._content(text)
        keys = text.rstrip(_ENDS)
        if len(keys) == len(text) or not (keys or goes_on) or _CONTROLS.search(text):
            held, self._held = self._held, ""
            return before + held + text
        self._held += text[len(keys) :]
        return before + keys

    def flush(self) -> str:
        """Returns what was held back, because nothing followed them. The next text is no part of the same paste."""
        held, self._held = self._held, ""
        self._count, self._pasting, self._several, self._after_return = 0, False, False, False
        return held

    def _is_pasted(self, text: str, *, goes_on: bool) -> bool:
        if not self._pasting:
            within = text.strip(_ENDS)
            broken = goes_on and within and (self._held or text[0] in _ENDS)  # by a line end before it
            several = (broken or _SEVERAL_LINES.search(within)) and not _CONTROLS.search(text)
            self._pasting = bool(several) or self._count >= BURST
        return self._pasting

    def _content(self, text: str) -> str:
        """Returns `text`, which belongs to a paste, between marks, and what acts in it outside of them."""
        if self._after_return and text[0] == "\n":
            text = text[1:]
        singly, self._singly = self._singly, len(text) <= 2  # noqa: PLR2004 - a character and perhaps a line feed
        text, self._held = self._held + text, ""
        self._several = self._several or bool(_SEVERAL_LINES.search(text))
        content = text.rstrip(_ENDS)
        if self._several and (content or singly):
            content = text
        if content.endswith(_ESC):  # a key, or a sequence that goes on
            content = content[:-1]
        self._held = text[len(content) :]
        self._after_return = content.endswith("\r")
        parts = _ACTS.split(content.replace(_END, ""))
        return "".join(part if i % 2 else f"{_BEGIN}{part}{_END}" for i, part in enumerate(parts) if part)

    def _is_marked(self, text: str) -> bool:
        """Whether `text`, or a part of it, belongs to a paste that the terminal has marked. Marks inside of it would end it."""
        was, seen = bool(self._begun), self._begun + text
        begins = was or _BEGIN in text
        over = seen.rfind(_END) > seen.rfind(_BEGIN) or text.endswith(_CTRL_C)
        self._begun = seen[-len(_END) :] if begins and not over else ""
        return was
