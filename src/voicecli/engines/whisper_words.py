"""When the words of a text that Whisper wrote were said. Pure; time is samples at 16 kHz.

The decoder's attention tells which frame each token belongs to. It puts the silence between two words into the second one, and the silence in
front of a recording into the first, so words are trimmed to what is loud.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voicecli.engines.ports import SpokenWord
from voicecli.pcm import RATE_HZ, Pcm, samples_of
from voicecli.speech.marks import can_be_said, is_wide

FRAME_S: Final = 0.02
"""A frame of the encoder's output, to which tokens are aligned."""

QUIET: Final = 0.06
"""Of the loudest block, by amplitude (-24 dB): what is softer is no word. Some soft consonants are as soft as that, so `MARGIN_MS` is kept."""

ABOVE_NOISE: Final = 2.5
NOISE_PERCENT: Final = 10
"""The same in a noisy recording: so many times the level that a tenth of the blocks stay below."""

PAUSE_MS: Final = 250.0
"""A word is not interrupted for so long; the stop of a "p" or "t" takes 100 ms."""

MARGIN_MS: Final = 60.0
BLOCK_MS: Final = 10.0
SHORTEST_MS: Final = 40.0


def word_spans(parts: Iterable[str], text: str) -> list[tuple[int, int, int]]:
    """Puts what the tokenizer calls words together to words of `text`: mark and word are one.

    Args:
        parts: In order, with their spaces; together they are `text`, maybe with other spaces.
        text: What was written.

    Returns:
        For each word from where to where it goes in `text`, and the number of its first part.
    """
    spans: list[tuple[int, int, int]] = []
    at = 0
    for number, part in enumerate(parts):
        word = part.strip()
        start = text.find(word, at) if word else -1
        if start < 0:
            continue
        at = start + len(word)
        is_mark, is_glued = not can_be_said(word), start > 0 and not text[start - 1].isspace()
        if spans and is_glued and (is_mark or not is_wide(word[0])):
            begun, end, first = spans[-1]
            spans[-1] = begun, at, first if can_be_said(text[begun:end]) else number
            continue
        _settle(spans, text)
        spans.append((start, at, number))
    _settle(spans, text)
    return spans


def _settle(spans: list[tuple[int, int, int]], text: str) -> None:
    """A mark that stands alone, such as a dash, belongs to the word before it."""
    if len(spans) > 1 and not can_be_said(text[spans[-1][0] : spans[-1][1]]):
        _, end, _ = spans.pop()
        spans[-1] = spans[-1][0], end, spans[-1][2]


def begin_times(alignments: Sequence[tuple[int, int]], tokens: int, end_s: float) -> list[float]:
    """When each token begins, in s, and behind them when the last one ends; never earlier than the one before.

    Args:
        alignments: Tokens and the frames that belong to them, in order.
        tokens: How many there are.
        end_s: How long the sound is.
    """
    first: dict[int, float] = {}
    for token, frame in alignments:
        first.setdefault(token, frame * FRAME_S)
    times: list[float] = []
    for token in range(tokens):
        times.append(min(end_s, max(first.get(token, 0.0), times[-1] if times else 0.0)))
    last = max((frame for token, frame in alignments if token < tokens), default=0)
    return [*times, min(end_s, max(times[-1] if times else 0.0, first.get(tokens, (last + 1) * FRAME_S)))]


def trimmed(words: Sequence[SpokenWord], utterance: Pcm) -> list[SpokenWord]:
    """The words without the silence around them; a word that begins before a pause and ends behind it was said behind it."""
    block = samples_of(BLOCK_MS)
    whole = len(utterance) // block
    if not whole or not words:
        return list(words)
    levels = np.abs(utterance[: whole * block].reshape(whole, block).astype(np.int32)).max(axis=1)
    is_loud = levels >= max(QUIET * float(levels.max()), ABOVE_NOISE * float(np.percentile(levels, NOISE_PERCENT)))
    margin, shortest = samples_of(MARGIN_MS), samples_of(SHORTEST_MS)
    found: list[SpokenWord] = []
    for word in words:
        first, last = word.from_sample // block, max(word.from_sample // block + 1, word.to_sample // block)
        pause = _pause(is_loud[first:last])
        start, end = word.from_sample, word.to_sample
        if pause is not None:
            if found and found[-1].to_sample >= start:
                found[-1] = replace(found[-1], to_sample=(first + pause[0]) * block + margin)
            start = (first + pause[1]) * block - margin
            first += pause[1]
        (loud,) = np.nonzero(is_loud[first:last])
        if len(loud):
            start = max(start, (first + int(loud[0])) * block - margin)
            end = min(end, (first + int(loud[-1]) + 1) * block + margin)
        start = max(start, found[-1].to_sample) if found else start
        end = min(max(end, start + shortest), len(utterance))
        found.append(SpokenWord(start=word.start, end=word.end, from_sample=min(start, end), to_sample=end))
    return found


def _pause(is_loud: NDArray[np.bool_]) -> tuple[int, int] | None:
    """The longest pause with sound on both sides, from which block to which; None where there is none."""
    (loud,) = np.nonzero(is_loud)
    gaps = np.diff(loud)
    if not len(gaps) or gaps.max() * BLOCK_MS < PAUSE_MS:
        return None
    at = int(np.argmax(gaps))
    return int(loud[at]) + 1, int(loud[at + 1])


def timed_words(
    text: str, parts: Sequence[str], counts: Sequence[int], alignments: Sequence[tuple[int, int]], utterance: Pcm
) -> list[SpokenWord]:
    """When the words of `text` were said.

    Args:
        text: What was written.
        parts: What the tokenizer calls its words.
        counts: How many tokens each of them has.
        alignments: Tokens and the frames that belong to them, in order.
        utterance: The sound.
    """
    firsts = [0, *accumulate(counts)]  # the first token of each part, and the number of all
    begins_s = begin_times(alignments, firsts[-1], len(utterance) / RATE_HZ)
    spans = word_spans(parts, text)
    ends = [*(first for _, _, first in spans[1:]), len(parts)]
    words = [
        SpokenWord(
            start=start,
            end=end,
            from_sample=round(begins_s[firsts[first]] * RATE_HZ),
            to_sample=round(begins_s[firsts[after]] * RATE_HZ),
        )
        for (start, end, first), after in zip(spans, ends, strict=True)
    ]
    return trimmed(words, utterance)
