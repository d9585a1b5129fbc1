"""How it is asked in English to read a file aloud."""

from __future__ import annotations

import re
from typing import Final

from voicecli.tools.definitions import Arguments
from voicecli.tools.number_words import number, tokens
from voicecli.tools.request_rules import Rule, always, nothing, phrase, tidy

_WORDS: Final = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_DIGITS: Final = ("1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th", "10th")
_ORDINALS: Final = {name: at for names in (_WORDS, _DIGITS) for at, name in enumerate(names, 1)} | {
    "last": -1,
    "final": -1,
}
_WHICH: Final = rf"(?P<which>{'|'.join(_ORDINALS)})"
_READ: Final = r"(?:read|read out|read aloud)(?: (?:me|us|to me|to us))?(?: out)?"
_FILE: Final = r"(?:the|my|this|that) (?:whole |entire )?(?:file|document|pdf|paper|text file)"
_NAME: Final = (
    r"(?:the (?:file|document) )?(?P<name>[\w][\w .-]{0,60}?(?:(?: ?\. ?| dot )(?:pdf|md|txt|text|markdown|rst)| pdf))"
)
_OF: Final = rf"(?: (?:of|from|in) (?:{_FILE}|{_NAME}))?"
_PART: Final = r"(?P<part>section|chapter|part|paragraph|page)"
_ALOUD: Final = r"(?: (?:to me|aloud|out loud|out|from the (?:beginning|start)|again|once more))*"


def _named(found: re.Match[str]) -> dict[str, str | int]:
    name = found.groupdict().get("name")
    return {"name": tidy(name.replace(" dot ", ".").replace(" .", ".").replace(". ", "."))} if name else {}


def _whole(found: re.Match[str], _said: object) -> Arguments:
    return _named(found)


def _ordinal(found: re.Match[str], _said: object) -> Arguments:
    at = _ORDINALS[found["which"].casefold()]
    return {("page" if found["part"].casefold() == "page" else "number"): at, **_named(found)}


def _counted(found: re.Match[str], _said: object) -> Arguments | None:
    words = [each.text for each in tokens(found["count"])]
    value = number(words, 0, "en")
    if value is None or value[1] < len(words) or value[0].denominator != 1 or value[0] < 1:
        return None
    return {("page" if found["part"].casefold() == "page" else "number"): int(value[0]), **_named(found)}


def _about(found: re.Match[str], _said: object) -> Arguments | None:
    words = tidy(found["about"])
    return {"about": words, **_named(found)} if words else None


FILES: Final = (
    Rule(tool="read_file", said=phrase(rf"{_READ} {_FILE}{_ALOUD}"), make=nothing),
    Rule(
        tool="read_on",
        said=phrase(rf"{_READ} (?:the )?next (?:section|chapter|part|paragraph|page){_ALOUD}"),
        make=always(what="next"),
    ),
    Rule(
        tool="read_on",
        said=phrase(r"(?:skip|skip to|go to|jump to) (?:the )?next (?:section|chapter|part|paragraph|page)"),
        make=always(what="next"),
    ),
    Rule(tool="read_file", said=phrase(rf"{_READ} (?:the )?{_WHICH} {_PART}{_OF}{_ALOUD}"), make=_ordinal),
    Rule(
        tool="read_file",
        said=phrase(rf"{_READ} (?:the )?{_PART} (?:number )?(?P<count>[\w -]{{1,30}}?){_OF}{_ALOUD}"),
        make=_counted,
    ),
    Rule(
        tool="read_file",
        said=phrase(
            rf"{_READ} (?:the |what the |what it says |what it says in the )?(?:section|chapter|part|paragraph)"
            rf" (?:about|on|called|named|titled|with the title) (?P<about>.{{1,80}}?){_OF}{_ALOUD}"
        ),
        make=_about,
    ),
    Rule(
        tool="read_on",
        said=phrase(
            r"(?:read on|(?:continue|keep|go on|carry on)(?: with)?(?: the)? reading|(?:read|read me)(?: some)? more|read (?:me )?the rest|"
            r"continue (?:to read|reading)(?: (?:the|this) (?:file|document))?)(?: aloud)?"
        ),
        make=nothing,
    ),
    Rule(tool="read_file", said=phrase(rf"{_READ} {_NAME}{_ALOUD}"), make=_whole),
    Rule(
        tool="list_files",
        said=phrase(
            r"(?:(?:which|what) (?:files|documents) (?:do you have|have you got|are there|can you (?:see|read)|(?:have i given|did i give) you)|"
            r"(?:list|show me) (?:the|my|your|all) (?:files|documents)|"
            r"(?:which|what) (?:sections|chapters|headings|pages) (?:are (?:there )?in|does) (?:the|this|that) (?:file|document|pdf)(?: have)?|"
            r"(?:what is|what's|list) the (?:table of )?contents? of (?:the|this|that) (?:file|document|pdf))"
        ),
        make=nothing,
    ),
)
