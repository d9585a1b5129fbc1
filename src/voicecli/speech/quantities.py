"""Compares the numbers of a sentence with those of its translation, in digits and in words. Pure logic."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

from voicecli.speech.normalize import cardinals, cardinals_slavic, chinese_numbers

_DIGITS: Final = re.compile(r"\d+(?:[.,:\u202f\u00a0 ]\d+)*")
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:[.,\u202f\u00a0 ]\d{3})+")
_CLOCK: Final = re.compile(r"\d{1,2}[:.]\d{2}")
_SCALES: Final = MappingProxyType(
    {
        10**3: "thousand tausend mil mille mila duizend tysiąc тысяч 千",
        10**6: "million millionen millón millones milione milioni milhão milhões miljoen milion миллион 百万",
        10**9: "billion milliarde milliarden milliard mil millones miliardo miljard miliard миллиард 十亿",
    }
)
_TIME_WORDS: Final = re.compile(
    r"(?:o'clock|\b[ap]\.?\s?m\b|\buhr\b|\bheures?\b|\bh\b|\bhoras?\b|\bore\b|\buur\b|годзин|час|点|nachmittag|abend|afternoon|evening|tarde|soir)",
    re.IGNORECASE,
)
_PARTS: Final = re.compile(
    r"\b(?:half|halb\w*|quarter|viertel\w*|demie?|quart|media|cuarto|mezzo|mezza|kwart|halve|meia|p[oó]ł|wpół|полов\w+)\b|半|刻",
    re.IGNORECASE,
)
"""Words after which a time names other numbers in other languages: "half past two" is "halb drei"."""

LARGEST_WORD: Final = 99
"""Numbers up to this are looked for in words of the source. Larger ones are written in digits, by people and recognisers."""

_AMBIGUOUS: Final = frozenset({"sei", "neuf", "onze", "acht", "six", "seis", "mil"})
"""Number words that often mean something else, or belong to another word. They are not required in a translation."""

_CARDINALS: Final[Mapping[str, Callable[[int], str]]] = MappingProxyType(
    {
        "en": cardinals.english,
        "de": cardinals.german,
        "nl": cardinals.dutch,
        "es": cardinals.spanish,
        "pt": cardinals.portuguese,
        "fr": cardinals.french,
        "it": cardinals.italian,
        "pl": cardinals_slavic.polish,
        "ru": cardinals_slavic.russian,
        "zh": chinese_numbers.cardinal,
    }
)

_INFLECTED: Final = frozenset({"pl", "ru"})
"""Languages whose number words take many forms. Words are not compared with them, only digits."""

_ORDINALS: Final[Mapping[str, Mapping[int, tuple[str, ...]]]] = MappingProxyType(
    {
        "en": {
            1: ("first",),
            2: ("second",),
            3: ("third",),
            5: ("fifth",),
            8: ("eighth",),
            9: ("ninth",),
            12: ("twelfth",),
            20: ("twentieth",),
        },
        "de": {1: ("erst",), 2: ("zwo", "beide"), 3: ("dritt",), 7: ("sieb",)},
        "zh": {2: ("两", "二")},
    }
)
"""Beginnings of words for a number that do not begin like its cardinal."""


@dataclass(frozen=True, slots=True)
class _Number:
    """A number in a text: as it was written, and the ways to write it in digits."""

    text: str
    forms: frozenset[str]
    value: int | None


def lost(source: str, translation: str, source_language: str, target_language: str) -> tuple[str, ...]:
    """Returns the numbers of `source` that are not in `translation`, as they were written."""
    found = list(_written(translation))
    missing = []
    for number in (*_written(source), *_in_words(source, source_language)):
        one = next((each for each in found if each.forms & number.forms), None)
        if one is not None:
            found.remove(one)
        elif not _said(number, translation, target_language):
            missing.append(number.text)
    return tuple(missing)


def added(source: str, translation: str, source_language: str, target_language: str) -> bool:
    """Whether `translation` has a number in digits that is not in `source`."""
    del target_language
    if _PARTS.search(source):
        return False
    known = [*_written(source), *_in_words(source, source_language, ambiguous_too=True)]
    for number in _written(translation):
        if number.forms & {"1"}:
            continue  # an article
        if not any(each.forms & number.forms for each in known) and not _said(number, source, source_language):
            return True
    return False


_HOUR_AND_MINUTES: Final = re.compile(r"\b(\d{1,2}) ?(?:Uhr|h|heures|uur|点|часов) ?(\d{2})\b", re.IGNORECASE)


def _written(text: str) -> Iterator[_Number]:
    text = _HOUR_AND_MINUTES.sub(r"\1:\2", text)
    for found in _DIGITS.finditer(text):
        digits = found[0].strip()
        around = text[max(0, found.start() - 12) : found.end() + 24]
        following = text[found.end() : found.end() + 14].strip().casefold()
        yield _Number(digits, frozenset(_forms(digits, around, following)), int(digits) if digits.isdecimal() else None)


def _forms(digits: str, around: str, following: str) -> Iterator[str]:
    """Yields the ways to write the same number: `1,200` as `1200` and `1.200`, `5` before "p.m." as `17`, `8` before "million" as `8000000`."""
    plain = re.sub(r"[.,:]", ".", re.sub(r"[\u202f\u00a0 ]", "", digits)).lstrip("0") or "0"
    yield plain
    if plain.endswith(".00"):
        yield plain.removesuffix(".00")
    if _THOUSANDS.fullmatch(digits):
        yield re.sub(r"\D", "", digits)
    is_clock = _CLOCK.fullmatch(digits) is not None
    if is_clock or (plain.isdecimal() and _TIME_WORDS.search(around)):
        hour, _, minutes = plain.partition(".")
        if int(hour or 0) <= 24:  # noqa: PLR2004 - hours of a day
            rest = f".{minutes}" if minutes.strip("0") else ""
            for other in (int(hour or 0), int(hour or 0) + 12, int(hour or 0) - 12):
                if 0 <= other <= 24:  # noqa: PLR2004 - hours of a day
                    yield f"{other}{rest}"
    for scale, words in _SCALES.items():
        if plain.isdecimal() and any(following.startswith(word) for word in words.split()):
            yield str(int(plain) * scale)


@cache
def _words(language: str) -> Mapping[str, int]:
    make = _CARDINALS[language]
    return {make(n).casefold(): n for n in range(2, LARGEST_WORD + 1) if " " not in make(n)}


def _in_words(text: str, language: str, *, ambiguous_too: bool = False) -> Iterator[_Number]:
    """Yields the numbers from 2 on that are written in words."""
    if language in _INFLECTED or language not in _CARDINALS or _PARTS.search(text):
        return
    if language == "zh":
        return
    for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", text.casefold()):
        value = _words(language).get(word)
        if value is not None and (ambiguous_too or word not in _AMBIGUOUS):
            yield _Number(word, frozenset({str(value)}), value)


def _said(number: _Number, text: str, language: str) -> bool:
    """Whether `number` is in `text` in words, or as a part of a word: "drei", "dritten", "zweihundertfünfzig"."""
    if _PARTS.search(text) or language not in _CARDINALS:
        return True
    values = [int(form) for form in number.forms if form.isdecimal() and int(form) < cardinals.TOO_LARGE]
    if not values:  # a time or a decimal number
        return ":" in number.text and _PARTS.search(text) is not None
    if language in _INFLECTED and min(values) <= LARGEST_WORD:
        return number.value is None or not any(char.isdecimal() for char in number.text)
    joined = _joined(text)
    for value in values:
        cardinal = _CARDINALS[language](value)
        stems = [cardinal, *_ORDINALS.get(language, {}).get(value, ())]
        if cardinal.startswith("one hundred "):
            stems.append(cardinal.removeprefix("one "))
        if language == "zh":
            if any(stem in text for stem in stems):
                return True
        elif any(re.search(rf"(?<![^\W_]){re.escape(_joined(stem))}{_NOT_LARGER}", joined) for stem in stems):
            return True
    return False


_NOT_LARGER: Final = r"(?!zehn|zig|ssig|hundert|tausend|und[^\W_]|teen|ty)"
"""What must not follow a number word, because it would be another number: "drei" in "dreißig"."""


def _joined(text: str) -> str:
    """`text` in lower case, without hyphens and the "and" within English numbers."""
    return re.sub(r"(?<=hundred) and ", " ", text.casefold().replace("-", " ").replace("\u00ad", ""))
