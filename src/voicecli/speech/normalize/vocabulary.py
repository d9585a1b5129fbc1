"""What a language says for signs, sums of money, units and dates: the data that its rules are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """A noun that is counted.

    Attributes:
        one: After one.
        many: After other numbers.
        few: After 2 to 4, in Slavic languages; empty elsewhere.
        feminine: Whether it is feminine, where that changes the number.
    """

    one: str
    many: str
    few: str = ""
    feminine: bool = False


def noun(text: str) -> Noun:
    """`dollar/dollars` or `рубль/рубля/рублей` as a noun; one form for both if there is no stroke; a leading `*` is feminine."""
    forms = text.lstrip("*").split("/")
    few = forms[1] if len(forms) > 2 else ""
    return Noun(one=forms[0], many=forms[-1], few=few, feminine=text.startswith("*"))


def nouns(text: str) -> dict[str, Noun]:
    """Lines of `kg = kilogram/kilograms`."""
    pairs = (line.partition("=") for line in text.strip().splitlines())
    return {sign.strip(): noun(words.strip()) for sign, _, words in pairs}


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """A currency: its `unit`, and the `cent` that a hundred of it are made of, if that is used."""

    unit: Noun
    cent: Noun | None


def currencies(text: str) -> dict[str, Money]:
    """Lines of `$ USD = dollar/dollars, cent/cents`."""
    found = {}
    for line in text.strip().splitlines():
        signs, _, words = line.partition("=")
        unit, _, cent = words.partition(",")
        money = Money(unit=noun(unit.strip()), cent=noun(cent.strip()) if cent.strip() else None)
        found.update(dict.fromkeys(signs.split(), money))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of one language. What is empty is not said in it and stays as it is written.

    Attributes:
        cardinal: A whole number in words.
        minus: And so on: the signs of arithmetic and comparison, as said between two numbers.
        more: What ">" says where nothing stands before it: "more than".
        point: The decimal mark.
        to: Between the ends of a range.
        months: Twelve names, as said in a date.
        currencies: By sign and code.
        units: By sign.
        scales: Short forms of large numbers behind an amount: `M` is "million".
        scale_words: What may stand between an amount and its currency.
        fractions: What divides: 3 is ("third", "thirds").
        year_before: Words before a number that make a year of it.
        phone_before: Words before a number that is said by its digits.
        chapters: Words before a roman number that counts.
        spelled_as: Short forms that are no abbreviations: "w/" is "with".
        said: Short forms in capitals that are said as a word.
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
