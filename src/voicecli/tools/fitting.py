"""Fits what a language model wrote as a call to the tool: types that differ in their notation only, and names that nearly match. Pure logic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from voicecli.config.documents import parse_json
from voicecli.tools.definitions import Arguments, Call, Json, Language, Schema, Tool
from voicecli.tools.written import Signatures, Written

_TRUE: Final = frozenset({"true", "yes", "on", "1"})
_FALSE: Final = frozenset({"false", "no", "off", "0"})


def signatures_of(tools: Iterable[Tool]) -> Signatures:
    """Returns the names of the tools, each with the names of its arguments."""
    return {each.name: tuple(properties_of(each.schema)) for each in tools}


def properties_of(schema: Schema) -> Mapping[str, Mapping[str, object]]:
    """Returns the schemas of the arguments by their names."""
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return {}
    return {str(name): rule if isinstance(rule, Mapping) else {} for name, rule in properties.items()}


def required_by(schema: Schema) -> tuple[str, ...]:
    """Returns the names of the arguments that must be given."""
    required = schema.get("required")
    return tuple(map(str, required)) if isinstance(required, list | tuple) else ()


def to_be_said(schema: Schema) -> tuple[str, ...]:
    """Returns the names of the required arguments whose values must come from what was said: all but those with a list of values, or yes and no."""
    rules = properties_of(schema)
    return tuple(
        name
        for name in required_by(schema)
        if "enum" not in rules.get(name, {}) and rules.get(name, {}).get("type") != "boolean"
    )


def fitted(written: Written, tools: Iterable[Tool], language: Language = "en") -> Call:
    """Returns the call that a model wrote, with values of the types in the tool's schema.

    Args:
        written: The name and the arguments, as written.
        tools: The tools that were offered. A name that none of them has is unchanged.
        language: The language of the answer.
    """
    name, given = written
    tool = next((each for each in tools if each.name == name), None)
    if tool is None:
        plain = _plain(name)
        tool = next((each for each in tools if _plain(each.name) == plain), None)
    if tool is None:
        return Call(name=name, arguments=given, language=language)
    return Call(name=tool.name, arguments=_fitted(given, tool.schema), language=language)


def _plain(name: str) -> str:
    return name.rpartition(".")[2].casefold().replace("-", "_")


def _fitted(given: Mapping[str, Json], schema: Schema) -> Arguments:
    rules, needed = properties_of(schema), required_by(schema)
    made: dict[str, Json] = {}
    for name, value in given.items():
        rule = rules.get(name, {})
        if value is None and name not in needed and "null" not in _types(rule):
            continue  # what a model writes for an argument that it leaves out
        if value == "" and name not in needed:
            continue
        made[name] = _value(value, rule)
    return made


def _types(rule: Mapping[str, object]) -> tuple[str, ...]:
    kinds = rule.get("type")
    if isinstance(kinds, str):
        return (kinds,)
    return tuple(str(each) for each in kinds) if isinstance(kinds, list | tuple) else ()


def _value(value: Json, rule: Mapping[str, object]) -> Json:
    """`value` in the type of `rule`, if it can be written in it without a loss."""
    kinds = _types(rule)
    if isinstance(value, str):
        return _from_text(value, kinds, rule)
    if isinstance(value, bool) or value is None:
        return (
            value if not isinstance(value, bool) or "boolean" in kinds or "string" not in kinds else str(value).lower()
        )
    if isinstance(value, int | float):
        if kinds == ("string",):
            return str(value)
        whole = "integer" in kinds and "number" not in kinds and isinstance(value, float) and value.is_integer()
        return int(value) if whole else value
    if isinstance(value, Mapping):
        return dict(_fitted(value, rule)) if properties_of(rule) else value
    items = rule.get("items")
    return [_value(each, items) for each in value] if isinstance(items, Mapping) else value


def _from_text(text: str, kinds: tuple[str, ...], rule: Mapping[str, object]) -> Json:
    choices = rule.get("enum")
    if isinstance(choices, list | tuple) and text not in choices:
        same = [each for each in choices if isinstance(each, str) and each.casefold() == text.strip().casefold()]
        return same[0] if same else text
    if not kinds or "string" in kinds:
        return text
    plain = text.strip()
    if "boolean" in kinds and plain.casefold() in _TRUE | _FALSE:
        return plain.casefold() in _TRUE
    try:
        read: Json = parse_json(plain)
    except ValueError:
        return text
    if isinstance(read, float) and read.is_integer() and "number" not in kinds:
        return int(read)
    return read if not isinstance(read, str) else text
