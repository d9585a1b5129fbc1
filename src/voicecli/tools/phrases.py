"""Recognises what a person says to call a tool that the user configured, by the phrases in the settings. Pure logic."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Final

from voicecli.tools.definitions import Arguments, Call, Json, Language, Phrase, Tool
from voicecli.tools.number_words import number, tokens
from voicecli.tools.request_recognition import LONGEST, said_in
from voicecli.tools.request_rules import tidy

_SLOT: Final = re.compile(r"\{(\w+)\}")
_BETWEEN: Final = r"[\s,;:.!?–-]+"
"""What a recogniser may write between two words."""

MOST_SLOTS: Final = 4
"""How many arguments a phrase may have."""


def call_by_phrase(tools: Iterable[Tool], text: str, language: str = "") -> Call | None:
    """Returns the call that `text` makes by a phrase of one of `tools`; None if it makes none.

    A phrase must match the whole text, except for words of courtesy.

    Args:
        tools: The tools that may be used.
        text: The recognised or typed text.
        language: Its language, ISO 639-1, if known.
    """
    with_phrases = [each for each in tools if each.phrases]
    if not with_phrases or len(text) > LONGEST:
        return None
    tongue: Language = "de" if language == "de" else "en"
    said = _plain(text, tongue)
    for tool in with_phrases:
        for phrase in tool.phrases:
            found = _pattern(phrase.say).fullmatch(said)
            if found is not None and (arguments := _arguments(tool, phrase, found.groupdict(), tongue)) is not None:
                return Call(name=tool.name, arguments=arguments, language=tongue)
    return None


def _plain(text: str, language: Language) -> str:
    from voicecli.tools.english_request_rules import ENGLISH
    from voicecli.tools.german_request_rules import GERMAN

    return said_in(text, GERMAN if language == "de" else ENGLISH).text


@functools.lru_cache(maxsize=256)
def _pattern(say: str) -> re.Pattern[str]:
    """The pattern of a phrase: its words with anything between them that is no word, and a group for each argument."""
    parts: list[str] = []
    seen: set[str] = set()
    for each in say.strip(" \t\n,;:.!?").split():
        written, at = "", 0
        for slot in _SLOT.finditer(each):
            written += re.escape(each[at : slot.start()])
            name = slot[1]
            written += f"(?P={name})" if name in seen else f"(?P<{name}>.+?)"
            seen.add(name)
            at = slot.end()
        parts.append(written + re.escape(each[at:]).rstrip(",;:"))
    if len(seen) > MOST_SLOTS or any(name[0].isdigit() for name in seen):
        return re.compile(r"(?!)")
    return re.compile(_BETWEEN.join(parts), re.IGNORECASE | re.DOTALL)


def _arguments(tool: Tool, phrase: Phrase, said: Mapping[str, str], language: Language) -> Arguments | None:
    """The arguments of a call; None if a part of the text is no value for its argument."""
    properties = tool.schema.get("properties")
    rules = properties if isinstance(properties, Mapping) else {}
    made: dict[str, Json] = dict(phrase.arguments)
    for name, text in said.items():
        rule = rules.get(name)
        value = _value(tidy(text), rule.get("type") if isinstance(rule, Mapping) else None, language)
        if value is None:
            return None
        made[name] = value
    return made


def _value(text: str, kind: object, language: Language) -> Json:
    """`text` as a value of a type of JSON schema; None if it is none."""
    if kind in {"integer", "number"}:
        words = [each.text for each in tokens(text)]
        found = number(words, 0, language)
        if found is None or found[1] < len(words) or (kind == "integer" and found[0].denominator != 1):
            return None
        return int(found[0]) if found[0].denominator == 1 else float(found[0])
    return text or None
