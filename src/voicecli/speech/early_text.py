"""Whether the words so far may be all that a person is going to say, and whether they are the words that were said in the end. Pure."""

from __future__ import annotations

import re

from voicecli.speech.turn_completeness import CLOSED, looks_finished

FEWEST_WORDS = 3
"""Shorter utterances so far are hardly ever whole: "What is", "Tell me"."""

_WORDS = re.compile(r"[\w']+")
_QUESTION_MARKS = ("?", "\uff1f", "\u061f", "\u037e")


def may_be_whole(text: str, language: str) -> bool:
    """Whether `text` may be a whole question or request, by its words and its mark.

    Args:
        text: The words so far.
        language: ISO 639-1 code of `text`; empty if it is not known.
    """
    finished = looks_finished(text, language or "en")
    return finished is not None and finished >= CLOSED and len(_WORDS.findall(text)) >= FEWEST_WORDS


def same_words(text: str, other: str) -> bool:
    """Whether two texts have the same words, except for case and punctuation, and both are questions or both are not."""
    return _key(text) == _key(other)


def _key(text: str) -> tuple[bool, list[str]]:
    return text.rstrip("\"' ").endswith(_QUESTION_MARKS), _WORDS.findall(text.casefold())
