"""Runs tools: finds the tool of a call, checks its arguments, and returns a result that can be shown and read aloud."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from voicecli.tools.definitions import Arguments, Call, Result, Run, Schema, Tool, ToolFailed, cleaned

_TYPES: Mapping[str, type[int | str]] = {"string": str, "integer": int}


class Registry:
    """The tools of a session.

    Thread: `run` belongs to the thread that carries out calls. A tool that other threads use too must have its own lock.

    Args:
        tools: The definition and the function of each tool.
    """

    def __init__(self, tools: Mapping[str, tuple[Tool, Run]]) -> None:
        self._tools = dict(tools)

    def run(self, call: Call) -> Result:
        """Carries out `call`. Failures are returned as a result that explains them."""
        known = self._tools.get(call.name)
        if known is None:
            return Result(text=f"There is no tool {call.name}.", failed=True)
        tool, run = known
        wrong = mistake(call.arguments, tool.schema)
        if wrong:
            return Result(text=f"{call.name} cannot be used like that: {wrong}.", failed=True)
        try:
            result = run(call)
        except ToolFailed as error:
            return Result(text=cleaned(str(error)), failed=True)
        return dataclasses.replace(result, text=cleaned(result.text))


def mistake(arguments: Arguments, schema: Schema) -> str:
    """The mistake in `arguments`, in words; empty if there is none.

    It supports the parts of JSON schemas that the program's own tools use: `properties` with `type`, `enum`, `minimum` and `maximum`.
    """
    properties = schema.get("properties")
    known = properties if isinstance(properties, dict) else {}
    for name, value in arguments.items():
        rule = known.get(name)
        if not isinstance(rule, dict):
            return f"there is no argument {name}"
        if type(value) is not _TYPES.get(str(rule.get("type")), str):
            return f"{name} must be of the type {rule.get('type')}"
        if "enum" in rule and value not in rule["enum"]:
            return f"{name} must be one of {', '.join(rule['enum'])}"
        if isinstance(value, int) and not rule.get("minimum", value) <= value <= rule.get("maximum", value):
            return f"{name} is out of range"
    return ""
