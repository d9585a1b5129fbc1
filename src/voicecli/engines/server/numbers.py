"""Checks numbers that a server wrote. JSON has numbers of any size, and Python computes with few of them. Pure logic."""

from __future__ import annotations

import math
from typing import Final

MOST_TOKENS: Final = 1 << 31
"""No context and no prompt has so many tokens."""


def tokens_of(value: object) -> int | None:
    """Returns a number of tokens; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < MOST_TOKENS:
        return None
    return value


def finite(value: object) -> float | None:
    """Returns a number that can be computed with; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None
