"""Reports of measurements: how long jobs waited and took (only with `log.stages`), stages that are late, and sound that a device has lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

AUDIBLE_BLOCKS: Final = 3
"""Blocks lost at a time from which the user is told. One or two, 40 ms, are lost now and then when a stream starts, and are hardly heard."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class StageBusy:
    """The stage with this name still works on something two seconds after its turn was cancelled. It is reported once in a session."""

    stage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundDropped:
    """A device has lost sound, because this computer was too busy: a gap in what was heard, or in the answer.

    Attributes:
        device: `microphone` or `speaker`.
        blocks: How many blocks of 20 ms were lost since the last report.
    """

    device: str
    blocks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BufferEnlarged:
    """The speaker's sound broke off, so the sound card holds more of it from now on.

    Attributes:
        block_ms: Length of a block.
        held_ms: How much the card holds.
    """

    block_ms: float
    held_ms: float


Measured: TypeAlias = StageRan | StageBusy | SoundDropped | BufferEnlarged
"""The reports."""
