"""What is written as it is read aloud: numbers, dates, money, units and abbreviations in the words of a language."""

from __future__ import annotations

from functools import cache

from voicecli.speech.normalize.engine import Rules, read
from voicecli.speech.normalize.reading import Reading, unchanged

__all__ = ["Reading", "prepare", "read_aloud"]


@cache
def rules_of(language: str) -> Rules | None:
    """The rules of a language, by a tag such as `en`, `en-us` or `zh`; None for one that is not known."""
    tag = language.lower().replace("_", "-")
    match tag.partition("-")[0]:
        case "en":
            from voicecli.speech.normalize.english import BritishEnglish, English

            return BritishEnglish() if "gb" in tag else English()
        case _:
            return None


def read_aloud(text: str, language: str) -> Reading:
    """Puts into words what is not written in words; what is not known stays as it is.

    Args:
        text: One piece of an answer, without markup.
        language: Of the voice: `en`, `en-us`, `de`.
    """
    rules = rules_of(language)
    return read(text, rules) if rules is not None else unchanged(text)


def prepare(language: str) -> None:
    """Loads the rules of a language, which takes some tens of milliseconds, so that the first text does not wait for them."""
    rules_of(language)
