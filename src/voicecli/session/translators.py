"""Translation as a persona: `translate-en-de` says in one language what is said in the other, and never answers."""

from __future__ import annotations

import re
from typing import Final

from voicecli.errors import UnknownName
from voicecli.speech.translation import Between, parse

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
