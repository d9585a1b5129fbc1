"""The events of reading a text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias


class Word(NamedTuple):
    """A complete word. A tuple, because a Chinese text has one for each character, and a tuple is made in a third of the time.

    Attributes:
        text: The result of `plain_word`; never empty.
        start: Offset of its first character, signs included, in the raw text.
        end: Offset behind its last character, signs included; `start` for a mark that was added.
        glued: Whether there was no space before it.
    """

    text: str
    start: int
    end: int
    glued: bool


class Glance(NamedTuple):
    """The first letter or digit of a word that is still being read. `start` is as in the `Word` to come.

    A Chinese or Japanese character has none, because it is a word of its own and complete at once.
    """

    letter: str
    start: int


@dataclass(slots=True)
class LineEnd:
    """A line is over. It is not known yet whether the text continues in the next one. `end`: offset behind it.

    It is never changed. It is not frozen because a frozen object takes three times as long to make.
    """

    end: int


@dataclass(slots=True)
class Break:
    """The text does not continue: a paragraph, list item, heading or row is over. `start`: offset of what comes next. Not frozen, as `LineEnd`."""

    start: int


Event: TypeAlias = Word | Glance | LineEnd | Break


def unwritten(sentence: str, at: int) -> list[Word]:
    """Returns the words of a sentence that is spoken in place of the text at `at`."""
    return [Word(text, at, at, glued=False) for text in sentence.split()]


def joined(words: Iterable[Word]) -> str:
    """Joins the words with their original spaces."""
    return "".join(word.text if word.glued else f" {word.text}" for word in words)
