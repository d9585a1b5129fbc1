# ruff: noqa: RUF001 - the signs of other scripts are what this is about
"""Characters that end, close or join what is said, in the scripts of the languages that Whisper and Piper know."""

from __future__ import annotations

from functools import lru_cache

FULL_STOPS = frozenset(".…．")
"""May end a sentence; also found in abbreviations, ordinals and hesitation."""

WIDE_STOPS = frozenset("。！？｡")
"""End a sentence in Chinese and Japanese, where no space follows."""

STOPS = WIDE_STOPS | frozenset("!?‽‼⁇⁈⁉؟۔।॥։።፧။។\u037e")
"""End a sentence and do nothing else: Latin, Arabic, Urdu, Devanagari, Armenian, Ethiopic, Burmese, Khmer, Greek."""

PAUSES = frozenset(",;:，、；：､،؛፣፤၊·")
"""End a clause: a voice takes breath there."""

DASHES = frozenset("—–―")
"""Part a sentence, where they are not in the middle of a word or a range of numbers."""

QUOTES = frozenset("\"'”’»›“‘」』〉》")
"""May close a quotation. German closes with what English opens with, so those are in it too."""

CLOSERS = QUOTES | frozenset(")]}）］｝】〕*_~`|>")
"""May stand between the mark and the end of the sentence; the signs of markup among them are never said."""

OPENERS = frozenset("\"'“‘„‚«‹([{（［「『【〈《¿¡*_~`#<")

ENDS_WORD = frozenset("—।॥۔؟።။។")
"""A new word begins after them even where no space follows."""

BULLETS = frozenset("•◦▪‣·")
"""Signs that begin an item of a list."""

RULES = frozenset("-*+_=")
"""Signs of which three and more in a line are a rule, and of which some begin an item."""

HARD_SPACES = frozenset("\u00a0\u202f\u2007")
"""Spaces within a word: "Bonjour !" is one."""

_HAN_KANA_AND_WIDE = (
    (0x2E80, 0x312F),  # radicals, punctuation, kana, Bopomofo
    (0x3190, 0x4DBF),  # strokes, phonetic extensions, extension A
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFE30, 0xFE4F),
    (0xFF00, 0xFFEF),  # full and half width forms
    (0x20000, 0x3FFFF),
)


_FIRST_WIDE = chr(_HAN_KANA_AND_WIDE[0][0])


def is_wide(char: str) -> bool:
    """Whether `char` belongs to a script written without spaces, Chinese or Japanese. Korean has spaces, Thai needs a dictionary."""
    return char >= _FIRST_WIDE and _is_wide(char)


@lru_cache(4096)
def _is_wide(char: str) -> bool:
    code = ord(char)
    return any(first <= code <= last for first, last in _HAN_KANA_AND_WIDE)


def is_lower(char: str) -> bool:
    """Whether `char` shows that no sentence begins with it. Georgian is all lower case to Unicode and tells nothing."""
    return char.islower() and not "\u10d0" <= char <= "\u10ff"


def can_be_said(text: str) -> bool:
    """Whether there is a letter or a number in it."""
    return any(map(str.isalnum, text))


def is_tail(text: str) -> bool:
    """Whether `text` is nothing but marks that belong to the word before; what opens in Chinese and closes in German is taken to open."""
    return all(
        (char in CLOSERS and char not in "“‘") or char in STOPS or char in FULL_STOPS or char in PAUSES for char in text
    )


def ends_in_mark(text: str) -> bool:
    """Whether a voice hears by itself that `text` is over, or goes on after a pause."""
    core = text.rstrip("".join(CLOSERS))
    return bool(core) and (core[-1] in STOPS or core[-1] in FULL_STOPS or core[-1] in PAUSES or core[-1] in DASHES)
