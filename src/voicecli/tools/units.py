"""Converts units of measurement, exactly. Pure logic."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from voicecli.tools.arithmetic import in_digits
from voicecli.tools.definitions import Language, ToolFailed

_PLACES: Final = 2
"""Decimal places of a converted amount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit of measurement.

    Attributes:
        sign: Its symbol.
        kind: The quantity it measures. Only units of one kind can be converted into each other.
        factor: Its size in the first unit of its kind.
        offset: Added to a value before multiplication. Only temperatures have one.
        english: Its English name in singular and plural.
        german: Its German name in singular and plural.
        others: Further names.
    """

    sign: str
    kind: str
    factor: Fraction
    english: tuple[str, str]
    german: tuple[str, str]
    others: tuple[str, ...] = ()
    offset: Fraction = Fraction(0)


_METRES: Final = "length"


def _unit(sign: str, kind: str, factor: str, english: str, german: str, others: str = "", offset: str = "0") -> Unit:
    one, _, many = english.partition("|")
    eins, _, viele = german.partition("|")
    return Unit(
        sign=sign,
        kind=kind,
        factor=Fraction(factor),
        offset=Fraction(offset),
        english=(one, many or f"{one}s"),
        german=(eins, viele or eins),
        others=tuple(others.split("|")) if others else (),
    )


UNITS: Final = (
    _unit("m", _METRES, "1", "metre", "Meter", "meter|meters|metern"),
    _unit("km", _METRES, "1000", "kilometre", "Kilometer", "kilometer|kilometers|kilometern|kms"),
    _unit("cm", _METRES, "1/100", "centimetre", "Zentimeter", "centimeter|centimeters|zentimetern"),
    _unit("mm", _METRES, "1/1000", "millimetre", "Millimeter", "millimeter|millimeters|millimetern"),
    _unit("mi", _METRES, "1609.344", "mile", "Meile|Meilen"),
    _unit("yd", _METRES, "0.9144", "yard", "Yard|Yards"),
    _unit("ft", _METRES, "0.3048", "foot|feet", "Fuß", "fuss"),
    _unit("in", _METRES, "0.0254", "inch|inches", "Zoll"),
    _unit("nmi", _METRES, "1852", "nautical mile", "Seemeile|Seemeilen"),
    _unit("kg", "mass", "1", "kilogram", "Kilogramm", "kilo|kilos|kilogramme|kilogrammes"),
    _unit("g", "mass", "1/1000", "gram", "Gramm", "gramme|grammes"),
    _unit("mg", "mass", "1/1000000", "milligram", "Milligramm"),
    _unit("t", "mass", "1000", "tonne", "Tonne|Tonnen", "metric ton|metric tons"),
    _unit("lb", "mass", "0.45359237", "pound", "Pfund", "lbs"),
    _unit("oz", "mass", "0.028349523125", "ounce", "Unze|Unzen"),
    _unit("st", "mass", "6.35029318", "stone|stone", "Stone"),
    _unit("l", "volume", "1", "litre", "Liter", "liter|liters|litern"),
    _unit("ml", "volume", "1/1000", "millilitre", "Milliliter", "milliliter|milliliters|millilitern"),
    _unit("cl", "volume", "1/100", "centilitre", "Zentiliter", "centiliter|centiliters"),
    _unit("gal", "volume", "3.785411784", "US gallon", "US-Gallone|US-Gallonen", "gallon|gallons|gallone|gallonen"),
    _unit("qt", "volume", "0.946352946", "US quart", "US-Quart|US-Quarts", "quart|quarts"),
    _unit("pt", "volume", "0.473176473", "US pint", "US-Pint|US-Pints", "pint|pints"),
    _unit("cup", "volume", "0.2365882365", "US cup", "US-Tasse|US-Tassen", "cup|cups|tasse|tassen"),
    _unit("tbsp", "volume", "0.01478676478125", "tablespoon", "Esslöffel", "tablespoonful|tablespoonfuls"),
    _unit("tsp", "volume", "0.00492892159375", "teaspoon", "Teelöffel", "teaspoonful|teaspoonfuls"),
    _unit("s", "time", "1", "second", "Sekunde|Sekunden"),
    _unit("min", "time", "60", "minute", "Minute|Minuten"),
    _unit("h", "time", "3600", "hour", "Stunde|Stunden"),
    _unit("d", "time", "86400", "day", "Tag|Tage", "tagen"),
    _unit("wk", "time", "604800", "week", "Woche|Wochen"),
    _unit("°C", "temperature", "1", "degree Celsius|degrees Celsius", "Grad Celsius", "celsius|centigrade|degrees centigrade|° c"),
    _unit(
        "°F", "temperature", "5/9", "degree Fahrenheit|degrees Fahrenheit", "Grad Fahrenheit", "fahrenheit|° f", "-32"
    ),
    _unit("K", "temperature", "1", "kelvin|kelvin", "Kelvin", "", "-273.15"),
    _unit("km/h", "speed", "5/18", "kilometre per hour|kilometres per hour", "Kilometer pro Stunde", "kilometers per hour|stundenkilometer"),
    _unit("mph", "speed", "0.44704", "mile per hour|miles per hour", "Meile pro Stunde|Meilen pro Stunde"),
    _unit("m/s", "speed", "1", "metre per second|metres per second", "Meter pro Sekunde", "meters per second"),
    _unit("kn", "speed", "463/900", "knot", "Knoten"),
    _unit("m²", "area", "1", "square metre", "Quadratmeter", "square meter|square meters"),
    _unit("km²", "area", "1000000", "square kilometre", "Quadratkilometer", "square kilometer|square kilometers"),
    _unit("ha", "area", "10000", "hectare", "Hektar"),
    _unit("ac", "area", "4046.8564224", "acre", "Acre|Acres"),
    _unit("ft²", "area", "0.09290304", "square foot|square feet", "Quadratfuß", "quadratfuss"),
    _unit("B", "data", "1", "byte", "Byte|Bytes"),
    _unit("kB", "data", "1000", "kilobyte", "Kilobyte|Kilobytes"),
    _unit("MB", "data", "1000000", "megabyte", "Megabyte|Megabytes"),
    _unit("GB", "data", "1000000000", "gigabyte", "Gigabyte|Gigabytes"),
    _unit("TB", "data", "1000000000000", "terabyte", "Terabyte|Terabytes"),
)  # fmt: skip
"""The supported units. Pints, gallons and cups are American ones, and their names say so."""

_BY_SIGN: Final[Mapping[str, Unit]] = {each.sign: each for each in UNITS}
_SPOKEN_SIGNS: Final = frozenset(
    {"m", "km", "cm", "mm", "mi", "ft", "kg", "g", "lb", "oz", "l", "ml", "mph", "yd", "gb", "mb", "tb"}
)


@functools.cache
def _by_name() -> Mapping[tuple[str, ...], Unit]:
    found: dict[tuple[str, ...], Unit] = {}
    for unit in UNITS:
        signs = (unit.sign,) if unit.sign.casefold() in _SPOKEN_SIGNS else ()
        for name in (*unit.english, *unit.german, *unit.others, *signs):
            found.setdefault(tuple(name.casefold().replace("-", " - ").split()), unit)
    return found


def find(words: Sequence[str], at: int) -> tuple[Unit, int] | None:
    """The unit that begins with word `at`, and the index after it; None if there is none."""
    for length in (3, 2, 1):
        unit = _by_name().get(tuple(words[at : at + length]))
        if unit is not None and at + length <= len(words):
            return unit, at + length
    return None


def named(name: str) -> Unit:
    """Returns the unit with that symbol or name.

    Raises:
        ToolFailed: There is no such unit.
    """
    unit = _BY_SIGN.get(name) or _by_name().get(tuple(name.casefold().split()))
    if unit is None:
        raise ToolFailed(f"I do not know the unit {name}.")
    return unit


def converted(value: Fraction, source: Unit, target: Unit) -> Fraction:
    """Returns `value` in another unit.

    Raises:
        ToolFailed: The two units measure different quantities.
    """
    if source.kind != target.kind:
        raise ToolFailed(f"{source.english[1].capitalize()} cannot be converted into {target.english[1]}.")
    return (value + source.offset) * source.factor / target.factor - target.offset


def answer(value: Fraction, source: Unit, target: Unit, language: Language = "en") -> str:
    """The sentence with `value` in another unit. Raises `ToolFailed`."""
    result = converted(value, source, target)
    rounded = Fraction(round(result * 10**_PLACES), 10**_PLACES) if abs(result) >= 1 else result
    digits, exact = in_digits(rounded, language)
    same = exact and rounded == result
    before, _ = in_digits(value, language)
    german = language == "de"
    about = "" if same else ("etwa " if german else "about ")
    verb = ("ist" if german else "is") if value == 1 else ("sind" if german else "are")
    return f"{before} {_name(source, value, language)} {verb} {about}{digits} {_name(target, rounded, language)}."


def _name(unit: Unit, value: Fraction, language: Language) -> str:
    names = unit.german if language == "de" else unit.english
    return names[0] if value == 1 else names[1]
