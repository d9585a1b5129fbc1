"""The fields of the frames between the conversation and the process of an engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NotRequired, TypedDict

if TYPE_CHECKING:
    from voicecli.engines.ports import CallStyle, Device, Role


class MessageFields(TypedDict):
    """A message of a conversation; see `ChatMessage`. Tools are lists of name, description and schema; calls of name and arguments."""

    role: Role
    content: str
    tools: NotRequired[list[list[str]]]
    calls: NotRequired[list[list[str]]]
    name: NotRequired[str]


class ErrorFields(TypedDict):
    """An error; see `VoiceCliError`."""

    code: str
    message: str
    hint: str


class About(TypedDict, total=False):
    """What an engine reports about itself when it was loaded. Each kind of engine has some of it."""

    name: str
    device: Device
    context_tokens: int
    rate_hz: int
    language: str
    call_style: CallStyle


class Fields(TypedDict, total=False):
    """The JSON object of a frame. Every frame has an `id`, the number of its piece of work."""

    id: int
    # Requests. `do` names the work; `drop` and `next` are about work that has begun.
    do: str
    where: str
    nice: int
    dropped: bool
    target: str
    given: Mapping[str, str | int | None]
    log: str | None
    log_level: int
    messages: Sequence[MessageFields]
    sampling: Mapping[str, object]
    context: str
    speed: float
    within: Mapping[str, object]
    # Requests and answers: what is to be spoken, or what was written; the language of an utterance, None to detect it.
    text: str
    language: str | None
    # Answers. `end` is the last one of a piece of work; `aside` does not count as a piece of a stream.
    end: bool
    aside: bool
    error: ErrorFields
    about: About
    heard: Mapping[str, object]
    words: Sequence[Sequence[int]]
    probability: float
    tokens: int
    token_ms: float
    hit_limit: bool
