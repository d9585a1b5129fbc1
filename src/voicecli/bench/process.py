"""Runs a program that prints one event a line, as JSON, to its end; knows how much memory it took.

What is measured runs in a process of its own: it has its interpreter's lock to itself, as it has for a user, and its memory is its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, TypeAlias

from voicecli.errors import VoiceCliError

Record: TypeAlias = dict[str, Any]

SILENT_S = 600.0
"""A program that says nothing for so long has hung; a large model on a slow processor takes minutes for an answer."""

END_S = 5.0
"""How long a program that is told to end may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A program that did its work.

    Attributes:
        records: What it printed.
        peak_bytes: Most memory that it had resident, model files that it mapped included; None where the system does not tell.
    """

    records: tuple[Record, ...]
    peak_bytes: int | None


def run(arguments: Sequence[str], *, stdin: str = "", on_record: Callable[[Record], object] = lambda _: None) -> Ran:
    """Runs `python -m` with `arguments` to its end.

    Args:
        arguments: The module and its arguments.
        stdin: Its standard input.
        on_record: Told each event as it comes.

    Raises:
        VoiceCliError: It failed, with its own words where it had some.
    """
    # -P: nothing in the folder that the user happens to be in may pass for a module.
    command = [sys.executable, "-P", "-m", *arguments]
    records: list[Record] = []
    with tempfile.TemporaryFile("w+") as given, tempfile.TemporaryFile("w+", errors="replace") as said:
        given.write(stdin)
        given.seek(0)
        # A session of its own: Ctrl-C reaches this process alone, which then ends that one.
        process = subprocess.Popen(
            command, stdin=given, stdout=subprocess.PIPE, stderr=said, text=True, start_new_session=True
        )
        with _ended(process), _watched(process) as alive:
            assert process.stdout is not None  # noqa: S101 - a pipe was asked for
            for record in _objects(process.stdout):
                alive()
                records.append(record)
                on_record(record)
            peak_bytes = _wait(process)
        if process.returncode != 0:
            said.seek(0)
            raise _failure(arguments[0], process.returncode, records, said.read())
    return Ran(records=tuple(records), peak_bytes=peak_bytes)


def _objects(stream: IO[str]) -> Iterator[Record]:
    for line in stream:
        with contextlib.suppress(json.JSONDecodeError):  # a library that prints
            record = json.loads(line)
            if isinstance(record, dict) and "event" in record:
                yield record


@contextlib.contextmanager
def _ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """Leaves no process behind, however the block is left."""
    try:
        yield
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process.stdout is not None:
            process.stdout.close()


@contextlib.contextmanager
def _watched(process: subprocess.Popen[str]) -> Iterator[Callable[[], None]]:
    """Kills the process when it has hung; the block is given what puts that off."""
    over = threading.Event()
    last_s = time.monotonic()

    def alive() -> None:
        nonlocal last_s
        last_s = time.monotonic()

    def watch() -> None:
        while not over.wait(SILENT_S / 10):
            if time.monotonic() - last_s > SILENT_S:
                process.kill()
                return

    watcher = threading.Thread(target=watch, name="watch", daemon=True)
    watcher.start()
    try:
        yield alive
    finally:
        over.set()
        watcher.join()


def _wait(process: subprocess.Popen[str]) -> int | None:
    """Waits for the end; gives the most memory that the process had resident."""
    if sys.platform == "win32":
        process.wait()
        return None
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _failure(name: str, code: int, records: Sequence[Record], said: str) -> VoiceCliError:
    for record in reversed(records):
        if record["event"] == "error" and record.get("turn") is None:
            return VoiceCliError(str(record["message"]), str(record["hint"]))
    last = (said.strip().splitlines() or ["no output"])[-1]
    return VoiceCliError(f"{name} ended with {code} while it was measured: {last}", "voicecli doctor")
