"""The spoken words: where each is in the text for the voice, where in the written reply, and when it is heard."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import NamedTuple

from voicecli.speech.punctuation import WIDE_CLASS, can_be_said
from voicecli.speech.reader_events import Word


class SaidWord(NamedTuple):
    """One word of a chunk.

    Attributes:
        said_start: Offset of its first character in the text for the voice.
        said_end: Offset behind its last character there, marks included.
        start: Offset of its source in the raw reply, markup included.
        end: Offset behind its source.
    """

    said_start: int
    said_end: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedWord:
    """When a word of a chunk is heard, in samples from the beginning of the chunk.

    Attributes:
        word: Its index among the words of the chunk.
        from_sample: Its first sample.
        to_sample: The sample after its last. The pause after the word is not included.
    """

    word: int
    from_sample: int
    to_sample: int


_LONGEST_CHANGE = 24
"""In letters. Longer than any sign's name in LaTeX, and than most addresses."""

_SAME = 3
"""How many equal letters show that two texts are the same again."""

_LONGEST_MATCHED = 64
"""In letters. Longer changes are mapped proportionally, because `matched` would take too long."""

_LINE_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹ⁿ", "0123456789n")
"""Powers are written with `^` and spoken as raised digits."""


_RUN = re.compile(rf"\S(?:[^\w\s]|_|(?<![{WIDE_CLASS}])[^\s{WIDE_CLASS}])*")
"""A word with its marks: a Chinese or Japanese character, or what has no space in it."""


def spans(text: str) -> list[tuple[int, int]]:
    """Returns the start and end of each word of `text` as a listener counts them, in order, without spaces.

    A Chinese or Japanese character is a word of its own. Detached marks and signs belong to the word before, or, without one, to the word
    after. Text without a letter or number is not a word.
    """
    found: list[tuple[int, int]] = []
    leading: int | None = None
    for run in _RUN.finditer(text):
        start, end = run.span()
        if can_be_said(text[start:end]):
            found.append((start if leading is None else leading, end))
            leading = None
        elif found:
            found[-1] = found[-1][0], end
        elif leading is None:
            leading = start
    return found


def said_words(text: str, words: Sequence[Word], *, start: int, end: int) -> tuple[SaidWord, ...]:
    """Finds the source of each word of `text`.

    It compares letters and numbers. What was changed (a formula, a sign that became a word) gets the place between its neighbours.

    Args:
        text: The text for the voice, made of `words`.
        words: The reader's words, in order.
        start: Where the chunk starts in the raw reply.
        end: Where it ends.

    Returns:
        The words of `text`. No source begins before the previous one ends.
    """
    letters: list[str] = []
    places: list[tuple[int, int]] = []
    for written, first, after, _ in words:
        length = after - first
        if len(written) == 1:  # as in Chinese, and marks
            if written.isalnum():
                letters.append(written)
                places.append((first, after))
            elif places and length:
                places[-1] = places[-1][0], max(places[-1][1], after)
            continue
        own = [char for char in written if char.isalnum()]
        letters += own
        if not own and places and length:  # a dash or another detached sign
            places[-1] = places[-1][0], max(places[-1][1], after)
        places += [(first + length * n // len(own), first + length * (n + 1) // len(own)) for n in range(len(own))]
    found = spans(text)
    said = [char for char in text if char.isalnum()]
    reached: Sequence[tuple[int, int] | None] = places  # where every word is one letter
    if len(found) != len(letters) or said != letters:
        reached = _reached(text, found, aligned("".join(said), "".join(letters)), places)
    result = []
    least = start
    for (said_start, said_end), place in zip(found, reached, strict=True):
        written_start, written_end = place or (least, least)
        if not least <= written_start <= written_end <= end:
            written_start = min(end, max(least, written_start))
            written_end = min(end, max(written_start, written_end))
        least = written_end
        result.append(SaidWord(said_start, said_end, written_start, written_end))
    return tuple(result)


def _reached(
    text: str, found: Sequence[tuple[int, int]], letters: Sequence[int | None], places: Sequence[tuple[int, int]]
) -> list[tuple[int, int] | None]:
    """Returns the place of each word of `text`, from its first letter that was found to the last one; None if none was found."""
    of_word = [n for n, (first, after) in enumerate(found) for char in text[first:after] if char.isalnum()]
    reached: list[tuple[int, int] | None] = [None] * len(found)
    for n, at in zip(of_word, letters, strict=True):
        if at is not None:
            before = reached[n]
            reached[n] = places[at] if before is None else (before[0], places[at][1])
    return reached


def aligned(said: str, written: str) -> list[int | None]:
    """Does the same as `matched` for the letters of a text and those of its source, which differ in few places.

    It looks for the next place where both are the same again, and compares what is before it. So the time is linear, where that of `matched`
    is cubic for repeated letters.
    """
    said, written = said.translate(_LINE_DIGITS), written.translate(_LINE_DIGITS)
    if said == written:
        return list(range(len(said)))
    found: list[int | None] = []
    there = 0
    while (at := len(found)) < len(said):
        if said[at : at + 1] == written[there : there + 1]:
            found.append(there)
            there += 1
            continue
        change = _change(said[at : at + _LONGEST_CHANGE + _SAME], written[there : there + _LONGEST_CHANGE + _SAME])
        own, other = change or (len(said) - at, len(written) - there)
        if max(own, other) <= _LONGEST_MATCHED:
            places = matched(said[at : at + own], written[there : there + other])
            found += [None if place is None else there + place for place in places]
        else:
            found += [there + n * other // own for n in range(own)] if other else [None] * own
        there += other
    return found


def _change(said: str, written: str) -> tuple[int, int] | None:
    """Returns how many letters differ at the beginning of two texts before they are the same again; None if that is too far away."""
    for both in range(1, 2 * _LONGEST_CHANGE):
        for own in range(max(0, both - _LONGEST_CHANGE), min(both, _LONGEST_CHANGE) + 1):
            following = said[own : own + _SAME]
            if len(following) == _SAME and written.startswith(following, both - own):
                return own, both - own
    return None


def matched(one: Sequence[str], other: Sequence[str]) -> list[int | None]:
    """Returns the index in `other` for each element of `one`, in ascending order; None for elements that do not occur.

    A replaced run is mapped proportionally onto its replacement.
    """
    if one == other:
        return list(range(len(one)))
    found: list[int | None] = [None] * len(one)
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag in {"equal", "replace"}:
            found[i1:i2] = [j1 + (i - i1) * (j2 - j1) // (i2 - i1) for i in range(i1, i2)]
    return found


def by_length(words: Sequence[SaidWord], samples: int) -> tuple[TimedWord, ...]:
    """Estimates when each of `words` is heard, with equal time per character. For voices that do not report it.

    Args:
        words: The words of a chunk.
        samples: The length of the chunk.
    """
    if not words:
        return ()
    first, chars = words[0].said_start, words[-1].said_end - words[0].said_start

    def sample(char: int) -> int:
        return (char - first) * samples // max(1, chars)

    return tuple(
        TimedWord(word=n, from_sample=sample(word.said_start), to_sample=sample(word.said_end))
        for n, word in enumerate(words)
    )


def in_order(words: Iterable[tuple[int, int]], samples: int) -> list[tuple[int, int]]:
    """Adjusts spans so that they follow each other within `samples`: none begins before the previous one, and none ends after the next begins."""
    starts: list[int] = []
    ends: list[int] = []
    for start, end in words:
        starts.append(min(samples, max(start, starts[-1] if starts else 0)))
        ends.append(min(samples, max(end, starts[-1])))
    limits = [*(after for _, after in pairwise(starts)), samples]
    return [(start, min(end, limit)) for start, end, limit in zip(starts, ends, limits, strict=False)]
