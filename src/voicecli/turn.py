"""Turn: an identity and a one-way cancel flag."""

from __future__ import annotations

from typing import final


@final
class Turn:
    """One exchange: what a person said and the answer.

    The conductor creates a turn, and all work for it carries it. A draft (an answer prepared before it is certain
    that the person has finished) is an ordinary turn whose sound is not audible yet. If the person continues, it is cancelled,
    and the next attempt gets its own turn with the same `number`.

    Thread: any. The flag only ever changes from False to True, so no lock is needed.

    Attributes:
        number: Counts the turns of a session from 1; shown to users.
        attempt: Counts the drafts of that turn from 1.
    """

    __slots__ = ("_cancelled", "attempt", "number")

    def __init__(self, number: int, attempt: int = 1) -> None:
        self.number = number
        self.attempt = attempt
        self._cancelled = False

    @property
    def cancelled(self) -> bool:
        """Whether the turn was cancelled."""
        return self._cancelled

    def cancel(self) -> None:
        """Cancels the turn for good. May be called twice."""
        self._cancelled = True

    def is_cancelled(self) -> bool:
        """Returns `cancelled`. This function is all that an engine sees of a turn."""
        return self._cancelled

    def __repr__(self) -> str:
        state = ", cancelled" if self._cancelled else ""
        return f"Turn({self.number}.{self.attempt}{state})"
