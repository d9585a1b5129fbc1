"""Decides whether a word ends a sentence, also by the next letter."""

from __future__ import annotations

import re
from enum import IntEnum, auto
from types import MappingProxyType
from typing import Final

from voicecli.speech.abbreviations import BEFORE_NUMBER, NEVER_LAST, is_street
from voicecli.speech.punctuation import (
    CLOSERS,
    DASHES,
    FULL_STOPS,
    OPENERS,
    PAUSES,
    QUOTES,
    STOPS,
    WIDE_STOPS,
    can_be_said,
    is_lower,
    is_wide,
)


class Ending(IntEnum):
    """What the end of a word means. The last ones depend on the whole next word, not only on its first letter."""

    NONE = auto()
    CLAUSE = auto()
    """A comma, colon or dash. A reader pauses here."""
    SENTENCE = auto()
    """The sentence is over, whatever follows."""
    UNLESS_LOWER = auto()
    """The sentence is over unless a lower-case letter follows: "approx. five", '"Stop!" he said'."""
    UNLESS_NUMBER = auto()
    """As `UNLESS_LOWER`, and no number may follow either: "No. 5"."""
    UNLESS_ZONE = auto()
    """As `UNLESS_LOWER`, and no time zone may follow: "3 p.m. EST"."""
    UNLESS_PLACE = auto()
    """As `UNLESS_NUMBER`, and no part of an address may follow: "Pennsylvania Ave. NW"."""


NO_ENDING: Final = Ending.NONE
_SENTENCE: Final = Ending.SENTENCE
_CLAUSE: Final = Ending.CLAUSE
_BY_WHOLE_WORD: Final = Ending.UNLESS_ZONE
"""The first of these, and names for members, because looking up a member of an enumeration takes longer than the rest of such a test."""

HALVES_OF_DAY = frozenset({"a.m", "p.m"})
TIME_ZONES = frozenset(
    {
        *("ET", "EST", "EDT", "CT", "CST", "CDT", "MT", "MST", "MDT", "PT", "PST", "PDT", "AKST", "HST"),
        *("GMT", "UTC", "BST", "CET", "CEST", "EET", "IST", "JST", "ACST", "AEST", "AEDT", "AWST", "NZST"),
    }
)
STREETS = frozenset({"ave", "blvd", "rd", "st", "hwy"})
_PLACES = frozenset({"N", "S", "E", "W", "NE", "NW", "SE", "SW", "Apt", "Suite", "Ste", "Unit"})
_GOING_ON = MappingProxyType({Ending.UNLESS_ZONE: TIME_ZONES | DASHES | {"-"}, Ending.UNLESS_PLACE: _PLACES})
"""The words with which a sentence continues although they begin with a capital letter."""

_GOING_ON_LETTERS = MappingProxyType({end: frozenset(word[0] for word in words) for end, words in _GOING_ON.items()})
_DOTTED = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_BEFORE_ORDINAL = frozenset({"zum", "zur", "im", "vom", "beim", "dem", "den"})  # "zum 100. Mal"
_ALL_CLOSERS = "".join(CLOSERS)
_ALL_OPENERS = "".join(OPENERS)


def ending(word: str, before: str = "") -> Ending:
    """Returns what the end of `word` means after the word `before`. Detached marks ("Bonjour !") must be appended to the word before them.

    The language does not matter. Where one language would end a sentence and another would not ("am 3. Mai"), the sentence continues, because two
    sentences in one breath sound better than one sentence in two.
    """
    if word[-1:].isalnum():
        return NO_ENDING
    if word[-1:] in STOPS:
        return _SENTENCE
    core = word.rstrip(_ALL_CLOSERS)
    if not core or core[-1].isalnum():
        return Ending.NONE
    tail = word[len(core) :]
    last = core[-1]
    if last in WIDE_STOPS and any(char in "」』”" for char in tail):
        return Ending.NONE  # “……。”他说 and 「……。」と言った continue
    if last in STOPS:
        return Ending.UNLESS_LOWER if any(char in QUOTES or char in ")]" for char in tail) else Ending.SENTENCE
    if last in FULL_STOPS:
        return _stopped(core, before)
    if last in PAUSES or last in DASHES or core in {"-", "--"}:
        return Ending.CLAUSE
    return Ending.NONE


def _stopped(core: str, before: str) -> Ending:
    """Does the same for a word that ends in a full stop."""
    stem = core[:-1].lstrip(_ALL_OPENERS)
    lower = stem.lower()
    is_initial = len(stem) == 1 and stem.isalpha() and not is_wide(stem)  # J. R. R. Tolkien, z. B.
    is_ordinal = stem.isdigit() and (len(stem) <= 2 or before.lower() in _BEFORE_ORDINAL)  # noqa: PLR2004 - "am 3. Mai", "1. Open the door", but "in 1999."
    is_initials = bool(_DOTTED.fullmatch(stem)) and stem.isupper()  # U.S. Army
    if lower == "st" and not is_street(before):
        return Ending.NONE
    if is_initial or is_ordinal or is_initials or lower in NEVER_LAST:
        return Ending.NONE
    if lower in HALVES_OF_DAY:
        return Ending.UNLESS_ZONE
    if lower in STREETS:
        return Ending.UNLESS_PLACE
    before_number = lower in BEFORE_NUMBER or lower.endswith("str")  # Hauptstr. 5
    return Ending.UNLESS_NUMBER if before_number else Ending.UNLESS_LOWER


def is_over(end: Ending, letter: str) -> bool:
    """Whether a sentence is over after a word with ending `end`. `letter` is the first letter of the next word, empty at the end of a line."""
    if end is _SENTENCE:
        return True
    if end is NO_ENDING or end is _CLAUSE or is_lower(letter):
        return False
    return not (letter.isdigit() and (end is Ending.UNLESS_NUMBER or end is Ending.UNLESS_PLACE))


def may_go_on(end: Ending, letter: str) -> bool:
    """Whether the first letter of the next word does not suffice to decide if the sentence is over."""
    return end >= _BY_WHOLE_WORD and letter in _GOING_ON_LETTERS[end]


def goes_on(end: Ending, word: str) -> bool:
    """Whether `word`, without trailing marks, continues a sentence that could be over by its first letter: a time zone, or a part of an address."""
    return end >= _BY_WHOLE_WORD and word.rstrip(_ALL_CLOSERS + ".,;:!?") in _GOING_ON[end]


def holds_together(before: str, after: str) -> bool:
    """Whether two adjacent words may be read as one unit: "Dr. Smith", "5 km", "10 000", "$3 million", "6 / 2"."""
    if ending(before) is Ending.SENTENCE or before[-1] in PAUSES:
        return False
    if before.endswith(".") and not is_over(ending(before), after[:1]):
        return True
    leads = before[-1].isdigit() or not can_be_said(before) or not before.islower()
    return before[-1].isdigit() or not can_be_said(after) or (leads and after[0].isdigit())
