"""What the person wants remembered: when they say so, how the model is told, and how much of it there may be. Pure logic."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MOST_TOKENS: Final = 400
"""How many tokens of every prompt the facts may take."""

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
"""How people say that something is to be remembered, in English, German, French, Spanish and Italian. It counts at the beginning only, because
"Do you remember that…?" is a question."""

_ASKED: Final = re.compile(rf"\s*(?:{'|'.join(_ASKS)})(?P<fact>.+)", re.IGNORECASE | re.DOTALL)
_SENTENCE_END: Final = re.compile("[.!?](?=\\s|$)|[\u3002\uff01\uff1f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that the person wants remembered.

    Attributes:
        id: Its number in the database.
        text: In the person's own words.
    """

    id: int
    text: str


def asked_to_remember(text: str) -> str:
    """What `text` asks to have remembered, up to the end of the sentence; empty when it does not ask for that."""
    found = _ASKED.fullmatch(text)
    if found is None:
        return ""
    fact = found["fact"].strip()
    end = _SENTENCE_END.search(fact)
    if end is not None and fact[end.start()] in "?\uff1f":
        return ""
    return tidy(fact[: end.start()] if end is not None else fact)


def tidy(text: str) -> str:
    """A fact as it is kept: one line, without a full stop at its end."""
    return " ".join(text.split()).rstrip(".!\u3002\uff01 ")


def as_prompt(persona: str, facts: Sequence[str]) -> str:
    """The system prompt: the persona's text, and behind it the facts."""
    if not facts:
        return persona
    return f"{persona.rstrip()}\n\n{_HEADING}\n" + "".join(f"- {fact}\n" for fact in facts)


def fits(facts: Sequence[str]) -> bool:
    """Whether these facts take at most `MOST_TOKENS`, whatever the model; none is longer than `LONGEST_CHARACTERS`."""
    longest = max(map(len, facts), default=0)
    return longest <= LONGEST_CHARACTERS and _HEADING_TOKENS + sum(map(_tokens_at_most, facts)) <= MOST_TOKENS


def _tokens_at_most(fact: str) -> int:
    """An upper estimate.

    2.5 small letters of English are one token at most, on average; other ASCII characters one each, other letters two, emoji three.
    """
    small = sum(each in _SMALL for each in fact)
    others = [each for each in fact if each not in _SMALL]
    return 3 + round(small / 2.5) + sum(1 if each.isascii() else 2 if each < _FIRST_EMOJI else 3 for each in others)
