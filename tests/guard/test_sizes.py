"""Modules and functions are short enough to be read at once."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from fakes import source_trees

ROOT = Path(__file__).parents[2] / "src"
LONGEST_MODULE = 400
LONGEST_FUNCTION = 50
"""Lines of a function's body without its docstring."""

LONGER = {
    "voicecli/cli/ask.py:ask",
    "voicecli/app/chat_session.py:run",
    "voicecli/session/conductor.py:_carry_out",
    "voicecli/session/state_machine.py:_dispatch",
    "voicecli/speech/normalize/chinese.py:__init__",
    "voicecli/speech/normalize/western.py:__init__",
    "voicecli/ui/line_editor.py:_bindings",
}
"""Tables, and matches over all members of a union, which are read line by line. Nothing is to be added here without such a reason."""


def functions(module: str, nodes: Iterable[ast.AST]) -> Iterator[tuple[str, int]]:
    """The functions of a module, and the number of lines in the body of each."""
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            if body and node.end_lineno is not None:
                yield f"voicecli/{module}:{node.name}", node.end_lineno - body[0].lineno + 1


def test_no_module_is_longer_than_can_be_read_at_once() -> None:
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in ROOT.rglob("*.py")
    }
    long = {path: count for path, count in lines.items() if count > LONGEST_MODULE}
    assert long == {}, f"more than {LONGEST_MODULE} lines: move a part that can be named into a module of its own"


def test_no_function_is_longer_than_a_screen() -> None:
    lengths = [found for module, nodes in source_trees.nodes().items() for found in functions(module, nodes)]
    long = {name: count for name, count in lengths if count > LONGEST_FUNCTION}
    split = (
        f"more than {LONGEST_FUNCTION} lines: split it, or name it in LONGER if it is a table that is read line by line"
    )
    assert {name: count for name, count in long.items() if name not in LONGER} == {}, split
    assert LONGER - long.keys() == set(), "no longer too long; remove it from LONGER"
