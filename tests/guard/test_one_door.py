"""Nothing is written to a terminal but through the modules named here, which clean it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "src" / "voicecli"

DOORS = {
    "app/console.py": "where commands write",
    "ui/jsonlines.py": "events as JSON, escaped",
    "ui/painter.py": "rows that ui/render.py has cleaned",
    "ui/plain_lines.py": "lines of a conversation, cleaned",
    "ui/spoken_highlight.py": "measures with a console, and writes nothing",
    "ui/screen.py": "rows that ui/render.py has cleaned",
}
"""Modules that write to a terminal. `tests/unit/test_ui_*.py` and `tests/cli/test_one_door.py` test that they clean what they write."""

CHILDREN = {
    "bench/worker.py": "JSON in ASCII for the program that started it",
    "engines/isolated/child.py": "one constant sentence",
    "offline/violations.py": "JSON in ASCII for the program that started it",
    "tools/program_child.py": "one constant sentence",
}
"""Separate programs, whose output is read by voicecli."""

PRINTERS = {"print", "input", "echo", "secho", "print_exc", "print_exception", "Console", "confirm", "prompt"}
STREAMS = {"stdout", "stderr", "_stream", "file"}
"""Attributes that hold a stream of a terminal: `sys.stdout`, `self._stream`, `self._console.file`."""


def writes(source: str) -> Iterator[str]:
    """The calls in `source` that could write to a terminal."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Name(id=name) if name in PRINTERS:
                yield ast.unparse(node.func)
            case ast.Attribute(attr="Console"):
                yield ast.unparse(node.func)
            # What is printed with a console is clean: no other than the clean one can be made.
            case ast.Attribute(attr=name, value=ast.Name(id="typer" | "click" | "traceback" | "rich")) if (
                name in PRINTERS
            ):
                yield ast.unparse(node.func)
            case ast.Attribute(attr="write" | "writelines", value=ast.Attribute(attr=stream)) if stream in STREAMS:
                yield ast.unparse(node.func)
            case ast.Attribute(attr="write", value=ast.Attribute(attr="buffer", value=ast.Attribute(attr=stream))):
                if stream in STREAMS:
                    yield ast.unparse(node.func)
            case _:
                pass


def test_only_named_modules_write_to_a_terminal() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): sorted(set(writes(path.read_text(encoding="utf-8"))))
        for path in ROOT.rglob("*.py")
    }
    past = {name: calls for name, calls in found.items() if calls and name not in DOORS | CHILDREN}
    assert past == {}, "write with voicecli.app.console"
    assert {name for name in DOORS | CHILDREN if not found[name]} == set(), "no longer writes; remove it from the list"


@pytest.mark.parametrize(
    "code",
    [
        "print('x')",
        "typer.echo(name)",
        "click.secho(name)",
        "sys.stdout.write(name)",
        "sys.stderr.write(name)",
        "sys.stdout.buffer.write(name)",
        "traceback.print_exc()",
        "Console().print(name)",
        "rich.print(name)",
        "rich.console.Console(stderr=True)",
        "typer.confirm(name)",
        "self._console.file.write(name)",
    ],
)
def test_the_guard_sees_what_writes(code: str) -> None:
    assert list(writes(code))
