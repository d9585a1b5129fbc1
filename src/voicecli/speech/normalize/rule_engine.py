"""Reads a text from left to right with the rules of one language."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeAlias

from voicecli.speech.normalize.rules import DASHES, ODD, SPACES, Give, Place, Rule, Start, Where
from voicecli.speech.normalize.spoken_form import Builder, Reading
from voicecli.speech.punctuation import is_wide

Key: TypeAlias = tuple[Start, str, str, str, str]
"""The characters by which rules are left out, see `Place`: two behind the digits or of the word, and two behind the whole number."""

Trial: TypeAlias = tuple[Callable[[str, int], re.Match[str] | None], Give]
"""A rule with its pattern's method `match`, because looking it up takes a tenth of the time of a trial."""


class Rules(Protocol):
    """The rules of a language, grouped by the kind of character they begin with."""

    numbers: list[Rule]
    glued: list[Rule]
    """Rules for numbers directly after a letter: "MP3"."""
    letters: list[Rule]
    signs: list[Rule]
    number: re.Pattern[str]
    """A number as the language writes it."""
    where: Where
    narrowed: dict[Key, list[Trial]]
    """The rules that remain according to `where`. Filled as characters occur."""


_LETTER = r"[^\W\d_⁰¹²³⁴⁵⁶⁷⁸⁹ⁿ½⅓⅔¼¾⅕⅛⅜⅝⅞]"
_TOKEN = re.compile(rf"{_LETTER}+(?:['’]{_LETTER}+)?|\d+|\s+|.", re.DOTALL)
_LETTERS = re.compile(rf"{_LETTER}+")
_DIGITS = re.compile(r"\d{1,41}")
_NO_SIGN = frozenset(',;:?)]}"“”„»«›‹。，、；：！？）」』…—')
"""Marks that no rule begins with."""

_NUMBER, _WORD, _SIGN = Start.NUMBER, Start.WORD, Start.SIGN
_ANY_CHAR: Final = "any"
"""Stands for a second character that leaves out no rule."""

_SPACES: Final = frozenset(SPACES)
_DASHES: Final = frozenset(DASHES)
_JOINING: Final = _SPACES | _DASHES
_MAY_GO_ON: Final = frozenset(f".,'’{SPACES}")
"""Characters behind digits with which the number may continue."""

_NO_TRIALS: Final[list[Trial]] = []
_MOST_NARROWED = 10_000
"""The number of combinations of characters for which the remaining rules are kept. Texts have fewer."""


def _fits(place: Place | None, key: Key) -> bool:
    if place is None:
        return True
    start, first, second, late_first, late_second = key
    if place.behind_number:
        first, second = late_first, late_second
    if first not in place.first:
        return False
    if start is Start.NUMBER:
        if first in _SPACES:
            return second in place.second
        return first not in _DASHES or second in place.dashed
    if second == _ANY_CHAR or second in place.second:
        return True
    return start is Start.WORD and ODD in place.second and second.isalnum() and not second.isascii()


def _narrowed(rules: Rules, every: Sequence[Rule], key: Key) -> list[Trial]:
    """Returns the rules among `every` that can apply to a text with these characters."""
    found: list[Trial] = [(rule[0].match, rule[1]) for rule in every if _fits(rules.where.get((key[0], rule[0])), key)]
    if len(rules.narrowed) >= _MOST_NARROWED:
        rules.narrowed.clear()
    rules.narrowed[key] = found
    return found


def _number_trials(text: str, at: int, rules: Rules) -> list[Trial]:
    """Returns the rules that may apply to the number that begins at `at`."""
    if at and text[at - 1].isalpha() and not is_wide(text[at - 1]):
        key: Key = (Start.GLUED, "", "", "", "")
        return rules.narrowed.get(key) or _narrowed(rules, rules.glued, key)
    digits = _DIGITS.match(text, at)
    end = digits.end() if digits else at
    first = text[end : end + 1]
    second = text[end + 1 : end + 2] if first in _JOINING else ""
    key = (_NUMBER, first, second, first, second)
    if first in _MAY_GO_ON and (number := rules.number.match(text, at)) is not None and number.end() != end:
        end = number.end()
        late = text[end : end + 1]
        key = (_NUMBER, first, second, late, text[end + 1 : end + 2] if late in _JOINING else "")
    return rules.narrowed.get(key) or _narrowed(rules, rules.numbers, key)


def _trials(text: str, at: int, char: str, rules: Rules) -> list[Trial]:
    """Returns the rules that may apply to the text that begins at `at` with `char`."""
    if "0" <= char <= "9":
        return _number_trials(text, at, rules)
    if char.isalpha():
        letters = _LETTERS.match(text, at)
        end = letters.end() if letters else at
        key: Key = (_WORD, char, text[end : end + 1] if letters else _ANY_CHAR, "", "")
        found = rules.narrowed.get(key)
        return _narrowed(rules, rules.letters, key) if found is None else found
    if char in _NO_SIGN:
        return _NO_TRIALS
    key = (_SIGN, char, text[at + 1 : at + 2], "", "")
    found = rules.narrowed.get(key)
    return _narrowed(rules, rules.signs, key) if found is None else found


def read(text: str, rules: Rules) -> Reading:
    """Converts everything that is not written in words into words."""
    out = Builder()
    at, kept, length = 0, 0, len(text)
    while at < length:
        char = text[at]
        if char == " " or char.isspace() or (is_wide(char) and char.isalpha()):
            at += 1
            continue
        for match, give in _trials(text, at, char, rules):
            found = match(text, at)
            if found is None or (end := found.end()) == at:
                continue
            said = give(found)
            if said is None:
                continue
            if kept < at:
                out.keep(text[kept:at], kept)
            out.replace(said, at, end)
            at = kept = end
            break
        else:
            token = _TOKEN.match(text, at) if char.isalnum() else None
            at = token.end() if token else at + 1
    out.keep(text[kept:], kept)
    return out.finish()
