"""Events about how long things took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from voicecli.events.field_types import Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """The time of each step of a turn, from the end of speech or from the typed line. None if there was no such step.

    Attributes:
        endpoint_ms: Until the endpoint was certain.
        stt_ms: Until the transcript was complete.
        first_token_ms: Until the first token of the reply.
        first_audio_ms: Until the first sound of the reply was synthesized.
        voice_to_voice_ms: Until the first sound of the reply was passed to the speaker.
        speculative: Whether the answer was started before the endpoint.
    """

    json_name: ClassVar = "latency"
    t_s: float
    turn: int
    endpoint_ms: float | None
    stt_ms: float | None
    first_token_ms: float | None
    first_audio_ms: float | None
    voice_to_voice_ms: float | None
    speculative: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTimed:
    """How long a job waited for its stage and took, with the setting `log.stages`. It ended when the event is told.

    Attributes:
        stage: `listen`, `transcribe`, `judge`, `respond` or `synthesize`.
        job: The kind of job.
        attempt: Which draft of the turn it belongs to.
        waited_ms: Time in the channel before the stage.
        ran_ms: Time in the stage.
        cancelled: Whether the turn was cancelled.
    """

    json_name: ClassVar = "stage"
    t_s: float
    turn: int
    stage: Label
    job: Label
    attempt: int
    waited_ms: float
    ran_ms: float
    cancelled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A device has lost sound, because the computer was too busy.

    Attributes:
        device: `microphone` or `speaker`.
        blocks: How many blocks of 20 ms were lost since the last such event.
    """

    json_name: ClassVar = "dropped"
    t_s: float
    device: Label
    blocks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Buffered:
    """The loudspeaker's sound broke off, in silence or in an answer, so its buffer is larger. A paused answer falls silent later from now on.

    Attributes:
        block_ms: Length of a block.
        held_ms: How much sound the card holds.
    """

    json_name: ClassVar = "buffer"
    t_s: float
    block_ms: float
    held_ms: float
