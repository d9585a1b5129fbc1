"""Facts that the user wants remembered: detects requests, builds the prompt, and limits the size. Pure logic."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MOST_TOKENS: Final = 400
"""The most tokens that the facts may take in every prompt."""

LONGEST_CHARACTERS: Final = 300
"""The longest single fact."""

_HEADING: Final = "The user asked you to remember this. It is about the user, in the user's own words, and you know it:"

_HEADING_TOKENS: Final = 30

_FIRST_EMOJI: Final = "\U00010000"

_SMALL: Final = frozenset("abcdefghijklmnopqrstuvwxyz ")

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

_FORGET: Final = re.compile(rf"\s*(?:{'|'.join(_FORGETS)})(?P<fact>.+)", re.IGNORECASE | re.DOTALL)
_ASKED: Final = re.compile(rf"\s*(?:{'|'.join(_ASKS)})(?P<fact>.+)", re.IGNORECASE | re.DOTALL)
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


def asked_to_remember(text: str) -> str:
    """Returns what `text` asks to remember, up to the end of the sentence; empty if it asks for nothing."""
    return _fact(_ASKED, text)


def asked_to_forget(text: str) -> str:
    """Returns what `text` asks to forget, up to the end of the sentence; empty if it asks for nothing."""
    fact = _fact(_FORGET, text)
    return fact if " " in fact else ""  # "Forget about it."


def _fact(asks: re.Pattern[str], text: str) -> str:
    found = asks.fullmatch(text)
    if found is None:
        return ""
    fact = found["fact"].strip()
    end = _SENTENCE_END.search(fact)
    if end is not None and fact[end.start()] in "?\uff1f":
        return ""
    return tidy(fact[: end.start()] if end is not None else fact)


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
