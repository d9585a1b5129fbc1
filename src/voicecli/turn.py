"""Turn: an identity and a one-way cancel flag."""

from __future__ import annotations

from typing import final


@final
class Turn:
    """One exchange: what a person said and what is answered.

    The conductor makes a turn and everything the turn gives rise to carries it. A draft (an answer prepared while it is not yet
    sure that the person has finished) is a turn like any other, whose sound is not yet let out; when the person goes on, it is cancelled
    and the next attempt gets a turn of its own with the same `number`.

    Thread: any. `cancel` only ever goes from False to True, so no lock is needed.

    Attributes:
        number: Counts the turns of a session from 1; what a user sees.
        attempt: Counts the drafts of that turn from 1.
    """

    __slots__ = ("_cancelled", "attempt", "number")

    def __init__(self, number: int, attempt: int = 1) -> None:
        self.number = number
        self.attempt = attempt
        self._cancelled = False

    @property
    def cancelled(self) -> bool:
        """Whether the work for this turn is wanted no more."""
        return self._cancelled

    def cancel(self) -> None:
        """Ends the turn for good; may be called twice."""
        self._cancelled = True

    def is_cancelled(self) -> bool:
        """`cancelled` as a function: all that an engine gets to see of a turn."""
        return self._cancelled

    def __repr__(self) -> str:
        state = ", cancelled" if self._cancelled else ""
        return f"Turn({self.number}.{self.attempt}{state})"
