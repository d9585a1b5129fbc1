"""Events: facts about a session, broadcast to the parts that show or record them.

Events carry the number of a turn, never a live `Turn`, so a receiver cannot change anything. Only the conductor broadcasts them. `t_s` is
seconds since the session began, in wall time.

`chat --json` prints the classes with a `json_name`, one object per line. The others are for the screen only.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias

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
from voicecli.events.field_types import HOLDS_NO_WORDS, HOLDS_WORDS, Label, Mode, Phase, Words
from voicecli.events.history import MemoryChanged, PastTurn, Resumed, Titled
from voicecli.events.timing import Buffered, Dropped, Latency, StageTimed
from voicecli.events.tools import SaidForClient, ToolUsed

__all__ = [
    "HOLDS_NO_WORDS",
    "HOLDS_WORDS",
    "AnswerPaused",
    "AnswerResumed",
    "Buffered",
    "Bye",
    "Changed",
    "Cleared",
    "ConfirmAsked",
    "Dropped",
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
    "RecordingChanged",
    "Reply",
    "ReplyDelta",
    "Resumed",
    "SaidForClient",
    "Speaking",
    "SpeechEnded",
    "SpeechStarted",
    "Spoken",
    "StageTimed",
    "Titled",
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
        models: Maps a kind (`stt`, `llm`, `voice`) to the name of the model in use.
        device: Maps a kind to `cpu` or `cuda`, or to `server` for a model on a server.
        offline: Whether connections that leave the machine are refused, as measured when the session began.
        sends: Maps what leaves the machine with the user's consent (`text`, `sound`) to the host and port it is sent to.
        walls: What refuses them, if it worked when it was tested: `python`, `system-calls`, `landlock`, `unix-sockets`.
        microphone: The name of the microphone; None if the session is typed.
        speaker: The name of the speaker; None if nothing is played.
        duplex: `full` if the user may talk over the answer, `half` if not, None without a microphone.
        speculation: When work is done before it is certain to be needed: `off`, `pauses` or `speech`.
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
    sends: dict[Label, Label] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStarted:
    """A sound file that replaces the microphone has begun. `number`: from 1. `at_ms`: microphone time of its first sample."""

    json_name: ClassVar = "file_started"
    t_s: float
    number: int
    name: Label
    at_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechStarted:
    """A person has begun to speak. `at_ms`: microphone time of the first speech."""

    json_name: ClassVar = "speech_started"
    t_s: float
    turn: int
    at_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechEnded:
    """A person has finished speaking.

    Attributes:
        at_ms: Microphone time of the last speech.
        duration_ms: Length of the utterance, including pre-roll and tail.
        reason: How the end was detected; `noise` if it was not speech, or was discarded.
        waited_ms: Silence after the last speech before the end was detected.
        because: What determined the wait: `finished-sentence`, `unfinished-text`, `turn-model`, `undecided`, `silence`, `limit`, or the reason. For
            `noise`: `noise`, `nothing-said` (with the key down), `discarded`, `muted` or `typed` (the user typed instead).
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
    """The recognised or typed text. If `final` is false, the person may still go on."""

    json_name: ClassVar = "transcript"
    t_s: float
    turn: int
    text: Words
    language: Label
    final: bool
    typed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Recognised text, or a part of it, is not answered.

    Attributes:
        because: The reason. Text that the recogniser probably invented (`speech.hallucination`): `no-words`, `silent`, `no-speech`, `credits`,
            `phantom`, `repetition` or `too-much`. The assistant's own voice: `own-words`, or `own-words-first` if a person's words follow, which are
            answered.
    """

    json_name: ClassVar = "ignored"
    t_s: float
    turn: int
    because: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplexChanged:
    """The user may now talk over answers (`full`) or may no longer do so (`half`)."""

    json_name: ClassVar = "duplex"
    t_s: float
    duplex: Literal["full", "half"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmAsked:
    """The recognised text waits for the user to send, correct or discard it."""

    t_s: float
    turn: int
    text: Words
    language: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """A question and its answer were removed from the conversation.

    Attributes:
        turn: The turn that was answered last, or was being answered.
        text: The whole question.
        turns: All removed turns, oldest first. A question may have been said in parts, and each part was shown as a turn.
    """

    json_name: ClassVar = "undone"
    t_s: float
    turn: int
    text: Words
    turns: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """A new conversation begins. Earlier turns no longer count."""

    json_name: ClassVar = "cleared"
    t_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonaChanged:
    """The persona `name` applies from the next question on."""

    json_name: ClassVar = "persona"
    t_s: float
    name: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """`what` now has the value `value`: the name of a voice or a model, a language (or `auto`), a speed, or a volume in percent."""

    json_name: ClassVar = "changed"
    t_s: float
    what: Literal["voice", "model", "language", "speed", "volume"]
    value: Label | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Information for the user that is not an error. `code` is stable, `message` is a sentence."""

    json_name: ClassVar = "notice"
    t_s: float
    code: Label
    message: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRaised:
    """Something failed. If `turn` is set, the turn failed and the session goes on."""

    json_name: ClassVar = "error"
    t_s: float
    turn: int | None
    code: Label
    message: Label
    hint: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingChanged:
    """A recording with the talk key begins (`on`), or ends: the key was released or tapped again, the utterance was too long, or it was discarded."""

    json_name: ClassVar = "recording"
    t_s: float
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MicrophoneMuted:
    """The user muted or unmuted the microphone. While it is muted, its sound is neither used nor kept."""

    json_name: ClassVar = "muted"
    t_s: float
    muted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseChanged:
    """The phase of the session. It may be the same as before, if a key changed nothing."""

    t_s: float
    phase: Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelChanged:
    """The level of the microphone, about ten times a second; `dbfs` is from -96 to 0."""

    t_s: float
    dbfs: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bye:
    """The session is over; no event follows. `turns`: the number of answered turns."""

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
    | SaidForClient
    | TurnSettled
    | Titled
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
    | RecordingChanged
    | Dropped
    | Buffered
    | StageTimed
    | PhaseChanged
    | LevelChanged
    | Bye
)


def as_json(event: Event) -> dict[str, object] | None:
    """Returns the object that `--json` prints for `event`, with `event` and `t` first; None for events for the screen only."""
    name = getattr(event, "json_name", None)
    if name is None:
        return None
    values = dataclasses.asdict(event)
    record: dict[str, object] = {"event": name, "t": round(values.pop("t_s"), 3)}
    for key, value in values.items():
        if key == "turn" and value is None:
            continue
        if isinstance(value, float):
            record[key] = round(value, 1)
        else:
            record[key] = list(value) if isinstance(value, tuple) else value
    return record
