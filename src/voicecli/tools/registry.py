"""Runs tools: finds the one that a call names, checks its arguments, and gives back a result that is fit to be shown and read aloud."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from voicecli.tools.model import Arguments, Call, Result, Run, Schema, Tool, ToolFailed, cleaned

_TYPES: Mapping[str, type[int | str]] = {"string": str, "integer": int}


class Registry:
    """The tools of a session.

    Thread: `run` belongs to whoever carries calls out; a tool that is used from elsewhere as well brings a lock of its own.

    Args:
        tools: What each is, and what does it.
    """

    def __init__(self, tools: Mapping[str, tuple[Tool, Run]]) -> None:
        self._tools = dict(tools)

    def run(self, call: Call) -> Result:
        """Carries `call` out; whatever goes wrong comes back as a result that says so."""
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
    """What is wrong with `arguments`, in words; empty when nothing is.

    Of JSON schemas it knows what this program's own tools use: `properties` with `type`, `enum`, `minimum` and `maximum`.
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
