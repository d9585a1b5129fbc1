"""What people ask for every day, recognised by rules, so that the smallest model need not understand it. Pure logic.

A rule holds for the whole of what was said, apart from words of courtesy: what says anything else besides is for the language model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, TypeAlias

from voicecli.tools import arithmetic, units
from voicecli.tools.model import Arguments, Call, Language
from voicecli.tools.numerals import duration, number, tokens

LONGEST: Final = 300
"""In characters; what is longer is no such request."""

DURATION: Final = "\ue000"
"""What stands for a length of time where rules look at what was said; no keyboard writes it."""

Make: TypeAlias = Callable[[re.Match[str], "Said"], Arguments | None]
"""Makes arguments of a match; None if the rule does not apply after all."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was said.

    Attributes:
        text: Without words of courtesy and the mark at its end.
        seconds: The length of time in it; None where there is none, or more than one.
        outline: The text with `DURATION` in the place of that.
    """

    text: str
    seconds: int | None
    outline: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How a tool is asked for.

    Attributes:
        tool: Its name.
        said: What the whole outline matches.
        make: Makes its arguments.
    """

    tool: str
    said: re.Pattern[str]
    make: Make


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    """How one language asks.

    Attributes:
        language: Which.
        before: Words of courtesy in front, which are left out.
        behind: Such words at the end.
        rules: In the order in which they are tried.
        sums: Words in front of a sum, for all that may stand there.
        conversions: What stands around a value and two units: groups `a` and `b`, where `from_first` says which is which.
    """

    language: Language
    before: re.Pattern[str]
    behind: re.Pattern[str]
    rules: Sequence[Rule]
    sums: re.Pattern[str]
    conversions: Sequence[re.Pattern[str]]


def phrase(pattern: str) -> re.Pattern[str]:
    """A pattern in which a space stands for any number of them, `" ?"` for none too, and upper and lower case are the same."""
    return re.compile(pattern.replace(" ?", r"\s*").replace(" ", r"\s+"), re.IGNORECASE | re.DOTALL)


def nothing(_found: re.Match[str], _said: Said) -> Arguments:
    """For tools that take no arguments."""
    return {}


def always(**arguments: str | int) -> Make:
    """For rules that mean the same whatever the words."""
    return lambda _found, _said: arguments


def texts(**groups: str) -> Make:
    """Arguments out of groups of the pattern; those that did not match are left out."""

    def make(found: re.Match[str], _said: Said) -> Arguments | None:
        values = {name: tidy(found[group] or "") for name, group in groups.items()}
        return {name: value for name, value in values.items() if value}

    return make


def timed(*names: str, text: str = "") -> Make:
    """A length of time, and a name or a text out of the first of these groups that matched."""

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
    """A slot without marks around it."""
    return text.strip(" \t\n,;:.!?\"'“”„»«-")


def percent(found: re.Match[str], _said: Said) -> Arguments | None:
    """A number of percent, in the group `percent`."""
    words = [each.text for each in tokens(found["percent"])]
    value = number(words, 0, "de" if "prozent" in found[0].casefold() else "en")
    if value is None or value[1] < len(words) or value[0].denominator != 1:
        return None
    return {"percent": int(value[0])}


def said_in(text: str, tongue: Tongue) -> Said:
    """`text` as the rules of a language look at it."""
    text = text.replace("’", "'")
    before = None
    while text != before:
        before = text
        text = text.strip(' \t\n,;:!.?…"“”')
        courtesy = tongue.before.match(text)
        text = text[courtesy.end() :] if courtesy is not None else text
        text = tongue.behind.sub("", text, count=1)
    found = tokens(text)
    words = [each.text for each in found]
    seconds: list[Fraction] = []
    outline, written, at = "", 0, 0
    while at < len(words):
        length = duration(words, at, tongue.language)
        if length is None:
            at += 1
            continue
        seconds.append(length[0])
        outline += text[written : found[at].start] + DURATION
        written, at = found[length[1] - 1].end, length[1]
    outline += text[written:]
    one = seconds[0] if len(seconds) == 1 and seconds[0].denominator == 1 else None
    return Said(text, int(one) if one is not None else None, outline)


def recognised(text: str, tongue: Tongue) -> Call | None:
    """What `text` asks for in that language; None if it asks for no tool."""
    said = said_in(text, tongue)
    if not said.text:
        return None
    for rule in tongue.rules:
        for form in (said.outline, said.text):
            found = rule.said.fullmatch(form)
            made = rule.make(found, said) if found is not None else None
            if made is not None:
                return Call(name=rule.tool, arguments=made, language=tongue.language)
    return _converted(said.text, tongue) or _calculated(said.text, tongue)


def _calculated(text: str, tongue: Tongue) -> Call | None:
    words = [each.text for each in tokens(tongue.sums.sub("", text, count=1))]
    sum_ = arithmetic.expression(words, tongue.language)
    if not sum_ or len(sum_) > arithmetic.LONGEST_EXPRESSION:
        return None
    return Call(name="calculate", arguments={"expression": sum_}, language=tongue.language)


def _converted(text: str, tongue: Tongue) -> Call | None:
    for pattern in tongue.conversions:
        found = pattern.fullmatch(text)
        if found is None:
            continue
        words = [each.text for each in tokens(found["source"])]
        value = number(words, 0, tongue.language)
        if value is None and words[:1] in (["a"], ["an"], ["one"]):
            value = Fraction(1), 1
        source = units.find(words, value[1]) if value is not None else None
        if value is None or source is None or source[1] < len(words):
            continue
        wanted = [each.text for each in tokens(found["target"])]
        target = units.find(wanted, 0)
        if target is None or target[1] < len(wanted) or target[0].kind != source[0].kind:
            continue
        given = {"value": str(value[0]), "from": source[0].sign, "to": target[0].sign}
        return Call(name="convert", arguments=given, language=tongue.language)
    return None


def recognise(text: str, language: str = "") -> Call | None:
    """The tool that `text` asks for; None if it asks for none.

    Args:
        text: What was said or typed.
        language: In which, ISO 639-1, as far as it is known; short words are often taken for another language, so that both are tried.
    """
    from voicecli.tools.english import ENGLISH
    from voicecli.tools.german import GERMAN

    if len(text) > LONGEST:
        return None
    order = (GERMAN, ENGLISH) if language == "de" else (ENGLISH, GERMAN)
    return next((call for tongue in order if (call := recognised(text, tongue)) is not None), None)
