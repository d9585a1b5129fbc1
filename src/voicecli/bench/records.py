"""What the benchmark's processes tell each other: the fields of events that it reads, and the jobs of its worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, TypedDict

from voicecli.config.rules import Value


class _Event(TypedDict):
    """What every record has."""

    event: str


class Record(_Event, total=False):
    """One JSON object on a line: an event of `chat --json`, or a result of the worker. An event has the fields of its kind."""

    t: float
    turn: int | None
    # ready
    models: dict[str, str]
    device: dict[str, str]
    # file_started, speech_started, speech_ended
    number: int
    name: str
    at_ms: float
    duration_ms: float
    reason: str
    # transcript, spoken, interrupted
    text: str
    final: bool
    cut: bool
    withdrawn: bool
    # latency
    endpoint_ms: float | None
    stt_ms: float | None
    first_token_ms: float | None
    first_audio_ms: float | None
    voice_to_voice_ms: float | None
    speculative: bool
    # stage
    stage: str
    job: str
    attempt: int
    ran_ms: float
    waited_ms: float
    cancelled: bool
    # error
    code: str
    message: str
    hint: str
    # spoken, by the worker
    path: str
    seconds: float
    dbfs: float
    # turn, by the worker: of the naive pipeline, or of each engine alone
    heard: str
    answer: str
    llm_ms: float
    tts_ms: float
    question_s: float
    answer_s: float
    stt_s: float
    tokens: int
    write_s: float
    tts_s: float


Claim: TypeAlias = Literal["endpoint_ms", "stt_ms", "first_token_ms", "first_audio_ms"]
"""The times in a `latency` event."""


class SpokenQuestion(TypedDict):
    """A question to be spoken into a file."""

    path: str
    clauses: list[str]
    pause_ms: int


class JobInput(TypedDict, total=False):
    """What a job works on: `speak` on questions, the others on files."""

    questions: list[SpokenQuestion]
    files: list[str]


class Job(JobInput):
    """A job of the worker. `job` names it, and `flags` are settings by name."""

    job: str
    flags: Mapping[str, Value | None]
