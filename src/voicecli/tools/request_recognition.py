"""Recognises everyday requests by rules, so that even the smallest model need not understand them. Pure logic.

A rule must match the whole text, except for words of courtesy. A text that says anything else is left to the language model.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from voicecli.tools import arithmetic, units
from voicecli.tools.definitions import Call
from voicecli.tools.number_words import duration, number, tokens
from voicecli.tools.request_rules import DURATION, Said, Tongue

LONGEST: Final = 300
"""Longest text of a request, in characters."""


def said_in(text: str, tongue: Tongue) -> Said:
    """Prepares `text` for the rules of a language."""
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
    """The request in `text` by the rules of that language; None if it asks for no tool."""
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
        text: The recognised or typed text.
        language: Its language, ISO 639-1, if known. The language of short texts is often detected wrongly, so both are tried.
    """
    from voicecli.tools.english_request_rules import ENGLISH
    from voicecli.tools.german_request_rules import GERMAN

    if len(text) > LONGEST:
        return None
    order = (GERMAN, ENGLISH) if language == "de" else (ENGLISH, GERMAN)
    return next((call for tongue in order if (call := recognised(text, tongue)) is not None), None)
