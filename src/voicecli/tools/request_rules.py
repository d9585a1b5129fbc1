"""What the rules that recognise everyday requests are made of; the rules of a language are in modules of their own. Pure logic."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from voicecli.tools.definitions import Arguments, Language
from voicecli.tools.number_words import number, tokens

DURATION: Final = "\ue000"
"""Replaces a duration in the text that rules match. It cannot be typed on a keyboard."""

Make: TypeAlias = Callable[[re.Match[str], "Said"], Arguments | None]
"""Makes the arguments for a match; None if the rule does not apply after all."""


@dataclass(frozen=True, slots=True)
class Said:
    """A text that was said.

    Attributes:
        text: The text without words of courtesy and the mark at its end.
        seconds: The duration in it; None if there is none, or more than one.
        outline: The text with `DURATION` in place of the duration.
    """

    text: str
    seconds: int | None
    outline: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule that recognises a request for a tool.

    Attributes:
        tool: The name of the tool.
        said: The pattern that the whole outline must match.
        make: Makes the arguments.
    """

    tool: str
    said: re.Pattern[str]
    make: Make


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    """The rules of one language.

    Attributes:
        language: The language.
        before: Words of courtesy at the beginning, which are removed.
        behind: Words of courtesy at the end, which are removed.
        rules: The rules, in the order in which they are tried.
        sums: Pattern of the words that may precede a sum.
        conversions: Patterns of a conversion. The group `source` is a value with its unit, `target` the other unit.
    """

    language: Language
    before: re.Pattern[str]
    behind: re.Pattern[str]
    rules: Sequence[Rule]
    sums: re.Pattern[str]
    conversions: Sequence[re.Pattern[str]]


def phrase(pattern: str) -> re.Pattern[str]:
    """A pattern in which a space matches one or more spaces, and `" ?"` also none. Upper and lower case are equal."""
    return re.compile(pattern.replace(" ?", r"\s*").replace(" ", r"\s+"), re.IGNORECASE | re.DOTALL)


def nothing(_found: re.Match[str], _said: Said) -> Arguments:
    """Makes no arguments."""
    return {}


def always(**arguments: str | int) -> Make:
    """Makes always the same arguments."""
    return lambda _found, _said: arguments


def texts(**groups: str) -> Make:
    """Makes arguments from groups of the pattern. Groups that did not match are left out."""

    def make(found: re.Match[str], _said: Said) -> Arguments | None:
        values = {name: tidy(found[group] or "") for name, group in groups.items()}
        return {name: value for name, value in values.items() if value}

    return make


def timed(*names: str, text: str = "") -> Make:
    """Makes a duration, and a name or a text from the first of these groups that matched."""

    def make(found: re.Match[str], said: Said) -> Arguments | None:
        given: dict[str, str | int] = {"seconds": said.seconds} if said.seconds is not None else {}
        if DURATION in found.string and said.seconds is None:
            return None
        for group in names:
            if found[group] and (value := tidy(found[group])):
                given[text or "name"] = value
                break
        if DURATION in str(given.get(text or "name", "")):
            return None
        return given

    return make


def tidy(text: str) -> str:
    """A text without marks around it."""
    return text.strip(" \t\n,;:.!?\"'“”„»«-")


def percent(found: re.Match[str], _said: Said) -> Arguments | None:
    """Makes a percentage from the group `percent`."""
    words = [each.text for each in tokens(found["percent"])]
    value = number(words, 0, "de" if "prozent" in found[0].casefold() else "en")
    if value is None or value[1] < len(words) or value[0].denominator != 1:
        return None
    return {"percent": int(value[0])}
