"""Converts what engines take and return into the fields of a frame, and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from voicecli import errors
from voicecli.engines.isolated.framing import Fields
from voicecli.engines.ports import (
    CallSpec,
    ChatMessage,
    Refused,
    Role,
    Sampling,
    SpokenWord,
    ToolSpec,
    Transcription,
    Within,
)
from voicecli.errors import InternalError, VoiceCliError, place_of


def from_messages(messages: Sequence[ChatMessage]) -> list[list[Any]]:
    """Returns a conversation as lists of role and content, followed by the tools, calls and names, if there are any."""
    return [_from_message(message) for message in messages]


def _from_message(message: ChatMessage) -> list[Any]:
    plain = [message.role, message.content]
    if not (message.tools or message.calls or message.name):
        return plain
    tools = [[each.name, each.description, each.schema] for each in message.tools]
    return [*plain, tools, [[each.name, each.arguments] for each in message.calls], message.name]


def to_messages(lists: Sequence[Sequence[Any]]) -> list[ChatMessage]:
    """Returns the conversation that such lists stand for."""
    return [_to_message(*each) for each in lists]


def _to_message(
    role: Role, content: str, tools: Sequence[Sequence[str]] = (), calls: Sequence[Sequence[str]] = (), name: str = ""
) -> ChatMessage:
    return ChatMessage(
        role=role,
        content=content,
        tools=tuple(ToolSpec(name=each[0], description=each[1], schema=each[2]) for each in tools),
        calls=tuple(CallSpec(name=each[0], arguments=each[1]) for each in calls),
        name=name,
    )


def from_sampling(sampling: Sampling) -> Fields:
    """Returns sampling options as fields. The rules of a persona are left out: no engine reads them."""
    return dataclasses.asdict(dataclasses.replace(sampling, rules=None))


def to_sampling(fields: Fields) -> Sampling:
    """Returns the sampling options that such fields stand for."""
    return Sampling(**fields)


def from_within(within: Within) -> Fields:
    """Returns the place of a text in its sentence as fields."""
    return dataclasses.asdict(within)


def to_within(fields: Fields) -> Within:
    """Returns the place that such fields stand for."""
    return Within(**fields)


def from_words(words: Sequence[SpokenWord]) -> list[list[int]]:
    """Returns the times of words as lists of numbers."""
    return [[word.start, word.end, word.from_sample, word.to_sample] for word in words]


def to_words(numbers: Sequence[Sequence[int]]) -> list[SpokenWord]:
    """Returns the times of words that such lists stand for."""
    return [SpokenWord(start=start, end=end, from_sample=first, to_sample=last) for start, end, first, last in numbers]


def from_transcription(heard: Transcription) -> Fields:
    """Returns a transcription as fields."""
    return dataclasses.asdict(heard)


def to_transcription(fields: Fields) -> Transcription:
    """Returns the transcription that such fields stand for."""
    refused = tuple(Refused(**each) for each in fields["refused"])
    return Transcription(**{**fields, "refused": refused})


def from_error(where: str, error: Exception) -> Fields:
    """Returns an error as fields, without text that is not meant for a user: the message of a foreign exception may contain what somebody said."""
    if isinstance(error, VoiceCliError):
        return {"code": error.code, "message": error.message, "hint": error.hint}
    return from_error(where, InternalError(f"Internal error in {where}: {place_of(error)}."))


def to_error(fields: Fields) -> VoiceCliError:
    """Returns the error that such fields stand for, of the class that has its code."""
    kind = _classes().get(fields["code"], VoiceCliError)
    return kind(fields["message"], fields["hint"])


def _classes() -> dict[str, type[VoiceCliError]]:
    found = (each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, VoiceCliError))
    return {each.code: each for each in found}
