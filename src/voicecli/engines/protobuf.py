"""Reads the fields of a protobuf message, one level deep and without copies: enough to look into an ONNX file.

The encoding is that of protobuf's own documentation ("Encoding"), without groups, which ONNX does not use.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
CONTINUES: Final = 0x80
LONGEST_VARINT: Final = 10
"""Bytes of a number of 64 bits, seven bits in each."""


class NotProtobufError(ValueError):
    """The bytes are not a protobuf message, or are cut off."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a message.

    Attributes:
        number: Its number.
        raw: All its bytes.
        body: Its content; empty for a number.
        value: Its value if it is a varint, otherwise 0.
    """

    number: int
    raw: memoryview
    body: memoryview
    value: int = 0


def fields_of(message: memoryview) -> Iterator[Field]:
    """Yields the fields of a message.

    Raises:
        NotProtobufError: It is not a message.
    """
    at = 0
    while at < len(message):
        start, value = at, 0
        key, at = _varint(message, at)
        begin = at
        match key & 7:
            case kind if kind == VARINT:
                value, at = _varint(message, at)
                begin = at
            case kind if kind == BYTES:
                length, begin = _varint(message, at)
                at = begin + length
            case kind if kind in {FIXED32, FIXED64}:
                at += 4 if kind == FIXED32 else 8
                begin = at
            case _:
                raise NotProtobufError("it has a field of an unknown kind")
        if at > len(message):
            raise NotProtobufError("it is cut off")
        yield Field(key >> 3, message[start:at], message[begin:at], value)


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 7 * LONGEST_VARINT, 7):
        if at >= len(message):
            raise NotProtobufError("it is cut off")
        byte = message[at]
        at += 1
        value |= (byte & ~CONTINUES) << shift
        if byte < CONTINUES:
            return value, at
    raise NotProtobufError("it has a number that is too long")
