"""Facts about a session, broadcast to whoever shows or records them.

Events carry a turn's number, never a live `Turn`; whoever receives them can change nothing. The conductor is the only
one that broadcasts. `t_s` is seconds since the session began (wall time, for people and logs).

The classes with a `json_name` are what `chat --json` prints, one object per line; the others are for the screen alone.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias

from voicecli.events.answers import (
    AnswerPaused,
    AnswerResumed,
    Interrupted,
    Reply,
    ReplyDelta,
    Speaking,
    Spoken,
    TurnSettled,
)
from voicecli.events.past import MemoryChanged, PastTurn, Resumed
from voicecli.events.tools import ToolUsed
from voicecli.events.vocabulary import HOLDS_NO_WORDS, HOLDS_WORDS, Label, Mode, Phase, Words

__all__ = [
    "HOLDS_NO_WORDS",
    "HOLDS_WORDS",
    "AnswerPaused",
    "AnswerResumed",
    "Bye",
    "Changed",
    "Cleared",
    "ConfirmAsked",
    "DuplexChanged",
    "ErrorRaised",
    "Event",
    "FileStarted",
    "Ignored",
    "Interrupted",
    "Label",
    "Latency",
    "LevelChanged",
    "MemoryChanged",
    "MicrophoneMuted",
    "Mode",
    "Notice",
    "PastTurn",
    "PersonaChanged",
    "Phase",
    "PhaseChanged",
    "Ready",
    "Reply",
    "ReplyDelta",
    "Resumed",
    "Speaking",
    "SpeechEnded",
    "SpeechStarted",
    "Spoken",
    "ToolUsed",
    "Transcript",
    "TurnSettled",
    "Undone",
    "Words",
    "as_json",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The session has begun.

    Attributes:
        models: Kind (`stt`, `llm`, `voice`) to the name of the model in use.
        device: Kind to `cpu` or `cuda`.
        offline: Whether connections that leave the machine are refused, as was measured when the session began.
        walls: What refuses them, as far as it held when it was tried: `python`, `system-calls`, `landlock`.
        microphone: Its name, or None when the session is typed.
        speaker: Its name, or None when nothing is heard.
        duplex: `full` when the user may talk over the answer, `half` when not, None without a microphone.
        speculation: What is prepared before it is sure that it is needed: `off`, `pauses` or `speech`.
        mode: What opens a turn.
    """

    json_name: ClassVar = "ready"
    t_s: float
    models: dict[Label, Label]
    device: dict[Label, Label]
    offline: bool
    microphone: Label | None
    speaker: Label | None
    duplex: Literal["full", "half"] | None
    mode: Mode
    speculation: Label = "off"
    walls: tuple[Label, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStarted:
    """A sound file that stands for the microphone began. `number`: from 1; `at_ms`: microphone time of its first sample."""

    json_name: ClassVar = "file_started"
    t_s: float
    number: int
    name: Label
    at_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechStarted:
    """A person began to speak. `at_ms`: microphone time of the first speech."""

    json_name: ClassVar = "speech_started"
    t_s: float
    turn: int
    at_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechEnded:
    """A person has finished.

    Attributes:
        at_ms: Microphone time of the last speech.
        duration_ms: Length of the utterance, pre-roll and tail included.
        reason: How that was known; `noise` when it was no speech, or nobody wants it.
        waited_ms: Silence that was waited out.
        because: What decided how long: `finished-sentence`, `unfinished-text`, `turn-model`, `undecided`, `silence`, `limit`, or the reason; of
            `noise`: `noise`, `nothing-said` (with the key down), `discarded`, `muted` or `typed` (by the user, who typed instead).
    """

    json_name: ClassVar = "speech_ended"
    t_s: float
    turn: int
    at_ms: float
    duration_ms: float
    reason: Literal["silence", "limit", "key", "noise"]
    waited_ms: float = 0.0
    because: Label = "silence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What was heard (or typed). Not final: the person may go on."""

    json_name: ClassVar = "transcript"
    t_s: float
    turn: int
    text: Words
    language: Label
    final: bool
    typed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Something that was heard, or a part of it, is not answered.

    Attributes:
        because: Why. What the recogniser wrote was not believed (`speech.phantom`): `no-words`, `silent`, `no-speech`, `credits`, `phantom`,
            `repetition` or `too-much`. Or it was the assistant's own voice: `own-words`, or
            `own-words-first` where a person's words follow, which are answered.
    """

    json_name: ClassVar = "ignored"
    t_s: float
    turn: int
    because: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplexChanged:
    """From now on the user may talk over answers (`full`) or not (`half`)."""

    json_name: ClassVar = "duplex"
    t_s: float
    duplex: Literal["full", "half"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmAsked:
    """What was heard waits to be sent as it is, corrected, or thrown away."""

    t_s: float
    turn: int
    text: Words
    language: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """A question and its answer were taken back: from now on they were never said.

    Attributes:
        turn: The one that was answered last, or was being answered.
        text: The whole question.
        turns: All turns that count no more, oldest first: a question may have been said in parts, each of which was shown as a turn of its own.
    """

    json_name: ClassVar = "undone"
    t_s: float
    turn: int
    text: Words
    turns: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """A new conversation begins; nothing that was said before counts."""

    json_name: ClassVar = "cleared"
    t_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonaChanged:
    """From the next question on the assistant is somebody else: `name`."""

    json_name: ClassVar = "persona"
    t_s: float
    name: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """From now on `what` is `value`: the name of a voice or a model, a language (or `auto`), a speed, or a volume in percent."""

    json_name: ClassVar = "changed"
    t_s: float
    what: Literal["voice", "model", "language", "speed", "volume"]
    value: Label | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Where the time of a turn went; each from the end of speech (or from the typed line), None where there was no such step.

    Attributes:
        endpoint_ms: Until it was sure that the person had finished.
        stt_ms: Until the transcript was there.
        first_token_ms: Until the first token of the reply.
        first_audio_ms: Until the first sound of the reply was synthesized.
        voice_to_voice_ms: Until the first sound of the reply was handed to the speaker.
        speculative: Whether the answer was begun before the endpoint.
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
class Notice:
    """Something a user should know that is not an error: `code` stable, `message` a sentence."""

    json_name: ClassVar = "notice"
    t_s: float
    code: Label
    message: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRaised:
    """Something failed. With a `turn`, the turn failed and the session goes on."""

    json_name: ClassVar = "error"
    t_s: float
    turn: int | None
    code: Label
    message: Label
    hint: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class MicrophoneMuted:
    """The user muted the microphone (nothing of what it hears is used, or kept), or opened it again."""

    json_name: ClassVar = "muted"
    t_s: float
    muted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseChanged:
    """The session does something else now; or still the same, when a key changed nothing."""

    t_s: float
    phase: Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelChanged:
    """How loud the microphone is, about ten times a second; `dbfs` from -96 to 0."""

    t_s: float
    dbfs: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bye:
    """The session is over; nothing follows. `turns`: how many were answered."""

    json_name: ClassVar = "bye"
    t_s: float
    turns: int


Event: TypeAlias = (
    Ready
    | FileStarted
    | SpeechStarted
    | SpeechEnded
    | Transcript
    | Ignored
    | ReplyDelta
    | Reply
    | Speaking
    | Spoken
    | Interrupted
    | ToolUsed
    | TurnSettled
    | AnswerPaused
    | AnswerResumed
    | DuplexChanged
    | ConfirmAsked
    | Undone
    | Cleared
    | Resumed
    | PastTurn
    | MemoryChanged
    | PersonaChanged
    | Changed
    | Latency
    | Notice
    | ErrorRaised
    | MicrophoneMuted
    | PhaseChanged
    | LevelChanged
    | Bye
)


def as_json(event: Event) -> dict[str, Any] | None:
    """The object that `--json` prints for `event`, `event` and `t` first; None for what only a screen wants."""
    name = getattr(event, "json_name", None)
    if name is None:
        return None
    values = dataclasses.asdict(event)
    record: dict[str, Any] = {"event": name, "t": round(values.pop("t_s"), 3)}
    for key, value in values.items():
        if key == "turn" and value is None:
            continue
        if isinstance(value, float):
            record[key] = round(value, 1)
        else:
            record[key] = list(value) if isinstance(value, tuple) else value
    return record
