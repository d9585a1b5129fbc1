"""Suggestions for mistyped names."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """Returns "Did you mean NAME?", or "" if no name is similar to `word`.

    Case is ignored. 0.6 is difflib's own cutoff. It tolerates two wrong letters in five.
    """
    by_folded = {name.casefold(): name for name in names}
    near = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return f"Did you mean {by_folded[near[0]]}?" if near else ""
