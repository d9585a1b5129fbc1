"""Asks for permission, and decides what counts as a yes. Pure logic."""

from __future__ import annotations

import json
import re
from typing import Final

from voicecli.tools.definitions import Arguments, Language, Tool, cleaned

_YES: Final = re.compile(
    r"(?:yes|yes please|yes you may|yes you can|yes do it|yes do that|yes go ahead|yes that's fine|yes i allow (?:it|that)|"
    r"ja|ja bitte|ja gerne|ja mach das|ja darfst du|ja du darfst|ja erlaubt)"
)

_QUESTIONS: Final[dict[Language, dict[str, str]]] = {
    "en": {"notes": "May I keep notes in a file on this computer?"},
    "de": {"notes": "Darf ich Notizen in einer Datei auf diesem Rechner speichern?"},
}


_ALWAYS: Final = re.compile(r"(?:yes |ja )?(?:always|immer)(?: allow (?:it|that)| erlauben)?")


def is_always(text: str) -> bool:
    """Whether `text` clearly says that the same is allowed from now on."""
    words = re.findall(r"[\w']+", text.casefold())
    return _ALWAYS.fullmatch(" ".join(words)) is not None


def is_yes(text: str) -> bool:
    """Whether `text` is a clear yes and nothing else. Anything unclear is a no."""
    words = re.findall(r"[\w']+", text.casefold().replace("’", "'"))
    return _YES.fullmatch(" ".join(words)) is not None


LONGEST_ASKED: Final = 120
"""Longest value of an argument in a question, in characters. What is longer is shortened, and is in the transcript."""


def refusal(tool: Tool, language: Language) -> str:
    """What is said where a tool is not allowed and nobody can be asked: lines come from a pipe or a file."""
    if language == "de":
        return f"Das ist noch nicht erlaubt. Erlaube es mit: voicecli tools allow {tool.group}."
    return f"That is not allowed yet. To allow it: voicecli tools allow {tool.group}."


def question(tool: Tool, arguments: Arguments, language: Language) -> str:
    """The question that asks for permission. It names a tool that is not the program's own and its arguments."""
    german = language == "de"
    if tool.title:
        asked = f"Darf ich {tool.title} benutzen" if german else f"May I use {tool.title}"
        with_ = in_words(arguments, language)
        asked = f"{asked}{f' {with_}' if with_ else ''}?"
    else:
        asked = _QUESTIONS[language].get(tool.group) or (
            f"Darf ich dafür ein Werkzeug benutzen ({tool.group})?"
            if german
            else f"May I use a tool for that ({tool.group})?"
        )
    if tool.title:
        return f"{asked} {'Sag ja, nein oder immer.' if german else 'Say yes, no, or always.'}"
    return f"{asked} {'Sag ja oder nein.' if german else 'Say yes or no.'}"


def in_words(arguments: Arguments, language: Language) -> str:
    """The arguments of a call in words, such as "with timezone Asia/Tokyo and count 3"; empty if there are none."""
    german = language == "de"
    parts = [f"{name.replace('_', ' ')} {_value(value)}" for name, value in arguments.items()]
    if not parts:
        return ""
    joined = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {'und' if german else 'and'} {parts[-1]}"
    return f"{'mit' if german else 'with'} {joined}"


def _value(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return cleaned(" ".join(text.split()), LONGEST_ASKED)
