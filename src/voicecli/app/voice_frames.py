"""Messages between `voicecli mcp` and a running chat, on the control socket: four bytes with the length, then a JSON object."""

from __future__ import annotations

import json
import socket
import struct
import time
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
    body = json.dumps(dict(fields), ensure_ascii=False).encode("utf-8", errors="replace")
    if len(body) > LONGEST:
        raise BadFrame(f"That is longer than the {LONGEST // 1024} KiB that fit into a message.")
    connection.sendall(_LENGTH.pack(len(body)) + body)


def receive(connection: socket.socket, limit_s: float | None = None) -> dict[str, str | float | bool] | None:
    """Waits for a message. Returns None at the end of the connection.

    Args:
        connection: The connection. It blocks afterwards.
        limit_s: How long the whole message may take; None without a limit.

    Raises:
        BadFrame: It is no message.
        OSError: The connection is broken, or the message did not arrive in time.
    """
    until_s = None if limit_s is None else time.monotonic() + limit_s
    head = _exactly(connection, _LENGTH.size, until_s)
    if head is None:
        return None
    length: int = _LENGTH.unpack(head)[0]
    if length > LONGEST:
        raise BadFrame("A message on the control socket is too long.")
    body = _exactly(connection, length, until_s)
    connection.settimeout(None)
    if body is None:
        return None
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise BadFrame("A message on the control socket is no JSON.") from None
    if not isinstance(fields, dict) or not all(isinstance(each, str | int | float | bool) for each in fields.values()):
        raise BadFrame("A message on the control socket is no flat JSON object.")
    return {name: _whole(value) if isinstance(value, str) else value for name, value in fields.items()}


def _whole(text: str) -> str:
    """Returns `text` without halves of characters, which JSON can write and nothing else can."""
    return text.encode("utf-8", errors="replace").decode("utf-8")


def number(fields: Fields, name: str, most: float) -> float:
    """Returns a field that is a number from 0 to `most`; the nearest of these numbers for others, and 0 for what is no number."""
    value = fields.get(name, 0.0)
    return float(max(0.0, min(value, most))) if isinstance(value, int | float) and value == value else 0.0  # noqa: PLR0124 - not-a-number


def _exactly(connection: socket.socket, count: int, until_s: float | None) -> bytes | None:
    received = bytearray()
    while len(received) < count:
        if until_s is not None:
            connection.settimeout(max(0.001, until_s - time.monotonic()))
        more = connection.recv(count - len(received))
        if not more:
            return None
        received += more
    return bytes(received)
