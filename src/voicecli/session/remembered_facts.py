"""Facts that the user wants remembered: detects requests, builds the prompt, and limits the size. Pure logic."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from voicecli.tools.definitions import Call, Language

MOST_TOKENS: Final = 400
"""The most tokens that the facts may take in every prompt."""

LONGEST_CHARACTERS: Final = 300
"""The longest single fact."""

_HEADING: Final = "The user asked you to remember this. It is about the user, in the user's own words, and you know it:"

_HEADING_TOKENS: Final = 30
"""Tokens of the sentence before the facts, at most."""

_FIRST_EMOJI: Final = "\U00010000"

_SMALL: Final = frozenset("abcdefghijklmnopqrstuvwxyz ")

_LANGUAGES: Final[tuple[Language, ...]] = ("en", "de", "fr", "es", "it")
"""The languages of the phrases below, in their order."""

_ASKS: Final = (
    r"(?:please,? )?(?:remember|keep in mind|don't forget|do not forget)(?: for me)?,? that ",
    r"(?:bitte,? )?(?:merke? dir|denke? daran|vergiss nicht)(?: bitte)?, dass ",
    r"(?:s'il te pla[iî]t,? )?(?:souviens-toi|rappelle-toi|retiens|n'oublie pas) qu(?:e |['\u2019])",
    r"(?:por favor,? )?(?:recuerda|acu[eé]rdate de|no olvides) que ",
    r"(?:per favore,? )?(?:ricordati|ricorda|non dimenticare) che ",
)
"""Phrases that ask to remember something, in English, German, French, Spanish and Italian. They count only at the beginning, because
"Do you remember that…?" is a question."""

_FORGETS: Final = (
    r"(?:please,? )?forget (?:that|about) ",
    r"(?:bitte,? )?vergiss(?: bitte)?, dass ",
    r"(?:s'il te pla[iî]t,? )?oublie qu(?:e |['\u2019])",
    r"(?:por favor,? )?olvida que ",
    r"(?:per favore,? )?dimentica che ",
)
"""Phrases that ask to forget something again, in the same languages."""


def _patterns(phrases: Sequence[str]) -> list[tuple[re.Pattern[str], Language]]:
    return [
        (re.compile(rf"\s*(?:{phrase})(?P<fact>.+)", re.IGNORECASE | re.DOTALL), language)
        for phrase, language in zip(phrases, _LANGUAGES, strict=True)
    ]


_ASKED: Final = _patterns(_ASKS)
_FORGET: Final = _patterns(_FORGETS)
_SENTENCE_END: Final = re.compile("[.!?](?=\\s|$)|[\u3002\uff01\uff1f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that the user wants remembered.

    Attributes:
        id: Its number in the database.
        text: The user's own words.
    """

    id: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request to remember or to forget something.

    Attributes:
        tool: `remember` or `forget`.
        fact: The fact, up to the end of its sentence.
        language: The language of the request.
        alone: Whether nothing follows that sentence, so that nothing else has to be answered.
    """

    tool: str
    fact: str
    language: Language
    alone: bool


def request(text: str) -> Request | None:
    """Returns what `text` asks to remember or to forget; None if it asks for neither."""
    for tool, patterns in (("remember", _ASKED), ("forget", _FORGET)):
        for pattern, language in patterns:
            found = pattern.fullmatch(text)
            fact, rest = _first_sentence(found["fact"].strip()) if found is not None else ("", "")
            if fact and (tool == "remember" or " " in fact):  # "Forget about it."
                return Request(tool=tool, fact=fact, language=language, alone=not rest)
    return None


def call(text: str) -> Call | None:
    """Returns the call of the tool that answers `text`; None if it is no request, or asks for more than that."""
    asked = request(text)
    if asked is None or not asked.alone:
        return None
    return Call(name=asked.tool, arguments={"text": asked.fact}, language=asked.language)


def _first_sentence(text: str) -> tuple[str, str]:
    """Returns the first sentence, tidied, and what follows; two empty texts for a question."""
    end = _SENTENCE_END.search(text)
    if end is None:
        return tidy(text), ""
    if text[end.start()] in "?\uff1f":
        return "", ""
    return tidy(text[: end.start()]), text[end.end() :].strip(" .!\"'\u201d")


def tidy(text: str) -> str:
    """Normalizes a fact to one line without a full stop at its end."""
    return " ".join(text.split()).rstrip(".!\u3002\uff01 ")


def as_prompt(persona: str, facts: Sequence[str]) -> str:
    """Returns the system prompt: the persona's text, followed by the facts."""
    if not facts:
        return persona
    return f"{persona.rstrip()}\n\n{_HEADING}\n" + "".join(f"- {fact}\n" for fact in facts)


def fits(facts: Sequence[str]) -> bool:
    """Whether these facts take at most `MOST_TOKENS` with any model, and none is longer than `LONGEST_CHARACTERS`."""
    longest = max(map(len, facts), default=0)
    return longest <= LONGEST_CHARACTERS and _HEADING_TOKENS + sum(map(_tokens_at_most, facts)) <= MOST_TOKENS


def _tokens_at_most(fact: str) -> int:
    """Returns an upper estimate.

    On average, 2.5 lower-case letters of English are one token at most. Other ASCII characters take one token each, other letters two, emoji three.
    """
    small = sum(each in _SMALL for each in fact)
    others = [each for each in fact if each not in _SMALL]
    return 3 + round(small / 2.5) + sum(1 if each.isascii() else 2 if each < _FIRST_EMOJI else 3 for each in others)
