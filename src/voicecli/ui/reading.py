"""A reply while it is read aloud: what was said is plain, the word that sounds stands out, the rest waits dimly.

The words light up several times a second and the text hardly ever changes, so where its rows break is remembered, and only the styles are laid
over them anew.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rich.segment import Segment
from rich.text import Text

from voicecli.ui.clean import clean, encodable
from voicecli.ui.entry import Entry

if TYPE_CHECKING:
    from rich.console import Console
    from rich.style import Style

_JOINER: Final = "\u200d"
_SKIN_TONES: Final = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_FLAG_LETTERS: Final = frozenset(map(chr, range(0x1F1E6, 0x1F200)))
_REMEMBERED: Final = 8
"""Layouts: of the replies in sight, at the width there is."""


def reading_rows(entry: Entry, console: Console, *, width: int) -> tuple[list[list[Segment]], int]:
    """Gives the rows of a reply that is being read, each with what is said, what sounds now and what is to come.

    Args:
        entry: The reply.
        console: Gives styles and encoding.
        width: Cells; no row is wider.

    Returns:
        The rows, at least one, and which of them to keep in sight: the one with the word that sounds, or the last one of what is only read.
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
    """How many characters of `text`, the entry's text made clean, were heard."""
    return whole(text, len(clean(entry.parts[0])))


def whole(text: str, at: int) -> int:
    """The next place from `at` on that tears nothing apart that is drawn as one: letters with their accents, joined emoji, flags."""
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
    """From where to where each row of `text` goes, without the spaces at its end; words that are too long are folded."""
    from rich.console import Console  # measures only; nothing is printed

    rows = []
    at = len(text) - len(text.lstrip("\n"))
    for line in Text(text[at:].rstrip(), overflow="fold").wrap(Console(width=width), width):
        shown = line.plain.rstrip()
        start = text.index(shown, at) if shown else at
        rows.append((start, start + len(shown)))
        at = start + len(shown)
    return tuple(rows) or ((0, 0),)
