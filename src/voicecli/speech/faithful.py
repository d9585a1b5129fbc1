"""Checks a translation against its source: numbers, names, language, length, and whether it is a reply instead. Pure logic.

A check can be wrong in both directions. A sound translation that is refused costs another attempt; so a check fails only where the fault is plain.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from voicecli.speech import names, quantities
from voicecli.speech.sentence_chunker import whole_sentences
from voicecli.speech.translation import Direction, language_among
from voicecli.speech.written_language import words_of

Fault: TypeAlias = Literal["empty", "language", "untranslated", "reply", "length", "number", "name"]

LONGEST: Final = 2.2
"""How many times longer a translation may be than its source. German and Russian are 1.3 times as long as English."""

SHORTEST: Final = 0.35
"""How many times shorter it may be."""

SLACK_CHARACTERS: Final = 16
"""How much longer or shorter it may be besides: short sentences differ more."""

CHINESE: Final = 3.0
"""How many letters of other languages a Chinese character stands for."""

_SAME_WORDS: Final = 3
"""From this many words on a text that is equal in both languages was not translated."""

_RELATED: Final = (frozenset({"es", "fr", "it", "pt"}), frozenset({"de", "nl"}))
"""Languages that have so many words in common that these show nothing."""

_LONG_WORD: Final = re.compile(r"\b[^\W\d_]{4,}\b")

_SPEAKS_OF_ITSELF: Final = (
    "as an ai", "as a language model", "i am an ai", "i'm an ai", "i cannot assist", "i can't assist", "i'm sorry, but i can",
    "als ki", "als sprachmodell", "ich bin eine ki", "en tant qu'ia", "como ia", "como una ia", "come ia", "как ии",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a check found.

    Attributes:
        faults: The faults; empty for a good translation.
        lost: Numbers and names of the source that are not in the translation, as they were written.
    """

    faults: tuple[Fault, ...]
    lost: tuple[str, ...] = ()


def check(source: str, translation: str, way: Direction) -> Verdict:
    """Checks the translation of one sentence.

    Args:
        source: The sentence.
        translation: Its translation, in one line.
        way: From which language into which.
    """
    if not any(char.isalnum() for char in translation):
        return Verdict(faults=("empty",))
    faults: list[Fault] = []
    if _in_wrong_language(translation, way):
        faults.append("language")
    if _is_untranslated(source, translation, way):
        faults.append("untranslated")
    if _is_reply(source, translation):
        faults.append("reply")
    if not _fits(source, translation, way):
        faults.append("length")
    lost_numbers = quantities.lost(source, translation, way.source, way.target)
    if lost_numbers or quantities.added(source, translation, way.source, way.target):
        faults.append("number")
    lost_names = names.lost(source, translation, way.source, way.target)
    if lost_names or names.added(source, translation, way.source, way.target):
        faults.append("name")
    return Verdict(faults=tuple(faults), lost=(*lost_numbers, *lost_names))


def _is_untranslated(source: str, translation: str, way: Direction) -> bool:
    """Whether the source was repeated, or several of its words stand in the translation as they were."""
    if words_of(source) == words_of(translation):
        return len(words_of(source)) >= _SAME_WORDS and any(word.islower() for word in source.split())
    languages = {way.source, way.target}
    if languages & {"ru", "zh"} or any(languages <= related for related in _RELATED):
        return False
    kept = [word for word in set(_LONG_WORD.findall(translation)) & set(_LONG_WORD.findall(source)) if word.islower()]
    return len(kept) >= _SAME_WORDS - 1


def _in_wrong_language(translation: str, way: Direction) -> bool:
    found = language_among(translation, (way.target, way.source))
    if way.target in {"ru", "zh"}:  # they have a script of their own
        return found != way.target
    return found == way.source


def _is_reply(source: str, translation: str) -> bool:
    """Whether a question became a statement, a statement a question, or one sentence several."""
    if asks(source) != asks(translation):
        return True
    said = translation.casefold().replace("\u2019", "'")
    if any(each in said and each not in source.casefold() for each in _SPEAKS_OF_ITSELF):
        return True
    return len(_said(translation)) > max(1, len(_said(source))) + 1


def asks(text: str) -> bool:
    """Whether `text` ends with a question mark."""
    return text.rstrip("\"'\u201d\u2019\u00bb) ").endswith(("?", "\uff1f"))


def _said(text: str) -> Sequence[str]:
    return whole_sentences(text)


def _fits(source: str, translation: str, way: Direction) -> bool:
    was, now = _length(source, way.source), _length(translation, way.target)
    return SHORTEST * was - SLACK_CHARACTERS <= now <= LONGEST * was + SLACK_CHARACTERS


def _length(text: str, language: str) -> float:
    return len(text) * (CHINESE if language == "zh" else 1.0)
