"""Slot: holds the engine of a stage, which may be exchanged while the stage works."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

from voicecli.engines.ports import IsCancelled

T = TypeVar("T")

RECHECK_S = 0.1
"""How often a stage that waits for an engine looks whether its work is still wanted."""


class Slot(Generic[T]):
    """An engine, or none for as long as one is being loaded.

    Thread: `put` any, `take` the stage's.
    """

    def __init__(self, engine: T | None) -> None:
        self._engine = engine
        self._changed = threading.Condition()

    def put(self, engine: T | None) -> None:
        """From the next `take` on it is this one; None takes the present one away."""
        with self._changed:
            self._engine = engine
            self._changed.notify_all()

    @property
    def now(self) -> T | None:
        """The engine, without waiting for one."""
        return self._engine

    def take(self, is_cancelled: IsCancelled) -> T | None:
        """The engine; waits until there is one. None when the work was cancelled first."""
        with self._changed:
            while self._engine is None and not is_cancelled():
                self._changed.wait(RECHECK_S)
            return self._engine
