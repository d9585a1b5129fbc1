"""What a rule is, and where it can apply: the characters around the beginning of a number, a word or a sign, which exclude most rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from enum import IntEnum, auto
from typing import Final, NamedTuple, TypeAlias

Give: TypeAlias = Callable[[re.Match[str]], str | None]
"""Returns the words for a match, or None if the rule does not apply after all."""

Rule: TypeAlias = tuple[re.Pattern[str], Give]
"""A pattern that is tried where a number, a word or a sign begins, and what it gives."""


class Start(IntEnum):
    """What a rule begins with."""

    NUMBER = auto()
    WORD = auto()
    SIGN = auto()
    GLUED = auto()
    """A number directly after a letter."""


class AllBut:
    """Contains all characters but these, and the end of the text."""

    def __init__(self, chars: str) -> None:
        self._chars = frozenset(chars)

    def __contains__(self, char: object) -> bool:
        return char not in self._chars


class NotLower:
    """Contains all characters but lower-case letters."""

    def __contains__(self, char: object) -> bool:
        return isinstance(char, str) and not char.islower()


ANY: Final = AllBut("")
NOT_LOWER: Final = NotLower()
SPACES: Final = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
DIGITS: Final = "0123456789"
DASHES: Final = "-–—−~～"
SECOND: Final = f".{DIGITS}{SPACES}"
"""What may follow the dash of a range."""

ODD: Final = "²"
"""Stands for all characters that patterns take for letters although they are none: "²", "½"."""


class Place(NamedTuple):
    """Two characters with which a rule can apply.

    For numbers these are the character behind the digits and, if that is a space, the one behind the space. For words they are the first letter and
    the character behind the letters. For signs they are the sign and the character behind it. At the end of the text a character is empty.

    Attributes:
        first: The first character may be one of these.
        second: The second one may be one of these.
        dashed: For numbers: what follows if the first character is a dash, as `second` if it is a space.
        behind_number: For numbers: whether the characters are those behind the whole number ("1,000.5"), not those behind its first digits.
    """

    first: Container[str]
    second: Container[str] = ANY
    behind_number: bool = False
    dashed: Container[str] = ANY


Where: TypeAlias = dict[tuple[Start, re.Pattern[str]], Place]
"""Where a rule can apply. One that is not in the map may apply anywhere. Comparing characters costs less than trying a pattern."""


def initials(*words: str) -> frozenset[str]:
    """Returns the first characters of words, as small and as capital letters."""
    return frozenset(char for word in words if word for char in (word[0], word[0].lower(), word[0].upper()))


class Placed:
    """Builds rules, and notes where each can apply."""

    def __init__(self) -> None:
        self.where: Where = {}

    def behind(
        self,
        first: Container[str],
        pattern: str | re.Pattern[str],
        give: Give,
        *,
        spaced: Container[str] = ANY,
        dashed: Container[str] = ANY,
    ) -> Rule:
        """Returns a rule for numbers. One of `first` follows their first digits, and one of `spaced` or `dashed` a space or a dash."""
        return self._placed(Start.NUMBER, pattern, give, Place(_chars(first), _chars(spaced), dashed=_chars(dashed)))

    def beside(
        self,
        first: Container[str],
        pattern: str | re.Pattern[str],
        give: Give,
        *,
        spaced: Container[str] = ANY,
        dashed: Container[str] = ANY,
    ) -> Rule:
        """Returns a rule for numbers whose pattern begins with that of a number. As `behind`, but for what follows the whole number."""
        place = Place(_chars(first), _chars(spaced), behind_number=True, dashed=_chars(dashed))
        return self._placed(Start.NUMBER, pattern, give, place)

    def begins(
        self, first: Container[str], pattern: str | re.Pattern[str], give: Give, *, then: Container[str] = ANY
    ) -> Rule:
        """Returns a rule for signs that begin with one of `first`, with one of `then` behind it."""
        return self._placed(Start.SIGN, pattern, give, Place(_chars(first), _chars(then)))

    def word(self, first: Container[str], behind: Container[str], pattern: str | re.Pattern[str], give: Give) -> Rule:
        """Returns a rule for words that begin with one of `first` and whose letters are followed by one of `behind`."""
        return self._placed(Start.WORD, pattern, give, Place(_chars(first), _chars(behind)))

    def _placed(self, start: Start, pattern: str | re.Pattern[str], give: Give, place: Place) -> Rule:
        compiled = re.compile(pattern)
        self.where[start, compiled] = place
        return compiled, give


def _chars(chars: Container[str]) -> Container[str]:
    return frozenset(chars) if isinstance(chars, str) else chars  # "" is in every text
