"""Makes a grammar in llama.cpp's notation (GBNF) from the JSON schemas of tools. A model whose tokens must follow it can only write valid calls.

The parts of a schema that a grammar cannot express, such as the limits of a number, are checked when the call is carried out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from voicecli.tools.definitions import Schema, Tool
from voicecli.tools.fitting import properties_of, required_by

NONE: Final = "none"
"""What a model writes when no tool is needed."""

_DEEPEST: Final = 6
"""Depth of a schema below which any JSON is accepted. A schema that refers to itself ends there."""

_MOST_PROPERTIES: Final = 50
"""An object with more properties may be any object: the rules for optional ones grow with the square of their number."""

_BASICS: Final = r"""
string ::= "\"" char* "\""
char ::= [^"\\\x00-\x1F] | "\\" (["\\/bfnrt] | "u" [0-9a-fA-F] [0-9a-fA-F] [0-9a-fA-F] [0-9a-fA-F])
integer ::= "-"? ("0" | [1-9] [0-9]*)
number ::= integer ("." [0-9]+)? ([eE] [-+]? [0-9]+)?
boolean ::= "true" | "false"
null ::= "null"
any ::= string | number | boolean | null | anyobject | anyarray
anyobject ::= "{" ws (string ":" ws any ("," ws string ":" ws any)*)? "}"
anyarray ::= "[" ws (any ("," ws any)*)? "]"
ws ::= " "?
"""


def call_grammar(tools: Sequence[Tool], *, none: bool = True, most: int = 1) -> str:
    """Returns the grammar of a reply that is a call of one of `tools`, as a JSON object with `name` and `arguments`.

    Args:
        tools: The tools; at least one.
        none: Whether the reply may be the word `none` instead.
        most: How many calls the reply may contain, each on a line of its own.
    """
    maker = _Maker()
    rules = []
    for number, tool in enumerate(tools):
        arguments = maker.rule({**tool.schema, "type": "object"}, 0)
        head = _quoted(f'{{"name": {json.dumps(tool.name, ensure_ascii=False)}, "arguments": ')
        rules.append(f'call{number} ::= {head} {arguments} "}}"')
    call = " | ".join(f"call{number}" for number in range(len(tools)))
    more = ' ("\\n" call)?' * (most - 1)
    root = f"root ::= {_quoted(NONE)} | call{more}" if none else f"root ::= call{more}"
    return "\n".join([root, f"call ::= {call}", *rules, *maker.rules]) + _BASICS


def word_grammar(words: Sequence[str]) -> str:
    """Returns the grammar of a reply that is one of `words`."""
    return f"root ::= {' | '.join(map(_quoted, words))}\n"


class _Maker:
    """Makes rules for schemas. `rules`: the rules so far."""

    def __init__(self) -> None:
        self.rules: list[str] = []

    def rule(self, schema: object, depth: int) -> str:
        """Returns an expression for the values of `schema`."""
        if not isinstance(schema, Mapping) or depth > _DEEPEST:
            return "any"
        if "const" in schema:
            return _quoted(json.dumps(schema["const"], ensure_ascii=False))
        choices = schema.get("enum")
        if isinstance(choices, list | tuple) and choices:
            return self._either(_quoted(json.dumps(each, ensure_ascii=False)) for each in choices)
        for key in ("anyOf", "oneOf"):
            options = schema.get(key)
            if isinstance(options, list | tuple) and options:
                return self._either(self.rule(each, depth + 1) for each in options)
        kinds = schema.get("type")
        if isinstance(kinds, list | tuple):
            return self._either(self.rule({**schema, "type": kind}, depth + 1) for kind in kinds) if kinds else "any"
        match kinds:
            case "string" | "integer" | "number" | "boolean" | "null":
                return str(kinds)
            case "array":
                return self._array(schema, depth)
            case "object":
                return self._object(schema, depth)
            case _:
                return self._object(schema, depth) if properties_of(schema) else "any"

    def _name(self, expression: str) -> str:
        name = f"r{len(self.rules)}"
        self.rules.append(f"{name} ::= {expression}")
        return name

    def _either(self, options: Iterable[str]) -> str:
        texts = list(dict.fromkeys(options))
        return texts[0] if len(texts) == 1 else self._name(" | ".join(texts))

    def _array(self, schema: Mapping[str, object], depth: int) -> str:
        item = self.rule(schema.get("items", {}), depth + 1)
        return self._name(f'"[" ws ({item} ("," ws {item})*)? "]"')

    def _object(self, schema: Schema, depth: int) -> str:
        properties, needed = properties_of(schema), required_by(schema)
        if len(properties) > _MOST_PROPERTIES:
            return "anyobject"
        if not properties:
            return '"{}"' if schema.get("additionalProperties") is False or not depth else "anyobject"
        pairs = {
            name: f"{_quoted(json.dumps(name, ensure_ascii=False) + ': ')} {self.rule(rule, depth + 1)}"
            for name, rule in properties.items()
        }
        first = [pairs[name] for name in properties if name in needed]
        others = [self._name(pairs[name]) for name in properties if name not in needed]
        body = ' ", " '.join(first)
        if first:
            return self._name(f'"{{" {body} {" ".join(_optional(others))} "}}"'.replace("  ", " "))
        return self._name(f'"{{" {_chain(others)} "}}"')


def _optional(names: Sequence[str]) -> list[str]:
    return [f'(", " {name})?' for name in names]


def _chain(names: Sequence[str]) -> str:
    """Any of these in their order, with a comma between two."""
    options = [" ".join([name, *_optional(names[at + 1 :])]) for at, name in enumerate(names)]
    return f"({' | '.join(options)})?"


def _quoted(text: str) -> str:
    """`text` as a literal of the grammar."""
    escaped = (
        text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    )
    escaped = re.sub(r"[\x00-\x1f]", lambda found: f"\\x{ord(found[0]):02x}", escaped)
    return f'"{escaped}"'
