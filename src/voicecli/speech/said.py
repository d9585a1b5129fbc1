"""The words of what is said: where each stands in the text for the voice, where in the reply as it was written, and when it is heard."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from voicecli.speech.marks import can_be_said, is_wide
from voicecli.speech.words import Word


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidWord:
    """One word of a piece.

    Attributes:
        said_start: Offset of its first character in the text for the voice.
        said_end: Offset behind its last one there, marks included.
        start: Offset of what was written for it in the raw reply, markup included.
        end: Offset behind that.
    """

    said_start: int
    said_end: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedWord:
    """When a word of a piece sounds, in samples from the beginning of the piece.

    Attributes:
        word: Its number among the words of the piece.
        from_sample: Its first sample.
        to_sample: The one behind its last; the pause after it is not its own.
    """

    word: int
    from_sample: int
    to_sample: int


def spans(text: str) -> list[tuple[int, int]]:
    """The words of `text` as a listener counts them: from where to where each goes, spaces left out, in order.

    A Chinese or Japanese character is a word of its own. Marks and signs that stand alone belong to the word before, or else to the one
    behind: what has no letter and no number in it is no word.
    """
    found: list[tuple[int, int]] = []
    leading: int | None = None
    for start, end in _runs(text):
        if can_be_said(text[start:end]):
            found.append((start if leading is None else leading, end))
            leading = None
        elif found:
            found[-1] = found[-1][0], end
        elif leading is None:
            leading = start
    return found


def _runs(text: str) -> Iterable[tuple[int, int]]:
    for run in re.finditer(r"\S+", text):
        start = run.start()
        for at in range(run.start() + 1, run.end()):
            if text[at].isalnum() and (is_wide(text[at]) or is_wide(text[at - 1])):
                yield start, at
                start = at
        yield start, run.end()


def said_words(text: str, words: Sequence[Word], *, start: int, end: int) -> tuple[SaidWord, ...]:
    """Finds what was written for each word of `text`.

    Letters and numbers are compared, and what changed on the way (a formula, a sign that became a word) takes the place between its neighbours.

    Args:
        text: What the voice is to say, made of `words`.
        words: Of the reader, in order.
        start: Where the piece starts in the raw reply.
        end: Where it ends.

    Returns:
        The words of `text`, none of which is written before the one before it has ended.
    """
    letters: list[str] = []
    places: list[tuple[int, int]] = []
    for word in words:
        own = [char for char in word.text if char.isalnum()]
        length = word.end - word.start
        letters += own
        if not own and places and length:  # a dash, a sign of its own
            places[-1] = places[-1][0], max(places[-1][1], word.end)
        places += [
            (word.start + length * n // len(own), word.start + length * (n + 1) // len(own)) for n in range(len(own))
        ]
    found = spans(text)
    said = [(n, char) for n, (first, after) in enumerate(found) for char in text[first:after] if char.isalnum()]
    reached: list[tuple[int, int] | None] = [None] * len(found)
    for (n, _), at in zip(said, matched([char for _, char in said], letters), strict=True):
        if at is not None:
            before = reached[n]
            reached[n] = places[at] if before is None else (before[0], places[at][1])
    result = []
    least = start
    for (first, after), place in zip(found, reached, strict=True):
        written_start, written_end = place or (least, least)
        written_start = min(end, max(least, written_start))
        least = min(end, max(written_start, written_end))
        result.append(SaidWord(said_start=first, said_end=after, start=written_start, end=least))
    return tuple(result)


def matched(one: Sequence[str], other: Sequence[str]) -> list[int | None]:
    """Where each element of `one` is found in `other`; never before the one before it. None for what is not there.

    What was put in the place of something else counts as that, by its share.
    """
    if one == other:
        return list(range(len(one)))
    found: list[int | None] = [None] * len(one)
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag in {"equal", "replace"}:
            found[i1:i2] = [j1 + (i - i1) * (j2 - j1) // (i2 - i1) for i in range(i1, i2)]
    return found


def by_length(words: Sequence[SaidWord], samples: int) -> tuple[TimedWord, ...]:
    """When each of `words` sounds, if all characters take the same time: for voices that do not say it themselves.

    Args:
        words: Of a piece.
        samples: How long the piece is.
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
    """Spans made to follow each other within `samples`: none begins before the one before it, and none ends after the next begins."""
    starts: list[int] = []
    ends: list[int] = []
    for start, end in words:
        starts.append(min(samples, max(start, starts[-1] if starts else 0)))
        ends.append(min(samples, max(end, starts[-1])))
    limits = [*(after for _, after in pairwise(starts)), samples]
    return [(start, min(end, limit)) for start, end, limit in zip(starts, ends, limits, strict=False)]
