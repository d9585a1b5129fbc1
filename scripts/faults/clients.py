"""Clients of the control socket that are slow, broken, hostile or killed."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Final

from faults.case import Fault
from faults.session import Session
from voicecli.app import voice_frames

SILENT: Final = 40
KEY_S: Final = 1.0
"""A key waits at most this long for its turn."""


MUTED: Final = {"hearing": {"muted"}}
"""What was being said when the microphone was muted is discarded."""


def _connect(session: Session) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(session.control))  # waits while too many others do
    client.settimeout(3)
    return client


def _garbage(session: Session) -> None:
    for raw in (b"\xff\x00\xfe" * 20, b"toggle toggle\n", os.urandom(5000), b"\n\n\n", b"x"):
        with contextlib.suppress(OSError), _connect(session) as client:
            client.sendall(raw)
            client.recv(64)


def _key_works(session: Session) -> None:
    """Two taps of the mute key, which cancel each other; each must be answered in a second."""
    for _ in range(2):
        began_s = time.monotonic()
        with _connect(session) as client:
            client.sendall(b"mute\n")
            answer = client.recv(16)
        took_s = time.monotonic() - began_s
        if answer != b"ok\n" or took_s > KEY_S:
            raise AssertionError(f"the key was answered {answer!r} after {took_s:.2f} s")


def _silent_clients(session: Session) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(SILENT):
            stack.enter_context(_connect(session))
        _key_works(session)


def _slow_client(session: Session) -> None:
    def drip() -> None:
        with contextlib.suppress(OSError), _connect(session) as client:
            for _ in range(20):
                client.sendall(b"t")
                time.sleep(0.2)

    threading.Thread(target=drip, daemon=True).start()
    time.sleep(0.1)
    _key_works(session)


def _voice(session: Session) -> socket.socket:
    client = _connect(session)
    client.sendall(b"voice\n")
    if client.recv(3) != b"ok\n":
        raise AssertionError("the voice was refused")
    return client


def _frame(raw: bytes) -> Callable[[Session], None]:
    def do(session: Session) -> None:
        with contextlib.suppress(OSError), _voice(session) as client:
            client.sendall(raw)
            client.settimeout(0.3)
            client.recv(64)

    return do


def _vanish(session: Session) -> None:
    """A program asks for a long text to be spoken, and is killed."""
    with _voice(session) as client:
        voice_frames.send(client, {"text": "This is a long announcement. " * 40})
        time.sleep(0.4)


def _flood(session: Session) -> None:
    for _ in range(200):
        with _connect(session) as client:
            client.sendall(b"mute\n")
            client.recv(16)


FAULTS = (
    Fault(group="clients", name="clients send garbage", do=_garbage),
    Fault(group="clients", name=f"{SILENT} clients connect and say nothing", do=_silent_clients, turns=MUTED),
    Fault(group="clients", name="a client sends a letter at a time", do=_slow_client, turns=MUTED),
    Fault(group="clients", name="200 taps of a key within a moment", do=_flood, turns=MUTED),
    Fault(
        group="clients",
        name="a program that wants to speak announces a message of 4 GB",
        do=_frame(struct.pack(">I", 0xFFFFFFFF) + b"{}"),
    ),
    Fault(
        group="clients",
        name="a program that wants to speak sends no JSON",
        do=_frame(struct.pack(">I", 9) + b"no JSON \xff"),
    ),
    Fault(
        group="clients",
        name="a program that wants to speak sends values of the wrong kind",
        do=_frame(struct.pack(">I", 34) + b'{"text": true, "limit_s": "never"}'),
    ),
    Fault(group="clients", name="a program is killed while its text is spoken", do=_vanish),
    Fault(group="clients", name="the control socket is removed", do=lambda session: session.control.unlink()),
)
