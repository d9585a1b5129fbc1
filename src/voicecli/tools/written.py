"""Parses the texts with which language models call tools: JSON in several shapes, Python-like calls, and tags. Pure logic."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias, TypeVar

from voicecli.config.documents import is_deep
from voicecli.tools.definitions import Json

Signatures: TypeAlias = Mapping[str, Sequence[str]]
"""The names of the tools, each with the names of its arguments in order."""

Written: TypeAlias = tuple[str, dict[str, Json]]
"""The name and the arguments of a call."""

T = TypeVar("T")

LARGEST: Final = 1 << 63
"""Numbers from here on are no arguments of a tool."""

_DECODER: Final = json.JSONDecoder(strict=False)
_BETWEEN: Final = re.compile(r"[\s;,]*")
_FUNCTION: Final = re.compile(r"<function=([^>\s]+)>(.*?)(?:</function>|$)", re.DOTALL)
_PARAMETER: Final = re.compile(r"<parameter=([^>\s]+)>\n?(.*?)\n?</parameter>", re.DOTALL)
_NAMED: Final = re.compile(r"\s*([\w.:/-]+)\s*(?:\[CALL_ID\]\w*)?(?:\[ARGS\])?\s*(\{.*)", re.DOTALL)
_CALL_SUFFIX: Final = ".call"
_CONSTANTS: Final[Mapping[str, Json]] = {"true": True, "false": False, "null": None, "none": None}


def json_value(text: str) -> tuple[object, int] | None:
    """Returns the JSON value with which `text` begins, and the index behind it; None if it begins with none, or the value is not complete."""
    start = len(text) - len(text.lstrip())
    try:
        return _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None


def json_calls(text: str) -> list[Written]:
    """Returns the calls in JSON with which `text` begins: objects one after another, or lists of them. It stops at anything else."""
    found: list[Written] = []
    at = 0
    while (value := json_value(text[at:])) is not None:
        items = value[0] if isinstance(value[0], list) else [value[0]]
        calls = [call for item in items if (call := call_of(item)) is not None]
        if not calls:
            break
        found += calls
        at += value[1]
        between = _BETWEEN.match(text, at)
        at = between.end() if between is not None else at
    return found


def call_of(value: object) -> Written | None:
    """Returns the call that a JSON object stands for; None if it is no call."""
    if not isinstance(value, dict):
        return None
    inner = value.get("function")
    if isinstance(inner, dict):
        return call_of(inner)
    name = value.get("name", inner)
    if not isinstance(name, str) or not name.strip():
        return None
    given: object = next((value[key] for key in ("arguments", "parameters", "args", "input") if key in value), {})
    if isinstance(given, str):
        read = json_value(given)
        given = read[0] if read is not None else {}
    return (name.strip(), given) if isinstance(given, dict) and not is_deep(given) else None


def python_calls(text: str, signatures: Signatures) -> list[Written]:
    """Returns the calls in a Python expression such as `[weather(city="Bonn"), time()]`; empty if it is anything else."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python thinks of the text is written to standard error otherwise
            body = ast.parse(text.strip().rstrip(";"), mode="eval").body
        nodes = body.elts if isinstance(body, ast.List | ast.Tuple) else [body]
        calls = [_python_call(node, signatures) for node in nodes]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [call for call in calls if call is not None] if all(calls) else []


def _python_call(node: ast.expr, signatures: Signatures) -> Written | None:
    if not isinstance(node, ast.Call):
        return None
    name = ast.unparse(node.func)
    if name not in signatures:
        name = name.removesuffix(_CALL_SUFFIX)
    positions = list(signatures.get(name, ()))
    if len(node.args) > len(positions):
        return None
    try:
        given = {positions[at]: _literal(value) for at, value in enumerate(node.args)}
        given |= {each.arg: _literal(each.value) for each in node.keywords if each.arg is not None}
    except ValueError:
        return None
    return name, given


def _literal(node: ast.expr) -> Json:
    """Returns the value of a literal. Raises `ValueError` for anything that would have to be computed."""
    match node:
        case ast.Constant(value=str() | int() | float() | bool() | None as value):
            return _bounded(value)
        case ast.Name(id=name) if name.casefold() in _CONSTANTS:
            return _CONSTANTS[name.casefold()]
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -_bounded(value)
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return [_literal(each) for each in elements]
        case ast.Dict(keys=keys, values=values):
            return {_key(key): _literal(value) for key, value in zip(keys, values, strict=True)}
        case _:
            raise ValueError


def _bounded(value: T) -> T:
    """Returns `value`. Raises `ValueError` for a number so long that Python would not write it in digits: 0xffff… has no limit of its own."""
    if isinstance(value, int) and abs(value) >= LARGEST:
        raise ValueError
    return value


def _key(node: ast.expr | None) -> str:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        raise ValueError  # noqa: TRY004 - it would have to be computed
    return node.value


def tagged_calls(text: str) -> list[Written]:
    """Returns the calls in `<function=NAME>` tags, whose arguments are JSON, or are tags `<parameter=NAME>`."""
    found: list[Written] = []
    for name, body in _FUNCTION.findall(text):
        value = json_value(body)
        if value is not None and isinstance(value[0], dict):
            found.append((name, value[0]))
        elif parameters := _PARAMETER.findall(body):
            found.append((name, dict(parameters)))
        elif not body.strip():
            found.append((name, {}))
    return found


def named_calls(text: str) -> list[Written]:
    """Returns the call in a name that is followed by its arguments in JSON, as in `weather[ARGS]{"city": "Bonn"}`."""
    found = _NAMED.fullmatch(text)
    value = json_value(found[2]) if found is not None else None
    return [(found[1], value[0])] if found is not None and value is not None and isinstance(value[0], dict) else []


def any_calls(text: str, signatures: Signatures) -> list[Written]:
    """Returns the calls in `text`, in whichever of these shapes it is written."""
    found = json_calls(text) or tagged_calls(text) or python_calls(text, signatures) or named_calls(text)
    return [call for call in found if not is_deep(call[1])]
