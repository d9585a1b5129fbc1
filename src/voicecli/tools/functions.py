"""Makes tools of Python functions that other packages offer under the entry point group `voicecli.tools`."""

from __future__ import annotations

import importlib.metadata
import inspect
import json
import types
import typing
from collections.abc import Callable, Mapping
from typing import Final, Literal, Union

from voicecli.tools.definitions import Call, IsCancelled, LongRun, Result, Tool, ToolFailed

ENTRY_POINTS: Final = "voicecli.tools"
LIMIT_S: Final = 10.0
"""How long a function may take that sets no `limit_s` of its own."""

_KINDS: Final[Mapping[object, str]] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    list: "array",
    dict: "object",
}


def found() -> tuple[dict[str, tuple[Tool, LongRun]], list[str]]:
    """Returns the tools of all installed packages, and a sentence for each that cannot be used."""
    tools: dict[str, tuple[Tool, LongRun]] = {}
    faults: list[str] = []
    for entry in importlib.metadata.entry_points(group=ENTRY_POINTS):
        package = entry.dist.name if entry.dist is not None else entry.module
        try:
            function = entry.load()
            tools[entry.name] = (tool_of(entry.name, function, package), running(function))
        except Exception as error:  # noqa: BLE001 - whatever a package of somebody else raises
            faults.append(f"The tool {entry.name} of {package} cannot be used: {type(error).__name__}.")
    return tools, faults


def tool_of(name: str, function: Callable[..., object], package: str) -> Tool:
    """Returns the description of a function as a tool: its docstring, and a schema from its annotations.

    Args:
        name: The name of the tool.
        function: The function. Its attributes `schema`, `limit_s`, `reads` and `words` take precedence, where it has them.
        package: The package that offers it.

    Raises:
        TypeError: An argument cannot be given by name.
    """
    does = (inspect.getdoc(function) or name.replace("_", " ")).partition("\n\n")[0]
    schema = getattr(function, "schema", None)
    return Tool(
        name=name,
        group=name,
        description=" ".join(does.split()),
        schema=schema if isinstance(schema, Mapping) else _schema(function),
        title=f"the tool {name}",
        source=f"python:{package}",
        limit_s=float(getattr(function, "limit_s", LIMIT_S)),
        reads=bool(getattr(function, "reads", False)),
        words=tuple(map(str, getattr(function, "words", ()))),
    )


def running(function: Callable[..., object]) -> LongRun:
    """Returns the function of the tool. What it returns is made a text; a `ValueError` is told to the person."""
    reads = bool(getattr(function, "reads", False))

    def run(call: Call, is_cancelled: IsCancelled) -> Result:
        given: dict[str, object] = dict(call.arguments)
        if "is_cancelled" in inspect.signature(function).parameters:
            given["is_cancelled"] = is_cancelled
        try:
            value = function(**given)
        except ValueError as error:
            raise ToolFailed(str(error) or f"{call.name} does not accept that.") from error
        return Result(text=_text(value, call), changed=not reads)

    return run


def _text(value: object, call: Call) -> str:
    if value is None or value == "":
        return f"{call.name} ist fertig." if call.language == "de" else f"{call.name} is done."
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray):
        raise ToolFailed(f"{call.name} returned data that are no text.")
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        return str(value)


def _schema(function: Callable[..., object]) -> dict[str, object]:
    hints = typing.get_type_hints(function)
    properties: dict[str, object] = {}
    required: list[str] = []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY}:
            raise TypeError(f"{name} cannot be given by name")
        if name == "is_cancelled":
            continue
        properties[name] = _rule(hints.get(name, str))
        if parameter.default is parameter.empty:
            required.append(name)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _rule(hint: object) -> dict[str, object]:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return {"enum": list(inner)}
    if origin in {Union, types.UnionType}:
        options = [each for each in inner if each is not type(None)]
        return _rule(options[0]) if len(options) == 1 else {"anyOf": [_rule(each) for each in options]}
    kind = _KINDS.get(origin or hint, "string")
    return {"type": kind, "items": _rule(inner[0])} if kind == "array" and inner else {"type": kind}
