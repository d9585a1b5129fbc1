"""Converts written text into spoken words: numbers, dates, money, units and abbreviations, in the words of a language."""

from __future__ import annotations

import dataclasses
import re
from functools import cache

from voicecli.speech.normalize.rule_engine import Rules, read
from voicecli.speech.normalize.spoken_form import Reading, unchanged
from voicecli.speech.writing_systems import readable

__all__ = ["Reading", "prepare", "read_aloud"]


@cache
def rules_of(language: str) -> Rules | None:
    """Returns the rules of a language, by a tag such as `en`, `en-us` or `zh`; None if the language has no rules."""
    tag = language.lower().replace("_", "-")
    match tag.partition("-")[0]:
        case "en":
            from voicecli.speech.normalize.english import BritishEnglish, English

            return BritishEnglish() if "gb" in tag else English()
        case "de":
            from voicecli.speech.normalize.german import German

            return German()
        case "es":
            from voicecli.speech.normalize.spanish import Spanish

            return Spanish()
        case "zh" | "cmn":
            from voicecli.speech.normalize.chinese import Chinese

            return Chinese()
        case "fr" | "it" | "pt" | "nl" | "pl" | "ru" as code:
            from voicecli.speech.normalize import other_languages

            kinds = {
                "fr": other_languages.French,
                "it": other_languages.Italian,
                "pt": other_languages.Portuguese,
                "nl": other_languages.Dutch,
                "pl": other_languages.Polish,
                "ru": other_languages.Russian,
            }
            return kinds[code]()
        case _:
            return None


_UNSPEAKABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]|\[{2,}|\]{2,}")

_UNKNOWN_SIGNS = re.compile(r"\^|#(?=[^\W\d])")
"""Signs that the voice must not name if no rule has read them."""


def read_aloud(text: str, language: str) -> Reading:
    """Converts everything that is not written in words into words. Text that no rule recognises stays as it is.

    A reading contains no control character, no double bracket (a voice takes the text between them as phonemes), and no script that the language does
    not use.

    Args:
        text: One chunk of an answer, without markup.
        language: The language of the voice: `en`, `en-us`, `de`.
    """
    text = _UNSPEAKABLE.sub(lambda found: " " * len(found[0]), text)
    text, left_out = readable(text, language)
    rules = rules_of(language)
    reading = read(text, rules) if rules is not None else unchanged(_UNKNOWN_SIGNS.sub(" ", text))
    return dataclasses.replace(reading, left_out=left_out) if left_out else reading


def prepare(language: str) -> None:
    """Loads the rules of a language, so that the first text does not wait for them. Loading takes some tens of milliseconds."""
    rules_of(language)
