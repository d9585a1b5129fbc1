"""Numbers and durations in words or digits, as people say them and recognisers write them, in English and German. Pure logic."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from voicecli.speech.normalize import cardinals
from voicecli.tools.definitions import Language

_TOKEN: Final = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)?|[%°/*+÷×:^-]")
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_GERMAN_THOUSANDS: Final = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_LONGEST_DIGITS: Final = 30
"""Longer sequences of digits are no numbers."""

_SMALL: Final = {cardinals.english(n): n for n in range(20)}
_TENS: Final = {cardinals.english(n): n for n in range(20, 100, 10)}
_SCALES: Final = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_PARTS: Final = {
    "half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4, "fourths": 4,
    "fifth": 5, "fifths": 5, "sixth": 6, "sixths": 6, "seventh": 7, "sevenths": 7, "eighth": 8, "eighths": 8,
    "ninth": 9, "ninths": 9, "tenth": 10, "tenths": 10,
}  # fmt: skip
_GERMAN_PARTS: Final = {
    "halb": 2, "halbe": 2, "halben": 2, "halber": 2, "drittel": 3, "viertel": 4, "fünftel": 5, "sechstel": 6,
    "siebtel": 7, "achtel": 8, "neuntel": 9, "zehntel": 10,
}  # fmt: skip
_GERMAN_ONE: Final = ("ein", "eine", "einen", "einem", "einer", "eins")
_GERMAN_MIXED: Final = {"anderthalb": Fraction(3, 2), "eineinhalb": Fraction(3, 2), "zweieinhalb": Fraction(5, 2)}

SECONDS: Final = {
    "second": 1, "seconds": 1, "sec": 1, "secs": 1, "minute": 60, "minutes": 60, "min": 60, "mins": 60,
    "hour": 3600, "hours": 3600, "hr": 3600, "hrs": 3600, "day": 86_400, "days": 86_400,
    "sekunde": 1, "sekunden": 1, "minuten": 60, "stunde": 3600, "stunden": 3600, "tag": 86_400, "tage": 86_400,
    "tagen": 86_400, "viertelstunde": 900, "dreiviertelstunde": 2700,
}  # fmt: skip
"""Lengths of the units of time in seconds. Months and years are not used for timers."""

_AND: Final = frozenset({"and", "und"})
_ARTICLES: Final = frozenset({"a", "an"})


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a number or a sign. `text` is in lower case; `start` and `end` are offsets in the original text."""

    text: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """The words, numbers and signs of `text`."""
    return [Token(each[0].casefold().replace("’", "'"), each.start(), each.end()) for each in _TOKEN.finditer(text)]


def number(words: Sequence[str], at: int, language: Language = "en") -> tuple[Fraction, int] | None:
    """The number that begins with word `at`, as long as possible.

    Args:
        words: Words in lower case.
        at: Index of the first word.
        language: The language of the words.

    Returns:
        The number and the index after it; None if there is no number.
    """
    negative = at < len(words) and words[at] in {"minus", "negative", "-"}
    begin = at + negative
    found = _digits(words, begin, language) or (
        _german(words, begin) if language == "de" else _fraction(words, begin) or _english(words, begin)
    )
    if found is None:
        return None
    value, end = _and_a_half(words, *found) if language == "en" else found
    return (-value if negative else value), end


def duration(words: Sequence[str], at: int, language: Language = "en") -> tuple[Fraction, int] | None:
    """The duration that begins with word `at`, in seconds, and the index after it; None if there is none."""
    total, end = Fraction(0), at
    before = Fraction(10**9)
    while True:
        begin = end + (end > at and end < len(words) and words[end] in _AND)
        one = _one_duration(words, begin, language)
        if one is None or one[1] >= before:
            return (total, end) if end > at else None
        seconds, unit, end = one
        total, before = total + seconds, unit
        if words[end : end + 3] in (["and", "a", "half"], ["and", "a", "quarter"]):  # an hour and a half
            total += unit / _PARTS[words[end + 2]]
            end += 3


def _one_duration(words: Sequence[str], at: int, language: Language) -> tuple[Fraction, Fraction, int] | None:
    """A number with a unit of time: the duration, the length of the unit, and the index after it."""
    found = number(words, at, language)
    if found is None and at < len(words) and words[at] in _ARTICLES:
        found = Fraction(1), at + 1
    if found is None or found[0] < 0:
        return None
    value, end = found
    if words[end : end + 2] in (["of", "an"], ["of", "a"]):  # three quarters of an hour
        end += 2
    elif end < len(words) and words[end] in {*_ARTICLES, "-"}:  # half an hour
        end += 1
    if end >= len(words) or words[end] not in SECONDS:
        return None
    unit = Fraction(SECONDS[words[end]])
    return value * unit, unit, end + 1


def _digits(words: Sequence[str], at: int, language: Language) -> tuple[Fraction, int] | None:
    if at >= len(words) or not words[at][0].isdecimal() or len(words[at]) > _LONGEST_DIGITS:
        return None
    text = words[at]
    if language == "de":
        text = text.replace(".", "") if _GERMAN_THOUSANDS.fullmatch(text) else text
        text = text.replace(",", ".")
    elif _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    else:
        text = text.replace(",", ".")
    try:
        value, end = Fraction(text), at + 1
    except ValueError:
        return None
    while end < len(words) and words[end] in _SCALES:
        value, end = value * _SCALES[words[end]], end + 1
    return value, end


def _english(words: Sequence[str], at: int) -> tuple[Fraction, int] | None:
    """A cardinal number in words, with decimals after "point"."""
    total, group, end, some = 0, 0, at, False
    while end < len(words):
        word = words[end]
        following = words[end + 1] if end + 1 < len(words) else ""
        if word in _TENS and not group % 100:
            group += _TENS[word]
            if following == "-" and _unit(words, end + 2):
                end += 1
        elif word in _SMALL and _fits(group, _SMALL[word]) and not (some and not group and not total):
            group += _SMALL[word]
        elif word in _ARTICLES and not some and following in {"hundred", *_SCALES}:
            group = 1
        elif word == "hundred" and 0 < group < 100:
            group *= 100
        elif word in _SCALES and some and group:
            total, group = total + group * _SCALES[word], 0
        elif word == "and" and some and (total or group >= 100) and following in {*_TENS, *_SMALL}:
            pass
        else:
            break
        some, end = True, end + 1
        if not group and total and end < len(words) and words[end] not in {*_TENS, *_SMALL, "and"}:
            break
    if not some:
        return None
    return _decimals(words, Fraction(total + group), end)


def _fits(group: int, small: int) -> bool:
    """Whether a number below 20 may follow the present part of a group of three digits."""
    if not group:
        return True
    return (group % 100 == 0 and small > 0) or (group % 10 == 0 and group % 100 >= 20 and 0 < small < 10)


def _unit(words: Sequence[str], at: int) -> bool:
    return at < len(words) and 0 < _SMALL.get(words[at], 0) < 10


def _decimals(words: Sequence[str], whole: Fraction, at: int) -> tuple[Fraction, int]:
    if at + 1 >= len(words) or words[at] != "point":
        return whole, at
    digits, end = "", at + 1
    while end < len(words) and (0 <= _SMALL.get(words[end], -1) < 10 or words[end].isdecimal()):
        digits += words[end] if words[end].isdecimal() else str(_SMALL[words[end]])
        end += 1
    return (whole + Fraction(f"0.{digits}"), end) if digits else (whole, at)


def _fraction(words: Sequence[str], at: int) -> tuple[Fraction, int] | None:
    """A fraction in words, such as "a third" or "three quarters"."""
    word = words[at] if at < len(words) else ""
    if word in {"half", "quarter"}:
        return Fraction(1, _PARTS[word]), at + 1
    following = words[at + 1] if at + 1 < len(words) else ""
    count = 1 if word in _ARTICLES else _SMALL.get(word, 0)
    if count and following in _PARTS and following.endswith("s") == (count > 1):
        return Fraction(count, _PARTS[following]), at + 2
    return None


def _and_a_half(words: Sequence[str], value: Fraction, at: int) -> tuple[Fraction, int]:
    """A whole number followed by a fraction, such as "two and three quarters"."""
    if at < len(words) and words[at] == "and" and value.denominator == 1:
        part = _fraction(words, at + 1)
        if part is not None and (words[at + 1] not in {"half", "quarter"}):
            return value + part[0], part[1]
    return value, at


@functools.cache
def _german_words() -> dict[str, Fraction]:
    words = {cardinals.german(n).replace(" ", "").casefold(): Fraction(n) for n in range(10_000)}
    words |= dict.fromkeys(_GERMAN_ONE, Fraction(1))
    return words | _GERMAN_MIXED | {"zwo": Fraction(2)}


def _german(words: Sequence[str], at: int) -> tuple[Fraction, int] | None:
    if at >= len(words):
        return None
    word = words[at]
    following = words[at + 1] if at + 1 < len(words) else ""
    if word in _GERMAN_PARTS:
        return Fraction(1, _GERMAN_PARTS[word]), at + 1
    value = _german_words().get(word)
    if value is None and word.endswith("einhalb"):
        value = _german_words().get(word.removesuffix("einhalb"))
        value = value + Fraction(1, 2) if value is not None else None
    if value is None:
        return None
    if following in _GERMAN_PARTS and value.denominator == 1:
        return value / _GERMAN_PARTS[following], at + 2
    if following == "komma":
        digits, end = "", at + 2
        while end < len(words) and 0 <= (_german_words().get(words[end]) or -1 if words[end] != "null" else 0) < 10:
            digits += "0" if words[end] == "null" else str(_german_words()[words[end]])
            end += 1
        if digits:
            return value + Fraction(f"0.{digits}"), end
    return value, at + 1
