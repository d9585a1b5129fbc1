"""Converts what engines take and return into the fields of a frame, and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from voicecli import errors
from voicecli.config.documents import build
from voicecli.engines.isolated.fields import ErrorFields, MessageFields
from voicecli.engines.ports import (
    CallSpec,
    ChatMessage,
    Refused,
    Sampling,
    SpokenWord,
    ToolSpec,
    Transcription,
    Within,
)
from voicecli.errors import InternalError, VoiceCliError, place_of


def from_messages(messages: Sequence[ChatMessage]) -> list[MessageFields]:
    """Returns a conversation as fields. Tools, calls and the name are there only if a message has any of them."""
    return [_from_message(message) for message in messages]


def _from_message(message: ChatMessage) -> MessageFields:
    plain: MessageFields = {"role": message.role, "content": message.content}
    if message.tools or message.calls or message.name:
        plain["tools"] = [[each.name, each.description, each.schema] for each in message.tools]
        plain["calls"] = [[each.name, each.arguments] for each in message.calls]
        plain["name"] = message.name
    return plain


def to_messages(fields: Sequence[MessageFields]) -> list[ChatMessage]:
    """Returns the conversation that such fields stand for."""
    return [_to_message(each) for each in fields]


def _to_message(fields: MessageFields) -> ChatMessage:
    return ChatMessage(
        role=fields["role"],
        content=fields["content"],
        tools=tuple(ToolSpec(name=each[0], description=each[1], schema=each[2]) for each in fields.get("tools", ())),
        calls=tuple(CallSpec(name=each[0], arguments=each[1]) for each in fields.get("calls", ())),
        name=fields.get("name", ""),
    )


def from_sampling(sampling: Sampling) -> Mapping[str, object]:
    """Returns sampling options as fields. The rules of a persona are left out: no engine reads them."""
    return dataclasses.asdict(dataclasses.replace(sampling, rules=None))


def to_sampling(fields: Mapping[str, object]) -> Sampling:
    """Returns the sampling options that such fields stand for."""
    return build(Sampling, fields)


def from_within(within: Within) -> Mapping[str, object]:
    """Returns the place of a text in its sentence as fields."""
    return dataclasses.asdict(within)


def to_within(fields: Mapping[str, object]) -> Within:
    """Returns the place that such fields stand for."""
    return build(Within, fields)


def from_words(words: Sequence[SpokenWord]) -> list[list[int]]:
    """Returns the times of words as lists of numbers."""
    return [[word.start, word.end, word.from_sample, word.to_sample] for word in words]


def to_words(numbers: Sequence[Sequence[int]]) -> list[SpokenWord]:
    """Returns the times of words that such lists stand for."""
    return [SpokenWord(start=start, end=end, from_sample=first, to_sample=last) for start, end, first, last in numbers]


def from_transcription(heard: Transcription) -> Mapping[str, object]:
    """Returns a transcription as fields."""
    return dataclasses.asdict(heard)


def to_transcription(fields: Mapping[str, object]) -> Transcription:
    """Returns the transcription that such fields stand for."""
    listed = fields["refused"]
    refused = tuple(build(Refused, each) for each in listed) if isinstance(listed, list | tuple) else ()
    return build(Transcription, {**fields, "refused": refused})


def from_error(where: str, error: Exception) -> ErrorFields:
    """Returns an error as fields, without text that is not meant for a user: the message of a foreign exception may contain what somebody said."""
    if isinstance(error, VoiceCliError):
        return {"code": error.code, "message": error.message, "hint": error.hint}
    return from_error(where, InternalError(f"Internal error in {where}: {place_of(error)}."))


def to_error(fields: ErrorFields) -> VoiceCliError:
    """Returns the error that such fields stand for, of the class that has its code."""
    kind = _classes().get(fields["code"], VoiceCliError)
    return kind(fields["message"], fields["hint"])


def _classes() -> dict[str, type[VoiceCliError]]:
    found = (each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, VoiceCliError))
    return {each.code: each for each in found}
