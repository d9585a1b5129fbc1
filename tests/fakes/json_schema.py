"""Checks a JSON value against a JSON schema, as far as the project's schema needs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "number": (int, float),
    "integer": int,
    "boolean": bool,
    "null": type(None),
}
KNOWN = {
    "$schema", "title", "description", "type", "required", "additionalProperties", "properties", "items", "enum", "minimum",
}  # fmt: skip


def mistakes(value: Any, schema: dict[str, Any], place: str = "$") -> Iterator[str]:  # noqa: ANN401 - any JSON value
    """Yields what is wrong with `value`. A keyword that is not known is an error, so that nothing goes unchecked."""
    assert set(schema) <= KNOWN, set(schema) - KNOWN
    allowed = schema.get("type", [])
    kinds = [allowed] if isinstance(allowed, str) else allowed
    is_bool = isinstance(value, bool)
    if kinds and not any(isinstance(value, TYPES[kind]) and (not is_bool or kind == "boolean") for kind in kinds):
        yield f"{place} is no {allowed}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place} is none of {schema['enum']}"
    if "minimum" in schema and value < schema["minimum"]:
        yield f"{place} is less than {schema['minimum']}"
    if isinstance(value, dict):
        properties, others = schema.get("properties", {}), schema.get("additionalProperties", True)
        yield from (f"{place}.{key} is missing" for key in schema.get("required", []) if key not in value)
        for key, each in value.items():
            if key in properties:
                yield from mistakes(each, properties[key], f"{place}.{key}")
            elif others is False:
                yield f"{place}.{key} is not known"
            elif isinstance(others, dict):
                yield from mistakes(each, others, f"{place}.{key}")
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from mistakes(each, schema.get("items", {}), f"{place}[{number}]")
