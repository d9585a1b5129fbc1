"""Compares spoken text with recognised text."""

from __future__ import annotations

import re
from collections.abc import Sequence


def plain(text: str) -> list[str]:
    """The words without case and punctuation."""
    return re.findall(r"[\w']+", text.lower())


def distance(reference: Sequence[str], hypothesis: Sequence[str]) -> int:
    """The number of substitutions, insertions and deletions between two sequences of words (Levenshtein distance)."""
    row = list(range(len(hypothesis) + 1))
    for i, word in enumerate(reference, start=1):
        previous, row[0] = row[0], i
        for j, other in enumerate(hypothesis, start=1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (word != other))
    return row[-1]


def word_error_rate(said: str, heard: str) -> float:
    """The distance divided by the number of spoken words."""
    reference = plain(said)
    return distance(reference, plain(heard)) / max(1, len(reference))
