"""Matches texts against a grammar in llama.cpp's notation, so that tests of grammars need no model."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import TypeAlias

Node: TypeAlias = "tuple[str, object]"

_TOKEN = re.compile(
    r'\s*(?:(?P<text>"(?:\\.|[^"\\])*")|(?P<set>\[(?:\\.|[^\]\\])*\])|(?P<name>[A-Za-z][A-Za-z0-9_-]*)|(?P<sign>[()|*+?]))'
)
_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|.)", re.DOTALL)


class Grammar:
    """A grammar. Its root is the rule `root`."""

    def __init__(self, text: str) -> None:
        self._rules: dict[str, Node] = {}
        for line in filter(str.strip, text.splitlines()):
            name, _, body = line.partition("::=")
            tokens = [(found.lastgroup or "", found[found.lastgroup or 0]) for found in _TOKEN.finditer(body)]
            node, rest = _either(tokens)
            assert not rest, line
            self._rules[name.strip()] = node

    def accepts(self, text: str) -> bool:
        """Whether `text` follows the grammar as a whole."""
        return any(end == len(text) for end in self._ends(("name", "root"), text, 0))

    def _ends(self, node: Node, text: str, at: int) -> Iterator[int]:
        kind, value = node
        match kind:
            case "text":
                if text.startswith(str(value), at):
                    yield at + len(str(value))
            case "set":
                if at < len(text) and re.match(str(value), text[at], re.DOTALL):
                    yield at + 1
            case "name":
                yield from self._ends(self._rules[str(value)], text, at)
            case "either":
                for each in value:  # type: ignore[attr-defined] # a list of nodes
                    yield from self._ends(each, text, at)
            case "all":
                yield from self._sequence(value, text, at)  # type: ignore[arg-type] # the same
            case _:
                yield from self._repeated(kind, value, text, at)  # type: ignore[arg-type] # a node

    def _sequence(self, nodes: list[Node], text: str, at: int) -> Iterator[int]:
        if not nodes:
            yield at
            return
        for end in self._ends(nodes[0], text, at):
            yield from self._sequence(nodes[1:], text, end)

    def _repeated(self, kind: str, node: Node, text: str, at: int) -> Iterator[int]:
        if kind != "+":
            yield at
        for end in self._ends(node, text, at):
            if end > at:
                yield end
                if kind != "?":
                    yield from self._repeated("*", node, text, end)


def _either(tokens: list[tuple[str, str]]) -> tuple[Node, list[tuple[str, str]]]:
    options: list[Node] = []
    while True:
        node, tokens = _all(tokens)
        options.append(node)
        if not tokens or tokens[0][1] != "|" or tokens[0][0] != "sign":
            return (options[0] if len(options) == 1 else ("either", options)), tokens
        tokens = tokens[1:]


def _all(tokens: list[tuple[str, str]]) -> tuple[Node, list[tuple[str, str]]]:
    nodes: list[Node] = []
    while tokens and tokens[0] not in {("sign", "|"), ("sign", ")")}:
        kind, text = tokens[0]
        node: Node
        if kind == "sign":
            assert text == "(", text
            node, tokens = _either(tokens[1:])
            assert tokens[0] == ("sign", ")")
        else:
            node = (kind, _unescaped(text[1:-1]) if kind == "text" else text)
        tokens = tokens[1:]
        if tokens and tokens[0][0] == "sign" and tokens[0][1] in "*+?":
            node, tokens = (tokens[0][1], node), tokens[1:]
        nodes.append(node)
    return ("all", nodes), tokens


@functools.cache
def _unescaped(text: str) -> str:
    plain = {"n": "\n", "r": "\r", "t": "\t"}
    return _ESCAPE.sub(
        lambda found: chr(int(found[1][1:], 16)) if len(found[1]) > 1 else plain.get(found[1], found[1]), text
    )
