"""Asks for permission, and decides what counts as a yes. Pure logic."""

from __future__ import annotations

import re
from typing import Final

from voicecli.tools.definitions import Group, Language

_YES: Final = re.compile(
    r"(?:yes|yes please|yes you may|yes you can|yes do it|yes do that|yes go ahead|yes that's fine|yes i allow (?:it|that)|"
    r"ja|ja bitte|ja gerne|ja mach das|ja darfst du|ja du darfst|ja erlaubt)"
)

_QUESTIONS: Final[dict[Language, dict[Group, str]]] = {
    "en": {"notes": "May I keep notes in a file on this computer?"},
    "de": {"notes": "Darf ich Notizen in einer Datei auf diesem Rechner speichern?"},
}


def is_yes(text: str) -> bool:
    """Whether `text` is a clear yes and nothing else. Anything unclear is a no."""
    words = re.findall(r"[\w']+", text.casefold().replace("’", "'"))
    return _YES.fullmatch(" ".join(words)) is not None


def refusal(group: Group, language: Language) -> str:
    """What is said where a tool is not allowed and nobody can be asked: lines come from a pipe or a file."""
    if language == "de":
        return f"Das ist noch nicht erlaubt. Erlaube es mit: voicecli tools allow {group}."
    return f"That is not allowed yet. To allow it: voicecli tools allow {group}."


def question(group: Group, language: Language) -> str:
    """The question that asks for permission."""
    german = language == "de"
    asked = _QUESTIONS[language].get(group) or (
        f"Darf ich dafür ein Werkzeug benutzen ({group})?" if german else f"May I use a tool for that ({group})?"
    )
    return f"{asked} {'Sag ja oder nein.' if german else 'Say yes or no.'}"
