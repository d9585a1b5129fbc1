"""Python's own pauses, kept short: a block of sound waits for nobody."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

SWITCH_S = 0.001
"""How long one thread may keep Python to itself while another wants it; by default 5 ms. A key and a block of sound pass through
four threads, and each of them may find the screen being drawn."""


def share() -> None:
    """Lets threads take turns sooner."""
    sys.setswitchinterval(SWITCH_S)


@contextmanager
def short_collections() -> Iterator[None]:
    """Keeps what is there already out of garbage collection, to be entered when everything is loaded.

    To look through the 90,000 objects of all the libraries took 70 ms on two cores and 210 ms while the engines computed, some times in ten minutes;
    no thread runs Python meanwhile, and the card ran out of sound.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
