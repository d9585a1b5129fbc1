"""Cleans the output of a program as it arrives, so that only text remains.

It removes escape sequences (colours, titles, links), other control characters, overstruck letters, time stamps at the start of a line,
and the intermediate states of progress bars. Pure; the text may be split anywhere.
"""

from __future__ import annotations

import re
from typing import Final

_ESCAPE: Final = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)|[ -/]+[0-~]|[0-OQ-WYZ\\`a-~])"
)
_ESCAPE_BEGUN: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b\x9c]*\x1b?|[ -/]+)?\Z")
_LONGEST_ESCAPE: Final = 4096
"""In characters. A longer sequence has lost its end, and is no longer waited for."""

_PRINTED_OVER: Final = re.compile(r"[^\x08\n]\x08")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_STAMP_SIGNS: Final = frozenset("0123456789 \t-:.,/+[]()TZUC")
_LONGEST_STAMP: Final = 48
_STAMP: Final = re.compile(
    r"[\[(]?(?:"
    r"(?:\d{4}[-/.]\d\d[-/.]\d\d[T ]|\d\d?[-/.]\d\d?[-/.]\d{2,4},? |(?:" + "|".join(_MONTHS) + r") [ \d]?\d )?"
    r"\d\d:\d\d:\d\d)(?:[.,]\d{1,9})?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?[\])]?(?:[ \t]+[-|:](?=[ \t])|:(?=[ \t]))?[ \t]+"
)
"""A time, with or without a date, and the sign that separates it from what follows."""


class Arriving:
    """Cleans a text as it arrives.

    A line that is overwritten from its start (by a carriage return, as progress bars do) is emitted in its state at the end of the line, or
    after a period without input.
    """

    def __init__(self) -> None:
        self._escape = ""  # the beginning of an escape sequence, or a carriage return
        self._lead = ""  # the beginning of a line that may be a time stamp
        self._at_start = True  # nothing of this line was emitted
        self._over: str | None = None  # the newest state of a line that was overwritten
        self._returned = False  # the next text overwrites that state

    def feed(self, text: str) -> str:
        """Takes the next characters. Returns the text that is now final."""
        text = self._without_escapes(self._escape + text).replace("\r\n", "\n")
        if text.endswith("\r"):
            text, self._escape = text[:-1], "\r" + self._escape
        text = _PRINTED_OVER.sub("", text) if "\x08" in text else text
        *lines, rest = text.split("\n")
        return "".join([*(self._part(line) + self._end_line() for line in lines), self._part(rest)])

    def quiet(self) -> str:
        """Returns the text that was held back. Call it when nothing has arrived for a while, or nothing more will."""
        if self._over is not None:
            newest, self._over = self._over, ""
            return self._started(newest if self._at_start else "\n" + newest) if newest.strip() else ""
        return self._started(self._let_go())

    def _without_escapes(self, text: str) -> str:
        self._escape = ""
        if "\x1b" not in text:
            return text
        text = _ESCAPE.sub("", text)
        begun = _ESCAPE_BEGUN.search(text)
        if begun is None:
            return text
        if len(begun.group()) <= _LONGEST_ESCAPE:
            self._escape = begun.group()
        return text[: begun.start()]

    def _part(self, part: str) -> str:
        """Takes the next part of a line."""
        first, *states = map(_clean, part.split("\r"))
        if self._over is None and not states:
            if not self._at_start or not first:
                return self._started(first)
            self._lead += first
            return "" if _may_be_stamp(self._lead) else self._started(self._let_go())
        if self._over is None:
            self._over = self._lead + first if self._at_start else ""
            self._lead = ""
        else:
            self._over = first if self._returned and first.strip() else self._over + first
        self._returned = self._returned and not first.strip()
        for state in states:
            self._returned = not state.strip()
            self._over = self._over if self._returned else state
        return ""

    def _end_line(self) -> str:
        text = self.quiet()
        self._lead, self._over, self._returned, self._at_start = "", None, False, True
        return text + "\n"

    def _let_go(self) -> str:
        lead, self._lead = self._lead, ""
        found = _STAMP.match(lead)
        return lead[found.end() :] if found is not None and found.end() < len(lead) else lead

    def _started(self, text: str) -> str:
        if text:
            self._at_start = False
        return text


def _clean(text: str) -> str:
    return _CONTROL.sub("", text)


def _may_be_stamp(lead: str) -> bool:
    """Whether all of `lead`, the beginning of a line, may belong to a time stamp."""
    if len(lead) > _LONGEST_STAMP:
        return False
    head = lead[:3]
    if any(month.startswith(head) for month in _MONTHS):
        lead = lead[3:]
    elif not (lead[0].isdigit() or lead[0] in "[("):
        return False
    return all(sign in _STAMP_SIGNS for sign in lead)
