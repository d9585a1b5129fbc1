"""Runs a program of the user's as a tool: its arguments, its time, and what is made of its output.

The program is started without a shell. It is a child process, so the walls of the operating system around this program are around it, too.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from voicecli.tools.definitions import Arguments, Call, IsCancelled, Json, LongRun, Result, ToolFailed, cleaned

MOST_BYTES: Final = 64 * 1024
"""How much of a program's output is read. What a person hears, or a model reads, is much shorter."""

FULL_BYTES: Final = 1 << 20
"""A program that writes more than this is ended."""

LONGEST_ARGUMENT: Final = 8000
_LOOK_S: Final = 0.02
_KILL: Final[signal.Signals] = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows has no other
_GRACE_S: Final = 0.5
"""How long a program that is to end may take before it is killed."""

_SLOT: Final = re.compile(r"\{(\w+)\}")
_KEPT: Final = (
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "TZ",
    "TMPDIR",
    "SHELL",
    "XDG_RUNTIME_DIR",
    "DISPLAY",
    "WAYLAND_DISPLAY",
)
_KEPT_BEGINNINGS: Final = ("LC_", "XDG_")


def argv_of(program: Sequence[str], arguments: Sequence[str], given: Arguments) -> list[str]:
    """Returns the command line of a call.

    A name in braces is replaced by the value of that argument, within one word of the command line, whatever it contains. A word with an
    argument that was not given is left out.

    Args:
        program: The program, and words that are always the same.
        arguments: The words that follow, with names in braces.
        given: The arguments of the call.

    Raises:
        ToolFailed: A value could be taken for an option of the program, or is too long.
    """
    words = list(program)
    for template in arguments:
        names = _SLOT.findall(template)
        if any(given.get(name) is None for name in names):
            continue
        word = _SLOT.sub(lambda found: _as_word(given[found[1]]), template)
        begins_with_value = _SLOT.match(template) is not None
        if begins_with_value and word.startswith("-") and "--" not in words:
            raise ToolFailed("A value that begins with a hyphen is not passed on to a program.")
        if "\0" in word or len(word) > LONGEST_ARGUMENT:
            raise ToolFailed("That is too long for a program.")
        words.append(word)
    return words


def _as_word(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Returns what a program learns of the environment: where things are, and the language. No keys."""
    return {name: value for name, value in environ.items() if name in _KEPT or name.startswith(_KEPT_BEGINNINGS)}


def runner(program: Sequence[str], arguments: Sequence[str], *, limit_s: float, reads: bool) -> LongRun:
    """Returns the function of a tool that runs a program.

    Args:
        program: The program, and words that are always the same.
        arguments: As for `argv_of`. The arguments of the call are on standard input as well, as a JSON object.
        limit_s: How long it may take.
        reads: Whether it changes nothing.
    """

    def run(call: Call, is_cancelled: IsCancelled) -> Result:
        argv = argv_of(program, arguments, call.arguments)
        deadline_s = time.monotonic() + limit_s
        with tempfile.TemporaryFile() as output:
            full = False
            process = _begun(argv, output.fileno(), json.dumps(dict(call.arguments), ensure_ascii=False))
            german = call.language == "de"
            try:
                while process.poll() is None:
                    if is_cancelled() or time.monotonic() > deadline_s:
                        late = time.monotonic() > deadline_s
                        return _stopped(call, german=german, late=late, reads=reads)
                    if full := os.fstat(output.fileno()).st_size > FULL_BYTES:
                        break
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        process.wait(_LOOK_S)
            finally:
                _end(process)
            output.seek(0)
            text = output.read(MOST_BYTES).decode("utf-8", errors="replace")
        return _result(call, text, 0 if full else process.returncode, reads=reads)

    return run


def _begun(argv: Sequence[str], output: int, given: str) -> subprocess.Popen[bytes]:
    try:
        with tempfile.TemporaryFile() as stdin:
            stdin.write(given.encode())
            stdin.seek(0)
            return subprocess.Popen(
                argv,
                stdin=stdin,
                stdout=output,
                stderr=subprocess.DEVNULL,
                cwd=Path.home() if Path.home().is_dir() else "/",
                env=environment(os.environ),
                start_new_session=True,
            )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "its name is not valid"
        raise ToolFailed(f"The program {argv[0]} cannot be started: {reason}.") from error


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the program and whatever it has started in its own group."""
    if process.poll() is None:
        _signal(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S)
    _signal(process, _KILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE_S)


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.terminate()
        else:
            os.killpg(process.pid, number)


def _stopped(call: Call, *, german: bool, late: bool, reads: bool) -> Result:
    if german:
        text = f"{call.name} hat zu lange gebraucht und wurde beendet." if late else f"{call.name} wurde beendet."
    else:
        text = f"{call.name} took too long and was stopped." if late else f"{call.name} was stopped."
    if not reads:
        text += " Ein Teil davon kann schon getan sein." if german else " Part of it may have been done already."
    return Result(text=text, failed=True, changed=not reads)


def _result(call: Call, text: str, code: int | None, *, reads: bool) -> Result:
    german = call.language == "de"
    if "\0" in text or text.count("\ufffd") > len(text) // 10:
        text = (
            f"{call.name} hat Daten ausgegeben, keinen Text." if german else f"{call.name} wrote data that are no text."
        )
    text = cleaned(text)
    if code:
        said = f"{call.name} ist fehlgeschlagen ({code})." if german else f"{call.name} failed ({code})."
        return Result(text=f"{said} {text}".strip(), failed=True, changed=not reads)
    if not text:
        text = f"{call.name} ist fertig." if german else f"{call.name} is done."
    return Result(text=text, changed=not reads)
