"""Reports of what a person changes while a session runs: voice, model, language, speed, volume, and what is remembered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from voicecli.engines.ports import ChatModel, Transcriber, Voice
from voicecli.errors import VoiceCliError
from voicecli.pcm import Pcm

Dial: TypeAlias = Literal["speed", "volume"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceChosen:
    """Another voice is wanted: a name of the catalogue, or a file."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChosen:
    """Another language model is wanted.

    Attributes:
        name: A name of the catalogue, or a file.
        beside: Whether there is memory for it beside the present one; if not, that one is released first.
    """

    name: str
    beside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageChosen:
    """From the next utterance on this language is expected, ISO 639-1; None to find out for each utterance."""

    language: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DialSet:
    """`speed` as the setting `reply.speed` has it, or `volume` as `audio.volume`; within their limits."""

    dial: Dial
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DialTurned:
    """A step faster, or louder; or with `up` False slower, or softer."""

    dial: Dial
    up: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VoiceLoaded:
    """The voice that was wanted as `name` can speak."""

    name: str
    voice: Voice


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModelLoaded:
    """The language model that was wanted as `name` has read the conversation and can answer."""

    name: str
    model: ChatModel


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReleased:
    """The language model gave its memory back."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TranscriberLoaded:
    """The recogniser is in memory again."""

    transcriber: Transcriber


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleTimeOver:
    """Nothing has been said for as long as the setting `models.keep_alive` allows.

    Attributes:
        minutes: How long that was.
    """

    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFailed:
    """What was wanted as `name` cannot be loaded."""

    kind: Literal["voice", "llm", "stt"]
    name: str
    error: VoiceCliError


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineCrashed:
    """The process of an engine has died or was ended because it hung; `message` says so, and what becomes of it."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsChanged:
    """What is remembered of the person has changed.

    Attributes:
        facts: All of it from now on, the oldest first.
        added: What was added; empty when nothing was.
        removed: What was removed; empty when nothing was.
    """

    facts: tuple[str, ...]
    added: str = ""
    removed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SoundChosen:
    """Saved sound is to be played: `pcm` at 16 kHz."""

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
    | SoundChosen
)

Tuning: TypeAlias = Change | IdleTimeOver
