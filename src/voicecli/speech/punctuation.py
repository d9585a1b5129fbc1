# ruff: noqa: RUF001 - the signs of other scripts are what this is about
"""Characters that end, close or join text, in the scripts of the languages that Whisper and Piper support."""

from __future__ import annotations

from functools import lru_cache

FULL_STOPS = frozenset(".…．")
"""May end a sentence. They also occur in abbreviations, ordinals and hesitations."""

WIDE_STOPS = frozenset("。！？｡")
"""End a sentence in Chinese and Japanese, in which no space follows."""

STOPS = WIDE_STOPS | frozenset("!?‽‼⁇⁈⁉؟۔।॥։።፧။។\u037e")
"""End a sentence and have no other use: Latin, Arabic, Urdu, Devanagari, Armenian, Ethiopic, Burmese, Khmer, Greek."""

PAUSES = frozenset(",;:，、；：､،؛፣፤၊·")
"""End a clause. A voice pauses there."""

DASHES = frozenset("—–―")
"""Separate parts of a sentence, unless they are inside a word or a range of numbers."""

QUOTES = frozenset("\"'”’»›“‘」』〉》")
"""May close a quotation. German closes with the signs that open a quotation in English, so they are included."""

CLOSERS = QUOTES | frozenset(")]}）］｝】〕*_~`|>")
"""May stand between the mark and the end of the sentence. The markup signs among them are never spoken."""

OPENERS = frozenset("\"'“‘„‚«‹([{（［「『【〈《¿¡*_~`#<")

ENDS_WORD = frozenset("—।॥۔؟።။។")
"""A new word begins after these, even without a space."""

BULLETS = frozenset("•◦▪‣·")
"""Signs that begin a list item."""

RULES = frozenset("-*+_=")
"""Signs of which three or more in a line are a rule. Some of them begin a list item."""

HARD_SPACES = frozenset("\u00a0\u202f\u2007")
"""Spaces inside a word: "Bonjour !" is one word."""

_HAN_KANA_AND_WIDE = (
    (0x2E80, 0x312F),  # radicals, punctuation, kana, Bopomofo
    (0x3190, 0x4DBF),  # strokes, phonetic extensions, extension A
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFE30, 0xFE4F),
    (0xFF00, 0xFFEF),  # full and half width forms
    (0x20000, 0x3FFFF),
)


WIDE_CLASS = "".join(f"{chr(first)}-{chr(last)}" for first, last in _HAN_KANA_AND_WIDE)
"""The characters of `is_wide`, for a character class of a regular expression."""

_FIRST_WIDE = chr(_HAN_KANA_AND_WIDE[0][0])


def is_wide(char: str) -> bool:
    """Whether `char` belongs to a script written without spaces, Chinese or Japanese. Korean has spaces; Thai would need a dictionary."""
    return char >= _FIRST_WIDE and _is_wide(char)


@lru_cache(4096)
def _is_wide(char: str) -> bool:
    code = ord(char)
    return any(first <= code <= last for first, last in _HAN_KANA_AND_WIDE)


def is_lower(char: str) -> bool:
    """Whether `char` shows that no sentence begins with it. Georgian letters are all lower case in Unicode, so they show nothing."""
    return char.islower() and not "\u10d0" <= char <= "\u10ff"


def can_be_said(text: str) -> bool:
    """Whether `text` contains a letter or a number."""
    return text[:1].isalnum() or any(map(str.isalnum, text))


_TAILS = (CLOSERS - frozenset("“‘")) | STOPS | FULL_STOPS | PAUSES | {""}


def is_tail(text: str) -> bool:
    """Whether `text` consists only of marks that belong to the word before. Signs that open in Chinese and close in German count as opening."""
    return text[:1] in _TAILS and (len(text) == 1 or all(char in _TAILS for char in text))


_ALL_CLOSERS = "".join(CLOSERS)
_ENDING_MARKS = STOPS | FULL_STOPS | PAUSES | DASHES


def ends_in_mark(text: str) -> bool:
    """Whether `text` ends in a mark that tells a voice that the text is over, or continues after a pause."""
    return not text[-1:].isalnum() and text.rstrip(_ALL_CLOSERS)[-1:] in _ENDING_MARKS
