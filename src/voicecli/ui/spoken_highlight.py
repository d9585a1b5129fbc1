"""Renders a reply while it is read aloud: spoken text is plain, the present word is highlighted, the rest is dim.

The highlight moves several times a second and the text hardly ever changes, so the line breaks are cached, and only the styles are applied
again.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rich.segment import Segment
from rich.text import Text

from voicecli.ui.sanitize import clean, encodable
from voicecli.ui.transcript_entry import Entry

if TYPE_CHECKING:
    from rich.console import Console
    from rich.style import Style

_JOINER: Final = "\u200d"
_SKIN_TONES: Final = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_FLAG_LETTERS: Final = frozenset(map(chr, range(0x1F1E6, 0x1F200)))
_REMEMBERED: Final = 8
"""Number of cached layouts: the visible replies at the present width."""


def reading_rows(entry: Entry, console: Console, *, width: int) -> tuple[list[list[Segment]], int]:
    """Returns the rows of a reply that is being read aloud, styled as spoken, being spoken and still to come.

    Args:
        entry: The reply.
        console: Supplies styles and encoding.
        width: Cells; no row is wider.

    Returns:
        The rows, at least one, and the index of the row to keep visible: the one with the present word, or the last one if the reply is only read.
    """
    text = clean(entry.text)
    if entry.heard is None:
        heard = sounding = len(text)
    else:
        heard = heard_chars(entry, text)
        sounding = heard if entry.word is None else min(heard, whole(text, len(clean(entry.text[: entry.word]))))
    rows = _layout(text, width)
    styles = [(0, sounding, "said"), (sounding, heard, "sounding"), (heard, len(text), "unsaid")]
    looks = [(start, end, console.get_style(style)) for start, end, style in styles]
    focus = max(0, bisect_right([start for start, _ in rows], max(0, heard - 1)) - 1)
    return [_row(text, row, looks, console.encoding) for row in rows], focus


def heard_chars(entry: Entry, text: str) -> int:
    """Returns how many characters of `text`, the cleaned text of the entry, were heard."""
    return whole(text, len(clean(entry.parts[0])))


def whole(text: str, at: int) -> int:
    """Returns the next position from `at` on that does not split what is drawn as one: letters with their accents, joined emoji, flags."""
    at = min(at, len(text))
    while 0 < at < len(text) and (text[at - 1] == _JOINER or _leans(text[at])):
        at += 1
    return at


def _leans(char: str) -> bool:
    """Whether `char` is drawn together with the one before it."""
    return unicodedata.category(char) in {"Mn", "Me", "Mc", "Cf"} or char in _SKIN_TONES or char in _FLAG_LETTERS


def _row(text: str, row: tuple[int, int], looks: list[tuple[int, int, Style]], encoding: str) -> list[Segment]:
    found = []
    for start, end, style in looks:
        first, after = max(start, row[0]), min(end, row[1])
        if first < after:
            found.append(Segment(encodable(text[first:after], encoding), style))
    return found


@lru_cache(maxsize=_REMEMBERED)
def _layout(text: str, width: int) -> tuple[tuple[int, int], ...]:
    """Returns the start and end of each row of `text`, without trailing spaces. Words that are too long are folded."""
    from rich.console import Console  # only for measuring; nothing is printed

    rows = []
    at = len(text) - len(text.lstrip("\n"))
    for line in Text(text[at:].rstrip(), overflow="fold").wrap(Console(width=width), width):
        shown = line.plain.rstrip()
        start = text.index(shown, at) if shown else at
        rows.append((start, start + len(shown)))
        at = start + len(shown)
    return tuple(rows) or ((0, 0),)
