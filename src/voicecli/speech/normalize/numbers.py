"""How a language says numbers, years, sums and dates. The rules are built from these methods; a language overrides those that differ."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from voicecli.speech.normalize.cardinals import TOO_LARGE
from voicecli.speech.normalize.grouping import APOSTROPHES, GROUP_SPACES, grouping
from voicecli.speech.normalize.rules import Placed, Rule
from voicecli.speech.normalize.vocabulary import Money, Noun, Words

_WORD_REACH = 24
_MARKS_BETWEEN = 3
"""The most characters between a word and what it explains."""

_IN_SUMS = frozenset("=+×*÷≈^√<>")
REACH = 40
"""How far a rule looks to both sides, in characters. The limit keeps the work from growing with the square of the text's length."""

_YEAR_DIGITS = 4
"""The length of a number that may be a year."""

_NEXT_WORD = re.compile(r"[ \u00a0]?([^\W\d_]{1,30})")


def left_of(found: re.Match[str]) -> str:
    """Returns the characters before a match, as far as rules look."""
    return found.string[max(0, found.start() - REACH) : found.start()]


def right_of(found: re.Match[str]) -> str:
    """Returns the characters after a match, as far as rules look."""
    return found.string[found.end() : found.end() + REACH]


def mark_before(text: str, at: int) -> str:
    """Returns the last character before `at` that is not a space; empty if there is none nearby."""
    least = max(0, at - REACH)
    while at > least:
        at -= 1
        if not text[at].isspace():
            return text[at]
    return ""


def mark_after(text: str, at: int) -> str:
    """Returns the first character from `at` on that is not a space; empty if there is none nearby."""
    for char in text[at : at + REACH]:
        if not char.isspace():
            return char
    return ""


def word_before(text: str, at: int) -> str:
    """Returns the last word before `at`, as it is written; empty if there is none nearby."""
    least = max(0, at - _WORD_REACH)
    end = at
    while end > least and at - end < _MARKS_BETWEEN and not (text[end - 1].isalnum() or text[end - 1] == "_"):
        end -= 1
    start = end
    while start > least and text[start - 1].isalnum():
        start -= 1
    return text[start:end]


def name_before(text: str, at: int) -> str:
    """Returns the last word before `at` in lower case; empty also if it ends in a digit. Most numbers stand between numbers."""
    for char in text[max(0, at - _MARKS_BETWEEN - 1) : at][::-1]:
        if char.isalnum():
            return word_before(text, at).lower() if char.isalpha() else ""
    return ""


def word_after(text: str, at: int) -> str:
    """Returns the word that begins at `at`, or after one space."""
    first = text[at : at + 1]
    if not (first.isalpha() or first in {" ", "\u00a0"}):
        return ""
    found = _NEXT_WORD.match(text, at)
    return found[1] if found else ""


MOST_PLAIN = 1000
"""Numbers whose words are kept. The same ones occur again and again in a text."""


def with_look_alikes(units: Mapping[str, Noun]) -> dict[str, Noun]:
    """Returns units with the signs that are often typed instead of the degree sign, as in "25 ºC"."""
    alike = {unit.replace("°", sign): name for unit, name in units.items() for sign in "º˚" if "°" in unit[:-1]}
    return {**units, **alike}


class Numbers(Placed, ABC):
    """How one language says numbers. Instances hold no state but their rules; any thread may use them.

    Attributes:
        words: The words of the language.
        decimal: Its decimal mark.
        groups: The characters that may separate groups of three digits.
        day_first: Whether 3/5 is the third of May.
        digits_of_decimals: Whether the decimals are said digit by digit.
        has_verses: Whether a colon separates chapter and verse, as in "John 3:16".
        year_tail: A pattern for what may follow the year of a date and is said with it.
    """

    words: ClassVar[Words]
    decimal: ClassVar[str] = ","
    groups: ClassVar[str] = f".{APOSTROPHES}{GROUP_SPACES}"
    day_first: ClassVar[bool] = True
    digits_of_decimals: ClassVar[bool] = True
    has_verses: ClassVar[bool] = True
    year_tail: ClassVar[str] = ""

    def __init__(self) -> None:
        super().__init__()
        self._plain: dict[tuple[str, str], str] = {}
        self.units = with_look_alikes(self.words.units)
        self.grouping = grouping(self.decimal, self.groups)
        self.number = re.compile(self.grouping.pattern)

    def first_rules(self) -> list[Rule]:
        """Rules that are tried before all others."""
        return []

    def more_rules(self) -> list[Rule]:
        """Rules that are tried before a number is read as one."""
        return []

    def cardinal(self, n: int) -> str:
        """Returns a whole number in words."""
        return self.words.cardinal(n)

    def counted(self, n: int, what: Noun | None, following: str = "") -> str:
        """Returns a whole number as said before the noun `what`, or before the word `following`."""
        return self.cardinal(n)

    def plural(self, n: int, what: Noun) -> str:
        """Returns the form of `what` after `n`."""
        return what.one if n == 1 else what.many

    def decimals(self, digits: str) -> str:
        """Returns the words for the digits after the decimal mark."""
        if self.digits_of_decimals or digits.startswith("0") or len(digits) > 2:
            return self.spelled_digits(digits)
        return self.cardinal(int(digits))

    def year(self, n: int) -> str:
        """Returns a year in words."""
        return self.cardinal(n)

    @abstractmethod
    def date_words(self, day: int, month: int, year: int | None, before: str) -> str:
        """Returns a date in words. `before`: the word before it."""

    @abstractmethod
    def time_words(self, hour: int, minute: int, second: int | None, suffix: str) -> str:
        """Returns a time of day in words. `suffix`: "A.M", "P.M" or nothing."""

    @abstractmethod
    def money_words(self, whole: int, cents: int, money: Money) -> str:
        """Returns a sum of money with its cents, in words."""

    @abstractmethod
    def fraction_words(self, n: int, d: int, following: str) -> str | None:
        """Returns a fraction in words; None if the language does not say it as a fraction."""

    def spelled_digits(self, text: str) -> str:
        """Returns the digits one by one, in words."""
        return " ".join(self.cardinal(int(char)) for char in text if char.isdigit())

    def split(self, text: str) -> tuple[str, str]:
        """Splits a number as written into the digits before its decimal mark and those after it."""
        text = text.strip()
        if text.isdigit():
            return text, ""
        if foreign := self.grouping.split_foreign(text):
            return foreign
        head, mark, tail = text.rpartition(self.decimal)
        if not mark:
            head, tail = text, ""
            before, point, after = text.rpartition(".")
            if (
                self.decimal == ","
                and point
                and not (len(after) == 3 and 1 <= len(before.split(".")[0]) <= 3 and before != "0")
            ):
                head, tail = before, after
        return "".join(char for char in head if char.isdigit()), tail

    def say(self, text: str, what: Noun | None = None, following: str = "") -> str:
        """Returns a number as written, in words."""
        if what is not None:
            return self._say(text, what, following)
        key = text, following
        if key not in self._plain:
            if len(self._plain) >= MOST_PLAIN:
                self._plain.clear()
            self._plain[key] = self._say(text, None, following)
        return self._plain[key]

    def _say(self, text: str, what: Noun | None, following: str) -> str:
        whole, tail = self.split(text)
        if (len(whole) > 1 and whole[0] == "0") or (whole and int(whole) >= TOO_LARGE):
            said = self.spelled_digits(whole)
        elif tail or not whole:
            said = self.cardinal(int(whole or 0))
        else:
            said = self.counted(int(whole), what, following)
        return f"{said} {self.point(text)} {self.decimals(tail)}" if tail else said

    def point(self, text: str) -> str:
        """Returns the word for the decimal mark of `text`."""
        return self.words.point

    def amount_of(self, text: str) -> int:
        """Returns a number, such as 1, 2 or 5, after which nouns have the same form as after this one."""
        whole, tail = self.split(text)
        return 5 if tail or not whole or len(whole) > 15 else int(whole)

    def value(self, text: str) -> float:
        """Returns the value of a number as written."""
        whole, tail = self.split(text)
        return float(f"{whole or 0}.{tail or 0}")

    def plain_number(self, found: re.Match[str]) -> str | None:
        """Reads a number to which no other rule applies."""
        text, whole, start, end = found.string, found[0], found.start(), found.end()
        before = name_before(text, start)
        if before in self.words.phone_before and whole.isdigit():
            return self.spelled_digits(whole)
        if len(whole) == _YEAR_DIGITS and whole.isdigit():
            is_sum = mark_before(text, start) in _IN_SUMS or mark_after(text, end) in _IN_SUMS
            if not is_sum and self.is_year(text, start, end):
                return self.year(int(whole))
        is_name = before in self.words.chapters or mark_before(text, start) == "§"
        return self.say(whole, None, "" if is_name else word_after(text, end))

    @abstractmethod
    def is_year(self, text: str, start: int, end: int) -> bool:
        """Whether the four digits from `start` to `end` are a year."""

    def scaled(self, found: re.Match[str]) -> str:
        """Reads `1.4 billion`."""
        return self.in_scale(found["n"], self.scale(found["scale"]))

    def in_scale(self, n: str, scale: str) -> str:
        """Returns a number with the word of its scale, such as "million"."""
        return f"{self.say(n, None, scale)} {scale}"

    def scale(self, text: str | None) -> str:
        """Returns "million" for "million" or "M"."""
        text = (text or "").strip()
        return self.words.scales.get(text, text)

    def span(self, found: re.Match[str], what: Noun | None = None) -> str:
        """Returns one number, or a range of two, in words."""
        if found["b"]:
            return f"{self.say(found['n'])} {self.words.to} {self.say(found['b'], what)}"
        return self.say(found["n"], what)

    def version_point(self) -> str:
        """Returns the word between the numbers of a version."""
        return self.words.point

    def phone_group(self, digits: str) -> str:
        """Returns the words for one group of a telephone number."""
        return self.spelled_digits(digits)

    def mixed(self, whole: int, n: int, d: int) -> str | None:
        """Returns a whole number and a fraction in words."""
        part = self.fraction_words(n, d, "")
        return f"{self.cardinal(whole)} {self.words.conjunction} {part}" if part else None

    def of_scale(self, unit: str) -> str:
        """Returns the unit as said after "million": "de euros"."""
        return unit

    def is_adjective(self, found: re.Match[str]) -> bool:
        """Whether a sum or measure stands before the noun that it describes: "a $20 bill"."""
        return False
