"""What is known of a text while it is being read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Word:
    """A word that is complete.

    Attributes:
        text: What `plain_word` left of it; never empty.
        start: Offset of its first character, signs included, in the raw text.
        end: Offset behind its last one, signs included; `start` for a mark that nobody wrote.
        glued: Whether there was no space before it.
    """

    text: str
    start: int
    end: int
    glued: bool


@dataclass(frozen=True, slots=True)
class Glance:
    """The first letter or digit of a word that is still being read; `start` as in the `Word` to come."""

    letter: str
    start: int


@dataclass(frozen=True, slots=True)
class LineEnd:
    """A line is over. It is not known yet whether what was said goes on in the next one. `end`: offset behind it."""

    end: int


@dataclass(frozen=True, slots=True)
class Break:
    """What was said does not go on: a paragraph, list item, heading or row is over. `start`: offset of what comes next."""

    start: int


Event: TypeAlias = Word | Glance | LineEnd | Break


def unwritten(sentence: str, at: int) -> list[Word]:
    """The words of a sentence that is said in place of what is written at `at`."""
    return [Word(text, at, at, glued=False) for text in sentence.split()]


def joined(words: Iterable[Word]) -> str:
    """The words with the spaces that were between them."""
    return "".join(word.text if word.glued else f" {word.text}" for word in words)
