"""Computes when the words of a text by Whisper were said. Pure; time is samples at 16 kHz.

The decoder's attention gives the frame of each token. It puts the silence between two words into the second one, and the silence at
the start of a recording into the first, so words are trimmed to their loud part.
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
from voicecli.speech.punctuation import can_be_said, is_wide

FRAME_S: Final = 0.02
"""A frame of the encoder's output, to which tokens are aligned."""

QUIET: Final = 0.06
"""Relative to the loudest block, by amplitude (-24 dB). Softer sound is not a word. Some soft consonants are this soft, so `MARGIN_MS` is kept."""

ABOVE_NOISE: Final = 2.5
NOISE_PERCENT: Final = 10
"""The same in a noisy recording: this many times the level below which a tenth of the blocks stay."""

PAUSE_MS: Final = 250.0
"""A word contains no pause of this length; the stop of a "p" or "t" takes 100 ms."""

MARGIN_MS: Final = 60.0
"""How much sound around a word belongs to it, for soft consonants."""

BLOCK_MS: Final = 10.0
"""Length of the blocks whose level is measured."""

SHORTEST_MS: Final = 40.0
"""The shortest time that a word is given."""


def word_spans(parts: Iterable[str], text: str) -> list[tuple[int, int, int]]:
    """Joins the tokenizer's words into words of `text`, so that a mark and its word are one.

    Args:
        parts: In order, with their spaces; together they are `text`, possibly with other spaces.
        text: The recognised text.

    Returns:
        For each word its start and end in `text`, and the index of its first part.
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
    """Adds a detached mark, such as a dash, to the word before it."""
    if len(spans) > 1 and not can_be_said(text[spans[-1][0] : spans[-1][1]]):
        _, end, _ = spans.pop()
        spans[-1] = spans[-1][0], end, spans[-1][2]


def begin_times(alignments: Sequence[tuple[int, int]], tokens: int, end_s: float) -> list[float]:
    """Returns when each token begins, in s, followed by the end of the last one. The times never decrease.

    Args:
        alignments: Tokens and their frames, in order.
        tokens: The number of tokens.
        end_s: The length of the sound.
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
    """Removes the silence around the words. A word that begins before a pause and ends after it was said after it."""
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
    """Returns the longest pause with sound on both sides: its first block and the block after its last; None if there is none."""
    (loud,) = np.nonzero(is_loud)
    gaps = np.diff(loud)
    if not len(gaps) or gaps.max() * BLOCK_MS < PAUSE_MS:
        return None
    at = int(np.argmax(gaps))
    return int(loud[at]) + 1, int(loud[at + 1])


def timed_words(
    text: str, parts: Sequence[str], counts: Sequence[int], alignments: Sequence[tuple[int, int]], utterance: Pcm
) -> list[SpokenWord]:
    """Returns when the words of `text` were said.

    Args:
        text: The recognised text.
        parts: The tokenizer's words.
        counts: The number of tokens of each part.
        alignments: Tokens and their frames, in order.
        utterance: The sound.
    """
    firsts = [0, *accumulate(counts)]  # the first token of each part, and the total
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
