"""Runs one call of a user's program outside the walls: `python -P -m voicecli.tools.program_child PROGRAM`, started by `offline.outside`.

PROGRAM is a JSON object that was fixed when the session began: program, arguments, limit_s and reads. The call comes on standard input, and
its result goes to standard output, both as JSON.
"""

from __future__ import annotations

import json
import sys
from typing import TypedDict

from voicecli.tools.definitions import Call, Json, Result, ToolFailed
from voicecli.tools.programs import runner

ARGUMENTS = 2
"""How many arguments the program takes, its own name included."""


class Program(TypedDict):
    """The program, as it was fixed when the session began."""

    program: list[str]
    arguments: list[str]
    limit_s: float
    reads: bool


class Wanted(TypedDict):
    """A call."""

    name: str
    arguments: dict[str, Json]
    language: str


def main(arguments: list[str]) -> int:
    """Runs the call."""
    if len(arguments) != ARGUMENTS:
        sys.stderr.write("This program is started by voicecli itself.\n")
        return 2
    fixed: Program = json.loads(arguments[1])
    wanted: Wanted = json.load(sys.stdin)
    run = runner(fixed["program"], fixed["arguments"], limit_s=fixed["limit_s"], reads=fixed["reads"])
    call = Call(
        name=wanted["name"], arguments=wanted["arguments"], language="de" if wanted["language"] == "de" else "en"
    )
    try:
        result = run(call, lambda: False)
    except ToolFailed as error:
        result = Result(text=str(error), failed=True)
    json.dump({"text": result.text, "failed": result.failed, "changed": result.changed}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
