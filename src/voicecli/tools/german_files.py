"""How it is asked in German to read a file aloud."""

from __future__ import annotations

import re
from typing import Final

from voicecli.tools.definitions import Arguments
from voicecli.tools.number_words import number, tokens
from voicecli.tools.request_rules import Rule, always, nothing, phrase, tidy

_WORDS: Final = ("erste", "zweite", "dritte", "vierte", "fünfte", "sechste", "siebte", "achte", "neunte", "zehnte")
_DIGITS: Final = ("1.", "2.", "3.", "4.", "5.", "6.", "7.", "8.", "9.", "10.")
_ORDINALS: Final = {name: at for names in (_WORDS, _DIGITS) for at, name in enumerate(names, 1)} | {"letzte": -1}
_WHICH: Final = rf"(?P<which>{'|'.join(re.escape(each) for each in _ORDINALS)})[nrs]?"
_READ: Final = r"(?:lies|lese)(?: (?:mir|uns))?(?: mal)?"
_FILE: Final = r"(?:die|meine|diese) (?:ganze )?datei|das (?:ganze )?(?:dokument|pdf)"
_PART: Final = r"(?P<part>abschnitt|kapitel|teil|absatz|seite)"
_ALOUD: Final = r"(?: (?:vor|laut vor|von vorne|noch einmal|nochmal|von vorn))*"
_OF: Final = r"(?: (?:der|aus der|in der|dieser) datei| (?:des|aus dem|im) (?:dokuments?|pdf))?"


def _ordinal(found: re.Match[str], _said: object) -> Arguments:
    at = _ORDINALS[found["which"].casefold()]
    return {("page" if found["part"].casefold() == "seite" else "number"): at}


def _counted(found: re.Match[str], _said: object) -> Arguments | None:
    words = [each.text for each in tokens(found["count"])]
    value = number(words, 0, "de")
    if value is None or value[1] < len(words) or value[0].denominator != 1 or value[0] < 1:
        return None
    return {("page" if found["part"].casefold() == "seite" else "number"): int(value[0])}


def _about(found: re.Match[str], _said: object) -> Arguments | None:
    words = tidy(found["about"])
    return {"about": words} if words else None


FILES: Final = (
    Rule(tool="read_file", said=phrase(rf"{_READ} (?:{_FILE}){_ALOUD}"), make=nothing),
    Rule(
        tool="read_on",
        said=phrase(rf"{_READ} (?:den |das |die )?nächste[nrs]? (?:abschnitt|kapitel|teil|absatz|seite){_ALOUD}"),
        make=always(what="next"),
    ),
    Rule(tool="read_file", said=phrase(rf"{_READ} (?:den |das |die )?{_WHICH} {_PART}{_OF}{_ALOUD}"), make=_ordinal),
    Rule(
        tool="read_file",
        said=phrase(rf"{_READ} (?:den |das |die )?{_PART} (?:nummer )?(?P<count>[\w -]{{1,30}}?){_OF}{_ALOUD}"),
        make=_counted,
    ),
    Rule(
        tool="read_file",
        said=phrase(
            rf"{_READ} (?:den |das )?(?:abschnitt|kapitel|teil|absatz) (?:über|zu|zum|zur|namens) (?P<about>.{{1,80}}?){_OF}{_ALOUD}"
        ),
        make=_about,
    ),
    Rule(
        tool="read_on",
        said=phrase(r"(?:lies|lese)(?: bitte)? weiter(?: vor)?|(?:lies|lese) (?:mir )?(?:mehr|den rest)(?: vor)?"),
        make=nothing,
    ),
    Rule(
        tool="list_files",
        said=phrase(
            r"(?:welche (?:dateien|dokumente) (?:hast du|gibt es|habe ich dir gegeben|kannst du lesen)|zeig(?:e)? mir (?:die|meine|alle) dateien|"
            r"welche (?:abschnitte|kapitel|seiten) (?:hat|sind in|gibt es in) (?:die|der|dieser) datei|was (?:steht|ist) in der datei alles)"
        ),
        make=nothing,
    ),
)
