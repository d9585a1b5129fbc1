"""Compares spoken text with recognised text."""

from __future__ import annotations

import re


def plain(text: str) -> list[str]:
    """The words without case and punctuation."""
    return re.findall(r"[\w']+", text.lower())


def word_error_rate(said: str, heard: str) -> float:
    """Substitutions, insertions and deletions divided by the number of spoken words (Levenshtein distance)."""
    reference, hypothesis = plain(said), plain(heard)
    row = list(range(len(hypothesis) + 1))
    for i, word in enumerate(reference, start=1):
        previous, row[0] = row[0], i
        for j, other in enumerate(hypothesis, start=1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (word != other))
    return row[-1] / max(1, len(reference))
