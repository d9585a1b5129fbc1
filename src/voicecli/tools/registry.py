"""Runs tools: finds the tool of a call, checks its arguments, and returns a result that can be shown and read aloud."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping

from voicecli.tools.definitions import (
    Arguments,
    Call,
    IsCancelled,
    LongRun,
    Result,
    Run,
    Schema,
    Tool,
    ToolFailed,
    cleaned,
)


def _never() -> bool:
    return False


class Registry:
    """The tools of a session.

    Thread: `run` belongs to the thread that carries out calls, `offer` and `tool` to any. A tool that other threads use too must have its own lock.

    Args:
        tools: The definition and the function of each tool of the program.
    """

    def __init__(self, tools: Mapping[str, tuple[Tool, Run]]) -> None:
        self._tools = dict(tools)
        self._others: dict[str, dict[str, tuple[Tool, LongRun]]] = {}
        self._lock = threading.Lock()

    def offer(self, source: str, tools: Mapping[str, tuple[Tool, LongRun]]) -> None:
        """Replaces all tools of a server or a program that the user configured. The program's own tools count before them."""
        with self._lock:
            self._others[source] = dict(tools)

    def tool(self, name: str) -> Tool | None:
        """The definition of a tool; None if there is none of that name."""
        if name in self._tools:
            return self._tools[name][0]
        found = self._other(name)
        return found[0] if found is not None else None

    def run(self, call: Call, is_cancelled: IsCancelled = _never) -> Result:
        """Carries out `call`. Failures are returned as a result that explains them."""
        own, other = self._tools.get(call.name), self._other(call.name)
        tool = own[0] if own is not None else other[0] if other is not None else None
        if tool is None:
            return Result(text=cleaned(f"There is no tool {call.name}."), failed=True)
        wrong = mistake(call.arguments, tool.schema, is_complete=own is None)
        if wrong:
            return Result(text=cleaned(f"{call.name} cannot be used like that: {wrong}."), failed=True)
        try:
            if own is not None:
                result = own[1](call)
            else:
                assert other is not None  # noqa: S101 - one of the two has the tool
                result = other[1](call, is_cancelled)
        except ToolFailed as error:
            return Result(text=cleaned(str(error)), failed=True)
        return dataclasses.replace(result, text=cleaned(result.text))

    def _other(self, name: str) -> tuple[Tool, LongRun] | None:
        with self._lock:
            return next((tools[name] for tools in self._others.values() if name in tools), None)


_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list, tuple),
    "object": (dict,),
    "null": (type(None),),
}


def mistake(arguments: Arguments, schema: Schema, *, is_complete: bool = False) -> str:
    """The mistake in `arguments`, in words; empty if there is none.

    It supports the common parts of JSON schemas: `properties` with `type`, `enum`, `minimum` and `maximum`, `required`, and `additionalProperties`.
    What else a schema says is checked by the tool itself.

    Args:
        arguments: The arguments of a call.
        schema: The JSON schema of the tool.
        is_complete: Whether the required arguments must be there. The program's own tools ask for them in their own words.
    """
    properties = schema.get("properties")
    known = properties if isinstance(properties, Mapping) else {}
    required = schema.get("required")
    if is_complete and isinstance(required, list):
        missing = [name for name in required if isinstance(name, str) and name not in arguments]
        if missing:
            return f"{missing[0]} is missing"
    for name, value in arguments.items():
        rule = known.get(name)
        if name not in known and schema.get("additionalProperties") is False:
            return f"there is no argument {name}"
        if isinstance(rule, Mapping) and (wrong := _wrong(name, value, rule)):
            return wrong
    return ""


def _wrong(name: str, value: object, rule: Mapping[str, object]) -> str:
    kinds = rule.get("type")
    wanted = [kinds] if isinstance(kinds, str) else [each for each in kinds if isinstance(each, str)] if isinstance(kinds, list) else []  # fmt: skip
    if wanted and not any(type(value) in _TYPES.get(kind, (type(value),)) for kind in wanted):
        return f"{name} must be of the type {' or '.join(wanted)}"
    choices = rule.get("enum")
    if isinstance(choices, list | tuple) and value not in choices:
        return f"{name} must be one of {', '.join(map(str, choices))}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, high = rule.get("minimum"), rule.get("maximum")
        if (isinstance(low, int | float) and value < low) or (isinstance(high, int | float) and value > high):
            return f"{name} is out of range"
    return ""
