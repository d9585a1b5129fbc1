"""Reads a text from left to right with the rules of one language."""

from __future__ import annotations

import re
from typing import Protocol

from voicecli.speech.normalize.numbers import AllBut, Rule, Where
from voicecli.speech.normalize.spoken_form import Builder, Reading
from voicecli.speech.punctuation import is_wide


class Rules(Protocol):
    """The rules of a language, grouped by the kind of character they begin with."""

    numbers: list[Rule]
    glued: list[Rule]
    """Rules for numbers directly after a letter: "MP3"."""
    letters: list[Rule]
    signs: list[Rule]
    where: Where
    narrowed: dict[tuple[bool, str], list[Rule]]
    """The rules for numbers and for signs that remain for a character according to `where`. Filled as characters occur."""


_LETTER = r"[^\W\d_⁰¹²³⁴⁵⁶⁷⁸⁹ⁿ½⅓⅔¼¾⅕⅛⅜⅝⅞]"
_TOKEN = re.compile(rf"{_LETTER}+(?:['’]{_LETTER}+)?|\d+|\s+|.", re.DOTALL)
_ALONE = re.compile(r"\d{1,40}(?=[=<>()*;!?\"]|$)")
"""A number that only the last rule, for plain numbers, can read: most of the others depend on what follows."""
_NO_SIGN = frozenset(',;:?)]}"“”„»«›‹。，、；：！？）」』…—')
"""Marks that no rule begins with."""


_DIGITS = re.compile(r"\d{1,41}")
_ANY = AllBut("")
_MOST_NARROWED = 1000
"""The number of characters for which the remaining rules are kept. Texts have fewer."""


def _narrowed(rules: Rules, char: str, *, is_number: bool) -> list[Rule]:
    """Returns the rules for numbers that `char` may follow, or for signs that begin with it."""
    found = rules.narrowed.get((is_number, char))
    if found is None:
        every = rules.numbers if is_number else rules.signs
        found = [rule for rule in every if char in rules.where.get((is_number, rule[0]), _ANY)]
        if len(rules.narrowed) < _MOST_NARROWED:
            rules.narrowed[is_number, char] = found
    return found


def _candidates(text: str, at: int, rules: Rules) -> list[Rule]:
    """Returns the rules that may apply to the text that begins at `at`."""
    char = text[at]
    if char.isdecimal() and char.isascii():
        if at and text[at - 1].isalpha() and not is_wide(text[at - 1]):
            return rules.glued
        if _ALONE.match(text, at):
            return rules.numbers[-1:]
        digits = _DIGITS.match(text, at)
        return _narrowed(rules, text[digits.end() : digits.end() + 1] if digits else "", is_number=True)
    if char.isalpha():
        return rules.letters
    return [] if char in _NO_SIGN else _narrowed(rules, char, is_number=False)


def read(text: str, rules: Rules) -> Reading:
    """Converts everything that is not written in words into words."""
    out = Builder()
    at, kept = 0, 0
    while at < len(text):
        char = text[at]
        if char.isspace() or (is_wide(char) and char.isalpha()):
            at += 1
            continue
        for pattern, give in _candidates(text, at, rules):
            found = pattern.match(text, at)
            if found is None or found.end() == at:
                continue
            said = give(found)
            if said is None:
                continue
            out.keep(text[kept:at], kept)
            out.replace(said, at, found.end())
            at = kept = found.end()
            break
        else:
            token = _TOKEN.match(text, at)
            at = token.end() if token else at + 1
    out.keep(text[kept:], kept)
    return out.finish()
