"""The scripts of texts, and the scripts that the speakers of a language read.

A voice that meets another script names its letters one by one ("Chinese letter Chinese letter"), so such text is left out.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from voicecli.speech.punctuation import is_wide

LATIN: Final = "Latin"

_BY_NAME: Final = MappingProxyType(
    {
        "CJK": "Chinese",
        "IDEOGRAPHIC": "Chinese",
        "BOPOMOFO": "Chinese",
        "HIRAGANA": "Japanese",
        "KATAKANA": "Japanese",
        "KATAKANA-HIRAGANA": "Japanese",
        "HANGUL": "Korean",
    }
    | {
        name.upper(): name
        for name in [
            "Latin",
            "Cyrillic",
            "Greek",
            "Arabic",
            "Hebrew",
            "Armenian",
            "Georgian",
            "Devanagari",
            "Bengali",
            "Gurmukhi",
            "Gujarati",
            "Oriya",
            "Tamil",
            "Telugu",
            "Kannada",
            "Malayalam",
            "Sinhala",
            "Thai",
            "Lao",
            "Tibetan",
            "Myanmar",
            "Ethiopic",
            "Khmer",
            "Mongolian",
            "Cherokee",
            "Syriac",
            "Thaana",
        ]
    }
)
"""The script of a letter, by the first word of its Unicode name."""

_READ_BY: Final = MappingProxyType(
    {
        "am": {"Ethiopic"},
        "ar": {"Arabic"},
        "as": {"Bengali"},
        "ba": {"Cyrillic"},
        "be": {"Cyrillic"},
        "bg": {"Cyrillic"},
        "bn": {"Bengali"},
        "bo": {"Tibetan"},
        "cmn": {"Chinese"},
        "el": {"Greek"},
        "fa": {"Arabic"},
        "gu": {"Gujarati"},
        "he": {"Hebrew"},
        "hi": {"Devanagari"},
        "hy": {"Armenian"},
        "ja": {"Chinese", "Japanese"},
        "ka": {"Georgian"},
        "kk": {"Cyrillic"},
        "km": {"Khmer"},
        "kn": {"Kannada"},
        "ko": {"Korean", "Chinese"},
        "lo": {"Lao"},
        "mk": {"Cyrillic"},
        "ml": {"Malayalam"},
        "mn": {"Cyrillic", "Mongolian"},
        "mr": {"Devanagari"},
        "my": {"Myanmar"},
        "ne": {"Devanagari"},
        "pa": {"Gurmukhi", "Arabic"},
        "ps": {"Arabic"},
        "ru": {"Cyrillic"},
        "sa": {"Devanagari"},
        "sd": {"Arabic", "Devanagari"},
        "si": {"Sinhala"},
        "sr": {"Cyrillic"},
        "ta": {"Tamil"},
        "te": {"Telugu"},
        "tg": {"Cyrillic"},
        "th": {"Thai"},
        "tt": {"Cyrillic"},
        "uk": {"Cyrillic"},
        "ur": {"Arabic"},
        "yi": {"Hebrew"},
        "yue": {"Chinese"},
        "zh": {"Chinese"},
    }
)
"""Scripts besides Latin in which a language is written, by ISO 639 code."""

_LATIN_ALONE: Final = frozenset(
    [
        "af",
        "az",
        "br",
        "bs",
        "ca",
        "cs",
        "cy",
        "da",
        "de",
        "en",
        "es",
        "et",
        "eu",
        "fi",
        "fo",
        "fr",
        "gl",
        "hr",
        "ht",
        "hu",
        "id",
        "is",
        "it",
        "la",
        "lb",
        "lt",
        "lv",
        "ms",
        "mt",
        "nb",
        "nl",
        "nn",
        "no",
        "oc",
        "pl",
        "pt",
        "ro",
        "sk",
        "sl",
        "sq",
        "sv",
        "sw",
        "tk",
        "tl",
        "tr",
        "uz",
        "vi",
    ]
)

LANGUAGE_OF: Final = MappingProxyType(
    {
        "Arabic": "ar",
        "Armenian": "hy",
        "Bengali": "bn",
        "Chinese": "zh",
        "Cyrillic": "ru",
        "Devanagari": "hi",
        "Georgian": "ka",
        "Greek": "el",
        "Hebrew": "he",
        "Japanese": "ja",
        "Korean": "ko",
        "Malayalam": "ml",
        "Telugu": "te",
    }
)
"""The language of most texts in a script, ISO 639-1, for scripts for which a voice may be found."""


@lru_cache(maxsize=4096)
def script_of(char: str) -> str | None:
    """Returns the script of a letter; None for a digit, a mark, a sign, or a letter of an unknown script."""
    if char.isascii():
        return LATIN if char.isalpha() else None
    if unicodedata.category(char)[0] not in "LM" and char != "\u3007":  # the Chinese zero counts as a number
        return None
    first, _, rest = unicodedata.name(char, "").partition(" ")
    if first in {"FULLWIDTH", "HALFWIDTH"}:
        first = rest.partition(" ")[0]
    return _BY_NAME.get(first)


def scripts_of(language: str) -> frozenset[str] | None:
    """Returns the scripts that a voice of `language` (`en`, `en-us`) reads; None if unknown, so that the voice tries all of them."""
    code = language.lower().replace("_", "-").partition("-")[0]
    if code in _LATIN_ALONE:
        return frozenset({LATIN})
    read = _READ_BY.get(code)
    return frozenset({LATIN, *read}) if read is not None else None


def readable(text: str, language: str) -> tuple[str, str]:
    """Removes from `text` what is written in a script that a voice of `language` does not read.

    Single Greek letters are symbols that every voice can name, unless Greek words are in the text. Numbers and marks belong to no
    script. If all letters of a text are removed, nothing remains, because its numbers alone would mean something else.

    Returns:
        The text with the same length, with a space for each removed character; and the first script of those, or "" for none.
    """
    known = scripts_of(language) if not text.isascii() else None
    if known is None:
        return text, ""
    if not _has_greek_words(text):
        known |= {"Greek"}
    kept = list(text)
    left_out, remains = "", False
    for at, char in enumerate(text):
        script = script_of(char)
        if script is None:
            if at and kept[at - 1] == " " != text[at - 1] and _goes_with_letter(char):
                kept[at] = " "
        elif script in known:
            remains = True
        else:
            kept[at] = " "
            left_out = left_out or script
    if left_out and not remains:
        return " " * len(text), left_out
    return "".join(kept), left_out


def _goes_with_letter(char: str) -> bool:
    """Whether `char` is an accent or vowel sign whose name contains no script, or a wide mark, which means nothing to other voices."""
    return unicodedata.category(char)[0] == "M" or (is_wide(char) and unicodedata.category(char)[0] == "P")


def _has_greek_words(text: str) -> bool:
    greek = [script_of(char) == "Greek" for char in text]
    return any(one and other for one, other in pairwise(greek))
