"""Reports about how long jobs waited and how long they took. They are made only where somebody measures (`log.stages`)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRan:
    """A stage has finished a job, or dropped it.

    Attributes:
        stage: The name of the stage.
        job: What kind of job it was: `transcribe`, `respond`, `read-ahead`, `speak`.
        turn: The number of its turn.
        attempt: Which draft of that turn it was.
        waited_ms: How long it waited in its channel.
        ran_ms: How long the stage worked on it, waiting for room in the next channel included.
        cancelled: Whether its turn was cancelled meanwhile.
    """

    stage: str
    job: str
    turn: int
    attempt: int
    waited_ms: float
    ran_ms: float
    cancelled: bool
