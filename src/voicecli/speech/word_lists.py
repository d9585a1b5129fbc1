"""Word lists written as text."""

from __future__ import annotations


def listed(text: str) -> tuple[str, ...]:
    """Returns the words of `text`, in order."""
    return tuple(text.split())


def among(text: str) -> frozenset[str]:
    """Returns the words of `text` as a set."""
    return frozenset(text.split())
