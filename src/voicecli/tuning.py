"""Reports about changes during a session: voice, model, language, speed, volume, and remembered facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from voicecli.engines.ports import ChatModel, Transcriber, Voice
from voicecli.errors import VoiceCliError
from voicecli.pcm import Pcm

Dial: TypeAlias = Literal["speed", "volume"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceChosen:
    """The user requests another voice: a name of the catalogue, or a file."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChosen:
    """The user requests another language model.

    Attributes:
        name: A name of the catalogue, or a file.
        beside: Whether there is memory for it in addition to the present one; if not, that one is released first.
    """

    name: str
    beside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageChosen:
    """From the next utterance on this language is expected, ISO 639-1; None to detect it for each utterance."""

    language: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DialSet:
    """The user sets `speed`, as the setting `reply.speed`, or `volume`, as `audio.volume`; within their limits."""

    dial: Dial
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DialTurned:
    """The user requests a step faster, or louder; with `up` False slower, or softer."""

    dial: Dial
    up: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VoiceLoaded:
    """The voice requested as `name` is ready."""

    name: str
    voice: Voice


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModelLoaded:
    """The language model requested as `name` has read the conversation and is ready."""

    name: str
    model: ChatModel


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReleased:
    """The memory of the language model was freed."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TranscriberLoaded:
    """The recogniser is loaded again."""

    transcriber: Transcriber


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleTimeOver:
    """Nothing was said for as long as the setting `models.keep_alive` allows.

    Attributes:
        minutes: How long that was.
    """

    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFailed:
    """The engine requested as `name` cannot be loaded."""

    kind: Literal["voice", "llm", "stt"]
    name: str
    error: VoiceCliError


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineCrashed:
    """The process of an engine died, or was ended because it hung. `message` says so, and what happens next."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsChanged:
    """The remembered facts about the user have changed.

    Attributes:
        facts: All of them, the oldest first.
        added: The added fact; empty if none was.
        removed: The removed fact; empty if none was.
    """

    facts: tuple[str, ...]
    added: str = ""
    removed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesChanged:
    """The files that the user gave have changed. `message` says so."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SoundChosen:
    """The user requests saved sound: `pcm` at 16 kHz."""

    pcm: Pcm


Change: TypeAlias = (
    VoiceChosen
    | ModelChosen
    | LanguageChosen
    | DialSet
    | DialTurned
    | VoiceLoaded
    | ModelLoaded
    | ModelReleased
    | TranscriberLoaded
    | EngineFailed
    | EngineCrashed
    | FactsChanged
    | FilesChanged
    | SoundChosen
)

Tuning: TypeAlias = Change | IdleTimeOver
