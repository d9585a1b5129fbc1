"""The words of a language for signs, sums of money, units and dates: the data that its rules use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """A noun that is counted.

    Attributes:
        one: The form after one.
        many: The form after other numbers.
        few: The form after 2 to 4, in Slavic languages; empty elsewhere.
        feminine: Whether it is feminine, if that changes the number.
    """

    one: str
    many: str
    few: str = ""
    feminine: bool = False


def noun(text: str) -> Noun:
    """Parses `dollar/dollars` or `рубль/рубля/рублей` as a noun. Without a slash both forms are the same; a leading `*` marks a feminine noun."""
    forms = text.lstrip("*").split("/")
    few = forms[1] if len(forms) > 2 else ""
    return Noun(one=forms[0], many=forms[-1], few=few, feminine=text.startswith("*"))


def nouns(text: str) -> dict[str, Noun]:
    """Parses lines of `kg = kilogram/kilograms`."""
    pairs = (line.partition("=") for line in text.strip().splitlines())
    return {sign.strip(): noun(words.strip()) for sign, _, words in pairs}


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """A currency: its `unit`, and the `cent` of which a hundred make a unit, if it is used."""

    unit: Noun
    cent: Noun | None


def currencies(text: str) -> dict[str, Money]:
    """Parses lines of `$ USD = dollar/dollars, cent/cents`."""
    found = {}
    for line in text.strip().splitlines():
        signs, _, words = line.partition("=")
        unit, _, cent = words.partition(",")
        money = Money(unit=noun(unit.strip()), cent=noun(cent.strip()) if cent.strip() else None)
        found.update(dict.fromkeys(signs.split(), money))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of one language. A sign whose entry is empty has no word in the language and stays as it is written.

    Attributes:
        cardinal: Returns a whole number in words.
        minus: The word for minus between two numbers; the following ones are the other signs of arithmetic and comparison.
        more: The words for ">" with nothing before it: "more than".
        point: The word for the decimal mark.
        to: The word between the ends of a range.
        months: Twelve names, as said in a date.
        currencies: By sign and code.
        units: By sign.
        scales: Short forms of large numbers after an amount: `M` is "million".
        scale_words: Words that may stand between an amount and its currency.
        fractions: The names of fractions by denominator: 3 is ("third", "thirds").
        year_before: Words before a number that make it a year.
        phone_before: Words before a number that is said digit by digit.
        paragraph: The noun for "§"; "§§" is its plural.
        ratio: The word between the numbers of a ratio or a score; empty if they are said one after the other.
        rates: What is said for a word or unit after a slash: "month" in "$5/month" is "per month".
        chapters: Words before a number, also a roman one, that is a name and counts nothing: "chapter".
        spelled_as: Short forms that are no abbreviations: "w/" is "with".
        said: Acronyms that are said as a word.
    """

    cardinal: Callable[[int], str]
    minus: str
    plus: str
    times: str
    divided: str
    equals: str
    less: str
    greater: str
    less_equal: str
    greater_equal: str
    not_equal: str
    under: str
    more: str
    about: str
    plus_minus: str
    root: str
    percent: str
    permille: str
    degrees: str
    point: str
    to: str
    by: str
    per: str
    over: str
    power: str
    squared: str
    cubed: str
    number: str
    conjunction: str
    at: str
    dot: str
    hashtag: str
    sharp: str
    months: tuple[str, ...]
    currencies: Mapping[str, Money]
    units: Mapping[str, Noun]
    scales: Mapping[str, str] = field(default_factory=dict)
    scale_words: tuple[str, ...] = ()
    fractions: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    year_before: frozenset[str] = frozenset()
    phone_before: frozenset[str] = frozenset()
    chapters: frozenset[str] = frozenset()
    said: frozenset[str] = frozenset()
    short_months: Mapping[str, int] = field(default_factory=dict)
    paragraph: Noun
    ratio: str
    rates: Mapping[str, str] = field(default_factory=dict)


def rates(text: str) -> dict[str, str]:
    """Parses lines of `month mo = per month`: words after a slash, and what is said for the slash and the word."""
    found = {}
    for line in text.strip().splitlines():
        shorts, _, said = line.partition("=")
        found.update(dict.fromkeys(shorts.split(), said.strip()))
    return found
