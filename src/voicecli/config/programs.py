"""The programs that a user has made tools of: the tables `[tools.command.NAME]` of the configuration file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from voicecli.config.documents import build, parse_json
from voicecli.config.tool_tables import (
    WrongValueError,
    check_name,
    read_flag,
    read_limit,
    read_tables,
    read_text,
    read_texts,
    read_values,
)
from voicecli.errors import ConfigError

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
MOST_TOOLS: Final = 32
"""How many programs may be tools. More would fill the context of a model."""

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


def _text(value: object) -> str:
    if not (text := read_text(value)).strip():
        raise WrongValueError("must be a text")
    return text


def _texts(value: object) -> tuple[str, ...]:
    return tuple(_text(each) for each in read_texts(value))


def _program(value: object) -> tuple[str, ...]:
    words = (value,) if isinstance(value, str) else value
    if not isinstance(words, list | tuple) or not words:
        raise WrongValueError('must be a program, or a list such as ["python3", "/home/me/weather.py"]')
    return tuple(_text(each) for each in words)


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
            raise WrongValueError("is not JSON") from None
    if not isinstance(value, dict) or not isinstance(value.get("properties", {}), dict):
        raise WrongValueError('must be a JSON schema with properties, or a list of names such as ["city", "days?"]')
    return {"type": "object", **value}


_READERS: Final[Mapping[str, Callable[[object], object]]] = {
    "program": _program,
    "arguments": _texts,
    "description": _text,
    "parameters": _schema,
    "limit_s": read_limit,
    "network": read_flag,
    "reads": read_flag,
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
    return read_tables(
        content,
        lambda name, table: _tool(name, table, place),
        most=MOST_TOOLS,
        none=ConfigError(f"tools.command must hold a table for each program ({place}).", _EXAMPLE),
        too_many=ConfigError(f"There are more than {MOST_TOOLS} programs as tools ({place}).", "Remove some."),
    )


def _tool(name: str, table: object, place: str) -> ProgramTool:
    where = f"tools.command.{name}"
    refusal = ConfigError(
        f"{where} is no name of a tool ({place}).",
        "Use small letters, digits and single _, and begin with a letter.",
    )
    check_name(name, NAME, refusal)
    values = read_values(table, _READERS, where=where, place=place, example=_EXAMPLE)
    for key in ("program", "description"):
        if key not in values:
            raise ConfigError(f"{where} has no {key} ({place}).", _EXAMPLE)
    schema = values.pop("parameters", None)
    words = values.get("arguments", ())
    slots = _SLOT.findall(" ".join(words)) if isinstance(words, tuple) else []
    if not isinstance(schema, dict):
        schema = _schema(list(dict.fromkeys(slots)))
    try:
        written = json.dumps(schema, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):  # TOML has dates and numbers that JSON lacks
        raise ConfigError(f"{where}.parameters has values that JSON does not have ({place}).", _EXAMPLE) from None
    properties = schema.get("properties")
    missing = [slot for slot in slots if not isinstance(properties, dict) or slot not in properties]
    if missing:
        raise ConfigError(
            f"{where}.arguments uses {{{missing[0]}}}, which is not in its parameters ({place}).",
            f'Add it: parameters = ["{missing[0]}"]',
        )
    return build(ProgramTool, {**values, "name": name, "schema": written})
