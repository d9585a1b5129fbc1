"""Translation as a persona: `translate-en-de` says in one language what is said in the other, and never answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from voicecli.errors import UnknownName
from voicecli.speech.translation import Between, in_words, parse

if TYPE_CHECKING:
    from voicecli.session.personas import Persona

NAME: Final = re.compile(r"translate-([a-z]{2,3})-([a-z]{2,3})")


def name_of(between: Between) -> str:
    """Returns the name of the persona that translates between two languages."""
    return f"translate-{between[0]}-{between[1]}"


def between_of(name: str) -> Between | None:
    """Returns the languages between which the persona `name` translates; None if it does not."""
    found = NAME.fullmatch(name)
    if found is None:
        return None
    try:
        return parse(f"{found[1]}:{found[2]}")
    except UnknownName:
        return None


def persona(between: Between) -> Persona:
    """Returns the persona that translates between two languages."""
    from voicecli.engines.ports import Sampling
    from voicecli.session.personas import Persona
    from voicecli.speech.answer_rules import Rules

    return Persona(
        name=name_of(between),
        title=f"An interpreter between {in_words(between)}",
        prompt=f"You are an interpreter between {in_words(between)}.",
        voice="auto",
        speaker="",
        speed=None,
        language="auto",
        greeting="",
        patience=None,
        tools=(),
        called=(),
        sampling=Sampling(temperature=0.0, rules=Rules(between=between)),
        own=False,
    )
