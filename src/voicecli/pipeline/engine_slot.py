"""Slot: holds the engine of a stage. The engine may be replaced while the stage works."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

from voicecli.engines.ports import IsCancelled

T = TypeVar("T")

RECHECK_S = 0.1
"""How often a stage that waits for an engine checks whether its work was cancelled."""


class EngineSlot(Generic[T]):
    """Holds an engine, or None while one is being loaded.

    Thread: `put` from any, `take` from the stage's.
    """

    def __init__(self, engine: T | None) -> None:
        self._engine = engine
        self._changed = threading.Condition()

    def put(self, engine: T | None) -> None:
        """Sets the engine from the next `take` on. None removes the present one."""
        with self._changed:
            self._engine = engine
            self._changed.notify_all()

    @property
    def now(self) -> T | None:
        """The engine, without waiting for one."""
        return self._engine

    def take(self, is_cancelled: IsCancelled) -> T | None:
        """Waits until there is an engine, and returns it; None if the work was cancelled first."""
        with self._changed:
            while self._engine is None and not is_cancelled():
                self._changed.wait(RECHECK_S)
            return self._engine
