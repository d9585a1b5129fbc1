"""Runs a program that prints one JSON event per line, and measures its memory.

Each measured program runs in its own process. As for a user, it does not share the interpreter's lock, and its memory is measured separately.
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
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from voicecli.bench.processor_time import processor_s
from voicecli.bench.records import Record
from voicecli.config.documents import build
from voicecli.config.schema import SETTINGS
from voicecli.errors import ProgramFailed, VoiceCliError

SILENT_S = 600.0
"""A program that prints nothing for this long is treated as hung. A large model on a slow processor takes minutes for an answer."""

END_S = 5.0
"""Longest time that a program may take to exit after it was terminated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """The result of a program that succeeded.

    Attributes:
        records: The events it printed.
        peak_bytes: Its peak resident memory, including memory-mapped model files; None if the system does not report it.
        processor_s: Processor time of it and its children between `ready` and `bye`, in seconds; None if it sends neither, or the system does not
            report it.
    """

    records: tuple[Record, ...]
    peak_bytes: int | None
    processor_s: float | None = None


WITHOUT_TOOLS = {
    f"VOICECLI_{name.upper().replace('.', '_')}": "forbid"
    for name, found in SETTINGS.items()
    if name.startswith("tools.") and "forbid" in found.rule.choices
}
"""The language model is measured: a tool that answers a question in its place would make the figures better than they are."""


def run(
    arguments: Sequence[str],
    *,
    stdin: str = "",
    on_record: Callable[[Record], object] = lambda _: None,
    environ: Mapping[str, str] | None = None,
) -> Ran:
    """Runs `python -m` with `arguments` until it exits.

    Args:
        arguments: The module and its arguments.
        stdin: Its standard input.
        on_record: Called with each event when it arrives.
        environ: Environment variables that it gets besides this process's.

    Raises:
        VoiceCliError: The program failed. The message is the program's own if it printed one.
    """
    # -P: files in the current folder are not imported as modules.
    command = [sys.executable, "-P", "-m", *arguments]
    records: list[Record] = []
    used_s: dict[str, float | None] = {}
    with tempfile.TemporaryFile("w+") as given, tempfile.TemporaryFile("w+", errors="replace") as said:
        given.write(stdin)
        given.seek(0)
        # The child has its own session, so Ctrl-C reaches only this process, which then ends the child.
        process = subprocess.Popen(
            command,
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            start_new_session=True,
            env={**os.environ, **WITHOUT_TOOLS, **(environ or {})},
        )
        with _ended(process), _watched(process) as alive:
            assert process.stdout is not None  # noqa: S101 - a pipe was asked for
            for record in _objects(process.stdout):
                alive()
                if record["event"] in ("ready", "bye"):
                    used_s[record["event"]] = processor_s(process.pid)
                records.append(record)
                on_record(record)
            peak_bytes = _wait(process)
        if process.returncode != 0:
            said.seek(0)
            raise _failure(arguments[0], process.returncode, records, said.read())
    before_s, after_s = used_s.get("ready"), used_s.get("bye")
    spent_s = after_s - before_s if before_s is not None and after_s is not None else None
    return Ran(records=tuple(records), peak_bytes=peak_bytes, processor_s=spent_s)


def _objects(stream: IO[str]) -> Iterator[Record]:
    for line in stream:
        with contextlib.suppress(json.JSONDecodeError):  # libraries may print other lines
            record = json.loads(line)
            if isinstance(record, dict) and "event" in record:
                yield build(Record, record)


@contextlib.contextmanager
def _ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """Makes sure that the process has ended when the block is left, even by an exception."""
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
    """Kills the process when it hangs. Yields a function that restarts the time limit."""
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
    """Waits until the process exits, and returns its peak resident memory."""
    if sys.platform == "win32":
        process.wait()
        return None
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _failure(name: str, code: int, records: Sequence[Record], said: str) -> VoiceCliError:
    for record in reversed(records):
        if record["event"] == "error" and record.get("turn") is None:
            return ProgramFailed(str(record["message"]), str(record["hint"]))
    last = (said.strip().splitlines() or ["no output"])[-1]
    return ProgramFailed(f"{name} ended with {code} while it was measured: {last}", "voicecli doctor")
