"""Exact arithmetic: recognises spoken sums, evaluates them, and words the result. Pure logic, without `eval`."""

from __future__ import annotations

import decimal
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from voicecli.tools.definitions import Language, ToolFailed
from voicecli.tools.number_words import number

LONGEST_EXPRESSION: Final = 200
_LARGEST_BITS: Final = 400
"""About 120 digits. Nobody listens to more."""

_DEEPEST: Final = 20
"""How deep brackets may be nested."""

_PLACES: Final = 4
"""Decimal places of a result that is spoken."""

_EXACT_PLACES: Final = 6
"""Up to this many decimal places a number is told exactly."""

_OPERATORS: Final[dict[Language, dict[tuple[str, ...], str]]] = {
    "en": {
        ("multiplied", "by"): "*", ("times",): "*", ("x",): "*", ("*",): "*", ("×",): "*",
        ("divided", "by"): "/", ("over",): "/", ("÷",): "/", ("/",): "/",
        ("to", "the", "power", "of"): "**", ("^",): "**",
        ("plus",): "+", ("+",): "+", ("minus",): "-", ("-",): "-",
    },
    "de": {
        ("multipliziert", "mit"): "*", ("mal",): "*", ("x",): "*", ("*",): "*", ("×",): "*",
        ("geteilt", "durch"): "/", ("durch",): "/", ("dividiert", "durch"): "/", ("÷",): "/", ("/",): "/",
        ("hoch",): "**", ("^",): "**", ("plus",): "+", ("und",): "+", ("+",): "+", ("minus",): "-", ("weniger",): "-", ("-",): "-",
    },
}  # fmt: skip
_ROOTS: Final = (
    ("square", "root", "of"),
    ("root", "of"),
    ("quadratwurzel", "aus"),
    ("wurzel", "aus"),
    ("wurzel", "von"),
)
_POWERS: Final = {"squared": "**2", "cubed": "**3"}
_PERCENT: Final = frozenset({"percent", "%", "prozent"})
_OF: Final = frozenset({"of", "von"})
_THE: Final = frozenset({"the", "die"})


def expression(words: Sequence[str], language: Language = "en") -> str:
    """The sum in `words`, such as `17*23`. Empty if the words contain anything else, or only a number."""
    if commanded := _commanded(words, language):
        return commanded
    parts: list[str] = []
    at, operators = 0, 0
    while True:
        operand = _operand(words, at, language, behind=parts[-1] if parts else "")
        if operand is None:
            return ""
        text, at, more = operand
        parts.append(text)
        operators += more
        if at == len(words):
            break
        operator = _operator(words, at, language)
        if operator is None:
            return ""
        sign, at = operator
        parts.append(sign)
        operators += 1
    return "".join(parts) if operators else ""


_COMMANDS: Final = {"divide": ("by", "/"), "multiply": ("by", "*"), "add": ("and", "+"), "subtract": ("from", "-")}
"""Verbs that a sum may begin with, the word between its two numbers, and the sign that stands for both."""


def _commanded(words: Sequence[str], language: Language) -> str:
    """The sum of "divide 100 by 7" and the like; empty if `words` are no such command."""
    between, sign = _COMMANDS.get(words[0] if words else "", ("", ""))
    first = number(words, 1, language) if sign else None
    if first is None or words[first[1] : first[1] + 1] not in ([between], ["to"] if sign == "+" else [between]):
        return ""
    second = number(words, first[1] + 1, language)
    if second is None or second[1] < len(words):
        return ""
    left, right = (second[0], first[0]) if sign == "-" else (first[0], second[0])
    return f"{_as_text(left, '')}{sign}{_as_text(right, sign)}"


def _operator(words: Sequence[str], at: int, language: Language) -> tuple[str, int] | None:
    for said, sign in _OPERATORS[language].items():
        if tuple(words[at : at + len(said)]) == said:
            return sign, at + len(said)
    return None


def _operand(words: Sequence[str], at: int, language: Language, *, behind: str) -> tuple[str, int, int] | None:
    """A number, a root, a power or a share of a number: its text, the index after it, and the number of operations in it."""
    at += at < len(words) and words[at] in _THE
    for root in _ROOTS:
        if tuple(words[at : at + len(root)]) == root:
            inside = _operand(words, at + len(root), language, behind="")
            return None if inside is None else (f"sqrt({inside[0]})", inside[1], 1)
    found = number(words, at, language)
    if found is None:
        return None
    value, end = found
    text, sums = _as_text(value, behind), 0
    if end < len(words) and words[end] in _POWERS:
        return text + _POWERS[words[end]], end + 1, 1
    share = value.denominator > 1 and words[at][0].isalpha()
    if end < len(words) and words[end] in _PERCENT:
        text, end, share = f"{text}/100", end + 1, True
    if share and end < len(words) and words[end] in _OF:
        whole = _operand(words, end + 1, language, behind="")
        return None if whole is None else (f"{text}*{whole[0]}", whole[1], 1)
    return text, end, sums


def _as_text(value: Fraction, behind: str) -> str:
    if value.denominator == 1:
        text = str(value.numerator)
    elif _terminates(value) and (value.denominator % 5 == 0 or value > 1):
        text = format(_decimal(value, 28), "f")
    else:
        text = f"{value.numerator}/{value.denominator}"
    needs_brackets = "/" in text and behind in {"/", "**"}
    return f"({text})" if needs_brackets or (value < 0 and behind) else text


@dataclass(frozen=True, slots=True)
class Value:
    """The result of a sum. `exact`: False for an irrational root."""

    number: Fraction
    exact: bool = True


_SIGNS: Final = re.compile(r"\s*(\d+(?:\.\d+)?|\*\*|sqrt|[-+*/()%])")


def evaluate(text: str) -> Value:
    """Evaluates the sum `text`: numbers, `+ - * / **`, brackets, `sqrt(…)` and `%`.

    Raises:
        ToolFailed: The text is not such a sum, divides by zero, or its result has too many digits.
    """
    if len(text) > LONGEST_EXPRESSION:
        raise ToolFailed("That is too long to calculate.")
    signs, at = [], 0
    while at < len(text.rstrip()):
        found = _SIGNS.match(text, at)
        if found is None:
            raise ToolFailed("That is not a sum that I can calculate.")
        signs.append(found[1])
        at = found.end()
    parser = _Parser(signs)
    value = parser.sum(0)
    if parser.left:
        raise ToolFailed("That is not a sum that I can calculate.")
    return value


class _Parser:
    """A recursive descent parser for the signs of a sum."""

    def __init__(self, signs: list[str]) -> None:
        self._signs = signs
        self._at = 0

    @property
    def left(self) -> bool:
        return self._at < len(self._signs)

    def _take(self, *wanted: str) -> str:
        if self.left and self._signs[self._at] in wanted:
            self._at += 1
            return self._signs[self._at - 1]
        return ""

    def sum(self, depth: int) -> Value:
        if depth > _DEEPEST:
            raise ToolFailed("That is too long to calculate.")
        value = self._product(depth)
        while sign := self._take("+", "-"):
            other = self._product(depth)
            both = value.number + other.number if sign == "+" else value.number - other.number
            value = _limited(both, exact=value.exact and other.exact)
        return value

    def _product(self, depth: int) -> Value:
        value = self._power(depth)
        while sign := self._take("*", "/"):
            other = self._power(depth)
            if sign == "/" and not other.number:
                raise ToolFailed("Nothing can be divided by zero.")
            both = value.number * other.number if sign == "*" else value.number / other.number
            value = _limited(both, exact=value.exact and other.exact)
        return value

    def _power(self, depth: int) -> Value:
        if self._take("-"):
            value = self._power(depth + 1)
            return Value(-value.number, value.exact)
        base = self._operand(depth)
        while self._take("%"):
            base = Value(base.number / 100, base.exact)
        if not self._take("**"):
            return base
        return _raised(base, self._power(depth + 1))

    def _operand(self, depth: int) -> Value:
        if self._take("sqrt"):
            return _root(self._bracket(depth))
        if self.left and self._signs[self._at] == "(":
            return self._bracket(depth)
        if not self.left or not self._signs[self._at][0].isdecimal():
            raise ToolFailed("That is not a sum that I can calculate.")
        self._at += 1
        return Value(Fraction(self._signs[self._at - 1]))

    def _bracket(self, depth: int) -> Value:
        if not self._take("("):
            raise ToolFailed("That is not a sum that I can calculate.")
        value = self.sum(depth + 1)
        if not self._take(")"):
            raise ToolFailed("That is not a sum that I can calculate.")
        return value


def _limited(number: Fraction, *, exact: bool) -> Value:
    if number.numerator.bit_length() + number.denominator.bit_length() > _LARGEST_BITS:
        raise ToolFailed("That comes to too many digits.")
    return Value(number, exact)


def _raised(base: Value, exponent: Value) -> Value:
    power = exponent.number
    if power.denominator != 1:
        if power == Fraction(1, 2):
            return _root(base)
        raise ToolFailed("I can only calculate powers with a whole number.")
    size = base.number.numerator.bit_length() + base.number.denominator.bit_length()
    if size * abs(power) > 2 * _LARGEST_BITS:
        raise ToolFailed("That comes to too many digits.")
    if not base.number and power < 0:
        raise ToolFailed("Nothing can be divided by zero.")
    return _limited(Fraction(base.number ** int(power)), exact=base.exact and exponent.exact)


def _root(value: Value) -> Value:
    number = value.number
    if number < 0:
        raise ToolFailed("There is no real square root of a negative number.")
    above, below = math.isqrt(number.numerator), math.isqrt(number.denominator)
    if above**2 == number.numerator and below**2 == number.denominator:
        return Value(Fraction(above, below), value.exact)
    return Value(Fraction(_decimal(number, 40).sqrt(decimal.Context(prec=30))), exact=False)


def _decimal(number: Fraction, digits: int) -> decimal.Decimal:
    return decimal.Context(prec=digits).divide(decimal.Decimal(number.numerator), decimal.Decimal(number.denominator))


def _terminates(number: Fraction) -> bool:
    rest = number.denominator
    for factor in (2, 5):
        while rest % factor == 0:
            rest //= factor
    return rest == 1


def in_digits(number: Fraction, language: Language = "en", *, places: int = _EXACT_PLACES) -> tuple[str, bool]:
    """`number` in digits, and whether the digits are exact. At most `places` digits follow the decimal point."""
    exact = _terminates(number) and (number * 10**places).denominator == 1
    rounded = number if exact else _rounded(number)
    whole, _, rest = format(decimal.Decimal(rounded.numerator) / decimal.Decimal(rounded.denominator), "f").partition(
        "."
    )
    if rounded.denominator == 1:
        whole, rest = str(rounded.numerator), ""
    grouped = f"{int(whole):,}"
    if whole.startswith("-") and not grouped.startswith("-"):
        grouped = f"-{grouped}"
    rest = rest.rstrip("0")
    if language == "de":
        return (f"{grouped.replace(',', '.')},{rest}" if rest else grouped.replace(",", ".")), exact
    return (f"{grouped}.{rest}" if rest else grouped), exact


def _rounded(number: Fraction) -> Fraction:
    """Rounds to four digits after the decimal point; small numbers to four significant digits."""
    places = _PLACES
    if number and abs(number) < Fraction(1, 10):
        places += max(0, -math.floor(math.log10(abs(number))) - 1)
    return Fraction(round(number * 10**places), 10**places)


_SAID: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "*": " times ",
        "/": " divided by ",
        "+": " plus ",
        "-": " minus ",
        "**": " to the power of ",
        "%": " percent",
    },
    "de": {"*": " mal ", "/": " geteilt durch ", "+": " plus ", "-": " minus ", "**": " hoch ", "%": " Prozent"},
}
_SHARE: Final = re.compile(r"(\d+(?:\.\d+)?)/100\*")
_SMALL_SHARE: Final = re.compile(r"(?<![\d/*.])([1-9])/([2-9]|10)\*(?=\d)")
_SMALL_FRACTION: Final = re.compile(r"(?<![\d/*.])([1-9])/([2-9]|10)(?![\d/*.])")
_ROOT: Final = re.compile(r"sqrt\(([\d.]+)\)")


def in_words(text: str, language: Language = "en") -> str:
    """The sum `text` in words, so that the person hears what was understood."""
    german = language == "de"
    said = _SHARE.sub(r"\1 Prozent von " if german else r"\1 percent of ", text)
    said = _ROOT.sub(r"die Wurzel aus \1" if german else r"the square root of \1", said)
    said = said.replace("**", "^")
    said = _SMALL_SHARE.sub(r"\1∕\2 von " if german else r"\1∕\2 of ", said)
    said = _SMALL_FRACTION.sub(r"\1∕\2", said)
    for sign, words in _SAID[language].items():
        said = said.replace("^" if sign == "**" else sign, words)
    said = said.replace("1∕2", "ein halb" if german else "one half").replace("∕", "/")
    if german:
        said = re.sub(r"(\d)\.(\d)", r"\1,\2", said)
    return " ".join(said.split())


def answer(text: str, language: Language = "en") -> str:
    """The sentence with the result of the sum `text`. Raises `ToolFailed`."""
    value = evaluate(text)
    digits, exact = in_digits(value.number, language)
    about = "" if exact and value.exact else ("etwa " if language == "de" else "about ")
    fraction = value.number
    if value.exact and not exact and fraction.denominator <= 100 and abs(fraction) < 10:
        about = f"{fraction.numerator}/{fraction.denominator}, {about}"
    said = in_words(text, language)
    return f"{said[:1].upper()}{said[1:]} {'ist' if language == 'de' else 'is'} {about}{digits}."
