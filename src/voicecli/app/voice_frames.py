"""Messages between `voicecli mcp` and a running chat, on the control socket: four bytes with the length, then a JSON object."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Mapping
from typing import Final, TypeAlias

LONGEST: Final = 65_536
"""Longest message, in bytes, without its length."""

_LENGTH: Final = struct.Struct(">I")

Fields: TypeAlias = Mapping[str, str | float | bool]
"""The fields of a message. They are flat."""


class BadFrame(Exception):
    """What was received is no message, or a message is too long. The text says so in a sentence."""


def send(connection: socket.socket, fields: Fields) -> None:
    """Sends a message.

    Raises:
        BadFrame: It is too long.
        OSError: The connection is broken.
    """
    body = json.dumps(dict(fields), ensure_ascii=False).encode()
    if len(body) > LONGEST:
        raise BadFrame(f"That is longer than the {LONGEST // 1024} KiB that fit into a message.")
    connection.sendall(_LENGTH.pack(len(body)) + body)


def receive(connection: socket.socket) -> dict[str, str | float | bool] | None:
    """Waits for a message. Returns None at the end of the connection.

    Raises:
        BadFrame: It is no message.
        OSError: The connection is broken.
    """
    head = _exactly(connection, _LENGTH.size)
    if head is None:
        return None
    length: int = _LENGTH.unpack(head)[0]
    if length > LONGEST:
        raise BadFrame("A message on the control socket is too long.")
    body = _exactly(connection, length)
    if body is None:
        return None
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise BadFrame("A message on the control socket is no JSON.") from None
    if not isinstance(fields, dict) or not all(isinstance(each, str | int | float | bool) for each in fields.values()):
        raise BadFrame("A message on the control socket is no flat JSON object.")
    return fields


def _exactly(connection: socket.socket, count: int) -> bytes | None:
    received = bytearray()
    while len(received) < count:
        more = connection.recv(count - len(received))
        if not more:
            return None
        received += more
    return bytes(received)
