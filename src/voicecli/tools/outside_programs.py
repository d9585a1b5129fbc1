"""Programs of the user's that may use the network: they are started by a process outside the walls, which knows no other programs."""

from __future__ import annotations

import contextlib
import json
import os
import select
import sys
from collections.abc import Sequence
from typing import Final

from voicecli.config.documents import parse_json, value_at
from voicecli.errors import NetworkRefused
from voicecli.offline import outside
from voicecli.tools.definitions import Call, IsCancelled, LongRun, Result, ToolFailed
from voicecli.tools.programs import environment

_LOOK_S: Final = 0.02
"""How often a thread that waits for a program checks whether its result is still wanted."""

_MOST_BYTES: Final = 1 << 20
"""How much of a program's answer is read."""


def outside_name(tool: str) -> str:
    """The name of a tool's program in requests."""
    return f"command.{tool}"


def outside_program(
    tool: str, program: Sequence[str], arguments: Sequence[str], *, limit_s: float, reads: bool
) -> outside.Program:
    """Returns what the process outside the walls starts for a tool."""
    fixed = {"program": list(program), "arguments": list(arguments), "limit_s": limit_s, "reads": reads}
    command = (sys.executable, "-P", "-m", "voicecli.tools.program_child", json.dumps(fixed))
    return outside.Program(name=outside_name(tool), command=command, environ=environment(os.environ))


def outside_runner(tool: str, *, reads: bool) -> LongRun:
    """Returns the function of a tool whose program may use the network."""

    def run(call: Call, is_cancelled: IsCancelled) -> Result:
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        try:
            try:
                pid = outside.begin(outside_name(tool), theirs_in, theirs_out)
            except (OSError, NetworkRefused) as error:
                why = (
                    error.message if isinstance(error, NetworkRefused) else f"The program of {tool} cannot be started."
                )
                raise ToolFailed(why) from error
            finally:
                os.close(theirs_in)
                os.close(theirs_out)
            wanted = {"name": call.name, "arguments": dict(call.arguments), "language": call.language}
            with contextlib.suppress(BrokenPipeError), os.fdopen(os.dup(ours_out), "w") as pipe:
                json.dump(wanted, pipe)
            os.close(ours_out)
            ours_out = -1
            return _read(ours_in, pid, is_cancelled, call, reads=reads)
        finally:
            os.close(ours_in)
            if ours_out >= 0:
                os.close(ours_out)

    return run


def _read(handle: int, pid: int, is_cancelled: IsCancelled, call: Call, *, reads: bool) -> Result:
    written = b""
    try:
        while len(written) < _MOST_BYTES:
            if is_cancelled():
                more = "" if reads else " Part of it may have been done already."
                return Result(text=f"{call.name} was stopped.{more}", failed=True, changed=not reads)
            if select.select([handle], [], [], _LOOK_S)[0]:
                part = os.read(handle, 65536)
                if not part:
                    break
                written += part
    finally:
        outside.end(pid)
    return result_of(written, call)


def result_of(written: bytes, call: Call) -> Result:
    """Returns the result of a call from what its process wrote.

    Raises:
        ToolFailed: It is no result.
    """
    try:
        result = parse_json(written)
        return Result(
            text=str(value_at(result, "text")),
            failed=bool(value_at(result, "failed")),
            changed=bool(value_at(result, "changed")),
        )
    except (ValueError, LookupError, TypeError):
        raise ToolFailed(f"{call.name} did not work.") from None
