"""The programs that a user has made tools of: the tables `[tools.command.NAME]` of the configuration file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from voicecli.config.documents import parse_json
from voicecli.config.suggest import did_you_mean
from voicecli.errors import ConfigError, UnknownName

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
MOST_TOOLS: Final = 32
SHORTEST_LIMIT_S: Final = 0.1
LONGEST_LIMIT_S: Final = 600.0
_SLOT: Final = re.compile(r"\{(\w+)\}")
_EXAMPLE: Final = (
    'Write [tools.command.NAME] on its own line, and below it program = "PROGRAM" and description = "What it does."'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramTool:
    """A program that is a tool.

    Attributes:
        name: The name of the tool.
        program: The program, and words that are always the same.
        arguments: The words that follow. A name in braces stands for an argument of the call.
        description: What it does, for the language model.
        schema: The JSON schema of its arguments, as JSON.
        limit_s: How long it may take.
        network: Whether it may use the network.
        reads: Whether it changes nothing.
        words: Words that hint that it may be needed.
    """

    name: str
    program: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    description: str
    schema: str
    limit_s: float = 10.0
    network: bool = False
    reads: bool = False
    words: tuple[str, ...] = ()


class _Wrong(Exception):
    """A value is wrong; the message is the end of a sentence: "must be …"."""


def _text(value: object) -> str:
    if not isinstance(value, str) or "\0" in value or not value.strip():
        raise _Wrong("must be a text")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _Wrong('must be a list of texts, such as ["one", "two"]')
    return tuple(_text(each) for each in value)


def _program(value: object) -> tuple[str, ...]:
    words = (value,) if isinstance(value, str) else value
    if not isinstance(words, list | tuple) or not words:
        raise _Wrong('must be a program, or a list such as ["python3", "/home/me/weather.py"]')
    return tuple(_text(each) for each in words)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _Wrong("must be true or false")
    return value


def _limit(value: object) -> float:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not SHORTEST_LIMIT_S <= value <= LONGEST_LIMIT_S
    ):
        raise _Wrong(f"must be a number of seconds from {SHORTEST_LIMIT_S} to {LONGEST_LIMIT_S:.0f}")
    return float(value)


def _schema(value: object) -> dict[str, object]:
    """Reads a JSON schema, as a table or as JSON in a text; or a list of names, which stands for texts that must all be given."""
    if isinstance(value, list):
        names = [_text(each) for each in value]
        return {
            "type": "object",
            "properties": {name.rstrip("?"): {"type": "string"} for name in names},
            "required": [name for name in names if not name.endswith("?")],
            "additionalProperties": False,
        }
    if isinstance(value, str):
        try:
            value = parse_json(value)
        except ValueError:
            raise _Wrong("is not JSON") from None
    if not isinstance(value, dict) or not isinstance(value.get("properties", {}), dict):
        raise _Wrong('must be a JSON schema with properties, or a list of names such as ["city", "days?"]')
    return {"type": "object", **value}


_READERS: Final[Mapping[str, Callable[[object], object]]] = {
    "program": _program,
    "arguments": _texts,
    "description": _text,
    "parameters": _schema,
    "limit_s": _limit,
    "network": _flag,
    "reads": _flag,
    "words": _texts,
}
KEYS: Final = tuple(_READERS)
"""The keys of `[tools.command.NAME]`."""


def read_programs(content: object, place: str) -> tuple[tuple[ProgramTool, ...], list[ConfigError]]:
    """Reads the value of `tools.command`.

    Args:
        content: The table of tables.
        place: The file, for messages.

    Returns:
        The tools that are right, and the errors in the others.
    """
    if not isinstance(content, dict):
        return (), [ConfigError(f"tools.command must hold a table for each program ({place}).", _EXAMPLE)]
    tools, faults = list[ProgramTool](), list[ConfigError]()
    for name, table in content.items():
        try:
            tools.append(_tool(name, table, place))
        except ConfigError as error:
            faults.append(error)
    if len(tools) > MOST_TOOLS:
        faults.append(ConfigError(f"There are more than {MOST_TOOLS} programs as tools ({place}).", "Remove some."))
    return tuple(tools[:MOST_TOOLS]), faults


def _tool(name: str, table: object, place: str) -> ProgramTool:
    where = f"tools.command.{name}"
    if not NAME.fullmatch(name) or "__" in name:
        raise ConfigError(
            f"{where} is no name of a tool ({place}).",
            "Use small letters, digits and single _, and begin with a letter.",
        )
    if not isinstance(table, dict):
        raise ConfigError(f"{where} must be a table ({place}).", _EXAMPLE)
    values: dict[str, object] = {}
    for key, value in table.items():
        if key not in _READERS:
            hint = did_you_mean(key, _READERS) or f"There are: {', '.join(_READERS)}"
            raise UnknownName(f"There is no setting {where}.{key} ({place}).", hint)
        try:
            values[key] = _READERS[key](value)
        except _Wrong as error:
            raise ConfigError(f"{where}.{key} {error} ({place}).", "voicecli config edit") from None
    for key in ("program", "description"):
        if key not in values:
            raise ConfigError(f"{where} has no {key} ({place}).", _EXAMPLE)
    schema = values.pop("parameters", None)
    slots = [slot for word in table.get("arguments", ()) for slot in _SLOT.findall(str(word))]
    if not isinstance(schema, dict):
        schema = _schema(list(dict.fromkeys(slots)))
    properties = schema.get("properties")
    missing = [slot for slot in slots if not isinstance(properties, dict) or slot not in properties]
    if missing:
        raise ConfigError(
            f"{where}.arguments uses {{{missing[0]}}}, which is not in its parameters ({place}).",
            f'Add it: parameters = ["{missing[0]}"]',
        )
    return ProgramTool(name=name, schema=json.dumps(schema, ensure_ascii=False), **values)  # type: ignore[arg-type] # each reader returns its field's type
