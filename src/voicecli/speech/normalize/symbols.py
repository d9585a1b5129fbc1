"""Fractions, powers, percentages, ranges, and the signs of arithmetic and comparison."""

from __future__ import annotations

import functools
import re

from voicecli.speech.normalize.numbers import REACH, Numbers, left_of, mark_before, word_after, word_before
from voicecli.speech.word_lists import among

SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻ⁿ", "0123456789-n")
VULGAR = {
    "½": (1, 2),
    "⅓": (1, 3),
    "⅔": (2, 3),
    "¼": (1, 4),
    "¾": (3, 4),
    "⅕": (1, 5),
    "⅛": (1, 8),
    "⅜": (3, 8),
    "⅝": (5, 8),
    "⅞": (7, 8),
}
_MEASURED = among(
    "ratio scale score odds mix escala proporción proporção relación marcador échelle rapport scala rapporto schaal verhouding skala"
)
"""Words before a ratio. Another name before it is that of a book, and the numbers are a chapter and a verse."""

_SUM_GOES_ON = re.compile(r"[\d\s+\-−–×*/÷().,]{0,40}+[=≈]")


class Signs(Numbers):
    """How one language says the signs between, before and after numbers."""

    def exponent(self, found: re.Match[str]) -> str:
        """Reads `^6` and `⁶`."""
        text = found["e"].translate(SUPERSCRIPTS).replace("−", "-")
        words = self.words
        if text in {"2", "3"}:
            return f" {words.squared if text == '2' else words.cubed}"
        sign = f"{words.minus} " if text[0] == "-" else ""
        core = text.lstrip("-")
        return f" {words.power} {sign}{self.cardinal(int(core)) if core.isdigit() else core}"

    def negative(self, found: re.Match[str]) -> str | None:
        """Reads a minus sign before a number with nothing before the sign."""
        before = found.string[found.start() - 1 : found.start()]
        return f"{self.words.minus} " if not before or before in " (=×+/,:\u00a0" else None

    def positive(self, found: re.Match[str]) -> str | None:
        """Reads a plus sign before a number."""
        return f" {self.words.plus} "

    def operator(self, found: re.Match[str]) -> str | None:
        """Reads a sign of arithmetic or comparison between two terms, or before a number."""
        text, op = found.string, found["op"]
        after = text[found.end() : found.end() + 1]
        words = self.words
        if not (after.isalnum() or (after and after in "√(-−+.$€£")):
            return None
        before = mark_before(text, found.start())
        spaced = text[found.start() - 1 : found.start()] == " " and found[0].endswith(" ")
        numeric = (before.isdigit() or before in ")%²³") and (after.isdigit() or after in "(-√.")
        symbols = numeric or (symbol_before(text, found.start()) and symbol_after(text, found.end()))
        alone = not (before and (before.isalnum() or before in ")²³%")) or (not symbols and found[0] == op)
        if op == "~" or (op in {"<", ">", "≈"} and alone):
            return (
                f"{ {'<': words.under, '>': words.more}.get(op, words.about) } "
                if after.isdigit() or after in "$€£."
                else None
            )
        if op in {"<", ">", "<=", ">=", "≤", "≥", "=", "≠", "!=", "≈", "±", "÷", "×", "−"}:
            plain = before.isalnum() or before in ")²³%°" if before else False
            if not plain:
                return None
        elif (not symbols and not numeric) or (
            op in "-/"
            and not spaced
            and not (
                numeric
                and (_SUM_GOES_ON.match(text, found.end()) or "=" in text[max(0, found.start() - 20) : found.start()])
            )
        ):
            return None
        said = self.operators[op]
        return f" {said} " if said else None

    @functools.cached_property
    def operators(self) -> dict[str, str]:
        """Maps each operator to its word; empty for one that is not said."""
        words = self.words
        return {
            "<": words.less, ">": words.greater, "<=": words.less_equal, "≤": words.less_equal, ">=": words.greater_equal,
            "≥": words.greater_equal, "≠": words.not_equal, "!=": words.not_equal, "=": words.equals, "≈": words.about, "±": words.plus_minus,
            "+": words.plus, "-": words.minus, "−": words.minus, "×": words.times, "*": words.times, "·": words.times,
            "÷": words.divided, "/": words.divided,
        }  # fmt: skip

    def paragraph(self, found: re.Match[str]) -> str:
        """Reads `§ 5` and `§§ 3 and 4`."""
        noun = self.words.paragraph
        return f" {noun.one if len(found['signs']) == 1 else noun.few or noun.many} "

    def ampersand(self, found: re.Match[str]) -> str:
        """Reads `&` as "and"."""
        return f" {self.words.conjunction} "

    def tag(self, found: re.Match[str]) -> str | None:
        """Reads `#love` and `@jane`."""
        before = found.string[found.start() - 1 : found.start()]
        if before.isalnum():
            return None
        name = re.sub(r"(?<=[a-zß-ÿ])(?=[A-Z])|_", " ", found["tag"])
        return f"{self.words.hashtag if found['hash'] == '#' else self.words.at} {name}"

    def power(self, found: re.Match[str]) -> str:
        """Reads `10^6`."""
        return self.say(found["n"]) + self.lone_exponent(found)

    def lone_exponent(self, found: re.Match[str]) -> str:
        """Reads `⁶` after something that another rule has read, and a unit after it."""
        said = self.exponent(found)
        return f"{said} {self.units[found['unit']].many}" if found["unit"] else said

    def times(self, found: re.Match[str]) -> str | None:
        """Reads `10×10`."""
        is_sum = (
            _SUM_GOES_ON.match(found.string, found.end())
            or " " in found[0]
            or found.string[found.end() : found.end() + 1] == "^"
        )
        link = self.words.times if is_sum else self.words.by
        power = found.string[found.end() : found.end() + 1]
        if power and power in "^⁰¹²³⁴⁵⁶⁷⁸⁹⁻":
            return f"{self.say(found['a'])} {self.words.times} {self.say(found['b'])}"
        return f"{self.say(found['a'])} {link} {self.say(found['b'])}"

    def vulgar(self, found: re.Match[str]) -> str | None:
        """Reads `1½`."""
        n, d = VULGAR[found["v"]]
        unit = self.units[found["unit"]] if found["unit"] else None
        if found["whole"]:
            said = self.mixed(int(found["whole"]), n, d)
            return f"{said} {unit.many}" if said and unit else said
        said = self.fraction_words(n, d, unit.one if unit else word_after(found.string, found.end()))
        return f"{said} {unit.one}" if said and unit else said

    def fraction(self, found: re.Match[str]) -> str | None:
        """Reads `1/2` and `1/4 tsp`. It is a division if a result follows and the value is more than a whole."""
        n, d, unit = int(found["n"]), int(found["d"]), found["unit"]
        if _SUM_GOES_ON.match(found.string, found.end()) and (n > d or d == 1):
            return f"{self.cardinal(n)} {self.words.divided} {self.cardinal(d)}"
        if n == d and n > 1:  # "50/50"
            return f"{self.cardinal(n)} {self.cardinal(d)}"
        following = self.units[unit].one if unit else word_after(found.string, found.end())
        said = self.fraction_words(n, d, following) if n > 0 and d > 1 and n <= d * 3 else None
        if said is None:
            said = f"{self.cardinal(n)} {self.words.over} {self.cardinal(d)}" if self.words.over else None
        return f"{said} {following}" if said and unit else said

    def mixed_fraction(self, found: re.Match[str]) -> str | None:
        """Reads `1 1/2` and `1 1/2 tsp`."""
        said = self.mixed(int(found["whole"]), int(found["n"]), int(found["d"]))
        return f"{said} {self.units[found['unit']].many}" if said and found["unit"] else said

    def ratio(self, found: re.Match[str]) -> str | None:
        """Reads `2:1`."""
        before = word_before(found.string, found.start())
        is_first_word = left_of(found).strip() == before
        is_book = before[:1].isupper() and before.lower() not in _MEASURED
        if self.has_verses and is_book and (not is_first_word or len(found["b"]) > 1):  # "John 3:16", but "Won 2:1"
            return f"{self.cardinal(int(found['a']))} {self.cardinal(int(found['b']))}"
        link = f" {self.words.ratio} " if self.words.ratio else " "
        return f"{self.cardinal(int(found['a']))}{link}{self.cardinal(int(found['b']))}"

    def range(self, found: re.Match[str]) -> str | None:
        """Reads `5–10`. It is a subtraction if a result follows or the second number is the smaller one."""
        text, a, b = found.string, found["a"], found["b"]
        spaced = found["sep"].strip() != found["sep"]
        if (
            _SUM_GOES_ON.match(text, found.end())
            or "−" in found["sep"]
            or (left_of(found).rstrip()[-1:] in {"=", "+", "×"})
        ):
            return f"{self.say(a)} {self.words.minus} {self.say(b)}"
        if "—" in found["sep"] or (spaced and self.value(a) >= self.value(b)):
            return None
        years = [
            self.year(int(n)) if len(n) == 4 and n.isdigit() and 1000 < int(n) < 2100 else self.say(n) for n in (a, b)
        ]
        if len(b) != 4:
            years = [self.say(a), self.say(b, None, word_after(text, found.end()))]
            if len(a) == 4 and a.isdigit() and len(b) == 2 and self.is_year(text, found.start(), found.start() + 4):
                years[0] = self.year(int(a))
        return f"{years[0]} {self.words.to} {years[1]}"

    def percent_range(self, found: re.Match[str]) -> str:
        """Reads `10%-15%`."""
        return f"{self.say(found['a'])} {self.words.to} {self.say(found['b'])} {self.words.percent}"

    def percent(self, found: re.Match[str]) -> str:
        """Reads `50%`."""
        sign = self.words.percent if found["sign"] == "%" else self.words.permille
        return f"{self.span(found)} {sign}"


_MARKS_IN_SYMBOLS = frozenset("_.,)"), frozenset("_.,(√-")
"""Marks in a word that may be a symbol, before and after a sign."""

_LONGEST_SYMBOL = 12
"""In characters. What is longer is no number and no letter."""


def symbol_before(text: str, at: int) -> bool:
    """Whether the last word before `at` is a number, or a letter that stands for one."""
    least = max(0, at - REACH)
    while at > least and text[at - 1].isspace():
        at -= 1
    start, least = at, max(least, at - _LONGEST_SYMBOL)
    while start > least and (text[start - 1].isalnum() or text[start - 1] in _MARKS_IN_SYMBOLS[0]):
        start -= 1
    return _is_symbol(text[start:at])


def symbol_after(text: str, at: int) -> bool:
    """Whether the word that begins at `at` is a number, or a letter that stands for one."""
    end, most = at, min(len(text), at + _LONGEST_SYMBOL)
    while end < most and (text[end].isalnum() or text[end] in _MARKS_IN_SYMBOLS[1]):
        end += 1
    return _is_symbol(text[at:end])


def _is_symbol(word: str) -> bool:
    core = word.strip("().,²³√-")
    return bool(word) and (len(core) <= 1 or core[0].isdigit())
