"""The source has types: no `Any`, and no more exceptions to the type checker than there are."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable
from pathlib import Path

import pytest

from fakes import source_trees

ROOT = Path(__file__).parents[2] / "src"

MOST_IGNORES = 7
"""Comments `type: ignore` in the source. Each has a reason beside it. The number may only fall."""

MOST_CASTS = 10
"""Calls of `cast` in the source. The number may only fall."""


def names_any(nodes: Iterable[ast.AST]) -> list[int]:
    """The lines of code in `nodes` that name `Any` of `typing`, however it is imported."""
    return sorted(
        {
            node.lineno
            for node in nodes
            if (isinstance(node, ast.Name) and node.id == "Any")
            or (isinstance(node, ast.Attribute) and node.attr == "Any" and ast.unparse(node.value) == "typing")
        }
    )


def ignores(source: str) -> int:
    if "type: ignore" not in source:
        return 0
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return sum(token.type == tokenize.COMMENT and "type: ignore" in token.string for token in tokens)


def casts(nodes: Iterable[ast.AST]) -> int:
    return sum(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "cast" for node in nodes
    )


def sources() -> dict[str, str]:
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in ROOT.rglob("*.py")}


def test_nothing_is_of_any_type() -> None:
    found = {name: lines for name, nodes in source_trees.nodes().items() if (lines := names_any(nodes))}
    assert found == {}, "use object, Json, a TypedDict, a Protocol or a TypeVar"


def test_there_are_no_more_exceptions_to_the_type_checker() -> None:
    assert sum(map(ignores, sources().values())) <= MOST_IGNORES
    assert sum(map(casts, source_trees.nodes().values())) <= MOST_CASTS


@pytest.mark.parametrize("code", ["x: Any = 1", "def f(x: 'int', y: list[Any]) -> None: ...", "x: typing.Any = 1"])
def test_the_guard_sees_it(code: str) -> None:
    assert names_any(ast.walk(ast.parse(code)))
