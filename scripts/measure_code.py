"""Counts what tells how easy the source is to read and to change, of the working tree or of any commit.

    python scripts/measure_code.py
    python scripts/measure_code.py --at COMMIT --at HEAD
    python scripts/measure_code.py --names

With `--names` the functions, constants, circles and definitions behind the counts are listed. Nothing of the counted code is run.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import statistics
import subprocess
import sys
import tarfile
import tempfile
import tokenize
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
LONG_FUNCTION: Final = 40
"""Lines of a function's body, without its docstring."""

_NO_CONSTANTS: Final = {"TypeVar", "TypeAlias", "NewType", "ParamSpec"}
_CALLED_BY_OTHERS: Final = re.compile(r"__\w+__|visit_\w+|do_[A-Z]+")
"""Names that Python or a library calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A parsed module."""

    name: str
    text: str
    tree: ast.Module


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What was counted.

    Attributes:
        lines: The lines of each module.
        long_functions: Functions with more than `LONG_FUNCTION` lines.
        any_lines: Lines of code that name `Any`.
        any_words: Lines in which the word `Any` stands, in comments and docstrings too, imports left out.
        ignores: Comments `type: ignore`.
        casts: Calls of `cast`.
        bare_constants: Module-level constants without a docstring.
        bare_numbers: Those of them that are numbers without a comment either; see `undescribed_numbers`.
        constants: All module-level constants.
        contracts: Import contracts.
        circles: Groups of modules that import each other when they are loaded.
        late_circles: The same, with imports inside functions.
        typed_circles: The same, with imports for types only.
        unused: Definitions whose name stands nowhere else in the source.
        for_tests: Those of them that tests or scripts name.
    """

    lines: list[int]
    long_functions: list[str]
    any_lines: int
    any_words: int
    ignores: int
    casts: int
    bare_constants: list[str]
    bare_numbers: list[str]
    constants: int
    contracts: int
    circles: list[list[str]]
    late_circles: list[list[str]]
    typed_circles: list[list[str]]
    unused: list[str]
    for_tests: list[str]


def main() -> int:
    """Counts and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--at", action="append", default=[], metavar="COMMIT", help="count a commit; may be repeated")
    parser.add_argument("--names", action="store_true", help="list what was counted")
    options = parser.parse_args()
    columns: dict[str, Counts] = {}
    for commit in options.at:
        with tempfile.TemporaryDirectory() as folder:
            _check_out(commit, Path(folder))
            columns[commit] = count(Path(folder))
    if not columns:
        columns["now"] = count(ROOT)
    _print_table(columns)
    if options.names:
        for name, counts in columns.items():
            _print_names(name, counts)
    return 0


def count(root: Path) -> Counts:
    """Counts the source under `root`."""
    modules = [_module(path, root / "src") for path in sorted((root / "src").rglob("*.py"))]
    words = Counter(word for module in modules for word in _words(module.text))
    elsewhere = {
        word
        for folder in ("tests", "scripts")
        for path in (root / folder).rglob("*.py")
        for word in _words(_read(path))
    }
    constants = [found for module in modules for found in _constants(module)]
    unused = [(place, name) for module in modules for place, name in _definitions(module) if words[name] < 2]  # noqa: PLR2004 - itself, and one use
    graph = {each.name: _imports(each) for each in modules}
    known = set(graph)
    return Counts(
        lines=sorted(len(each.text.splitlines()) for each in modules),
        long_functions=[found for module in modules for found in _long_functions(module)],
        any_lines=sum(len(_any_lines(each.tree)) for each in modules),
        any_words=sum(_any_words(each.text) for each in modules),
        ignores=sum(_comments(each.text, "type: ignore") for each in modules),
        casts=sum(_calls(each.tree, "cast") for each in modules),
        bare_constants=[name for name, described in constants if not described],
        bare_numbers=[f"{each.name}:{name}" for each in modules for name in undescribed_numbers(each.text)],
        constants=len(constants),
        contracts=_contracts(root),
        circles=_circles({name: _those(found, known, {"load"}) for name, found in graph.items()}),
        late_circles=_circles({name: _those(found, known, {"load", "late"}) for name, found in graph.items()}),
        typed_circles=_circles(
            {name: _those(found, known, {"load", "late", "types"}) for name, found in graph.items()}
        ),
        unused=[place for place, name in unused],
        for_tests=[place for place, name in unused if name in elsewhere],
    )


# ---- what is counted


def _long_functions(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
            length = (node.end_lineno or 0) - body[0].lineno + 1 if body else 0
            if length > LONG_FUNCTION:
                yield f"{module.name}:{node.name} ({length})"


def _any_lines(tree: ast.Module) -> set[int]:
    return {node.lineno for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "Any"}


def _any_words(text: str) -> int:
    return sum(bool(re.search(r"\bAny\b", line)) and "import" not in line for line in text.splitlines())


def _comments(text: str, words: str) -> int:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return sum(token.type == tokenize.COMMENT and words in token.string for token in tokens)


def _calls(tree: ast.Module, name: str) -> int:
    return sum(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
        for node in ast.walk(tree)
    )


def _constants(module: Module) -> Iterator[tuple[str, bool]]:
    """Yields every module-level name in capitals, and whether a docstring follows it."""
    body = module.tree.body
    for statement, after in zip(body, [*body[1:], None], strict=True):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                pass
            case _:
                continue
        if not re.fullmatch(r"_?[A-Z][A-Z0-9_]+", name) or _called(value) in _NO_CONSTANTS:
            continue
        described = (
            isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str)
        )
        yield f"{module.name}:{name}", described


def undescribed_numbers(source: str) -> Iterator[str]:
    """Yields the module-level constants that are numbers and have neither a docstring nor a comment.

    A docstring belongs to all constants in the lines directly above it, and a comment to its own line or to all lines directly below it.
    """
    body, lines = ast.parse(source).body, source.splitlines()
    for at, statement in enumerate(body):
        name, value = _assigned(statement)
        if not re.fullmatch(r"_?[A-Z][A-Z0-9_]+", name) or value is None or not _is_number(value):
            continue
        above = statement.lineno - 1
        while above > 0 and re.match(r"_?[A-Z][A-Z0-9_]*\b.*=", lines[above - 1]):
            above -= 1
        commented = "  # " in lines[statement.lineno - 1] or (above > 0 and lines[above - 1].startswith("# "))
        if not commented and not _is_described(body[at:]):
            yield name


def _assigned(statement: ast.stmt) -> tuple[str, ast.expr | None]:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name, value
        case ast.AnnAssign(target=ast.Name(id=name), value=value):
            return name, value
        case _:
            return "", None


def _is_number(value: ast.expr) -> bool:
    match value:
        case ast.Constant(value=number):
            return isinstance(number, int | float) and not isinstance(number, bool)
        case ast.UnaryOp(operand=inner):
            return _is_number(inner)
        case ast.BinOp(left=left, right=right):
            return _is_number(left) or _is_number(right)
        case ast.Call(func=ast.Name(id=name)):
            return name in {"samples_of", "blocks_of", "range"}
        case _:
            return False


def _is_described(statements: list[ast.stmt]) -> bool:
    """Whether a docstring follows the first statement, or the statements in the lines directly below it."""
    for statement, after in pairwise(statements):
        if after.lineno != (statement.end_lineno or 0) + 1:
            return False
        if isinstance(after, ast.Expr):
            return isinstance(after.value, ast.Constant) and isinstance(after.value.value, str)
    return False


def _called(value: ast.expr) -> str:
    return value.func.id if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) else ""


def _definitions(module: Module) -> Iterator[tuple[str, str]]:
    """Yields the place and the name of every function, method, class and module-level name, unless a decorator or a library uses it."""
    for node in ast.walk(module.tree):
        match node:
            case (
                ast.FunctionDef(name=name, decorator_list=decorators)
                | ast.AsyncFunctionDef(name=name, decorator_list=decorators)
            ) if not _registered(decorators) and not _CALLED_BY_OTHERS.fullmatch(name):
                yield f"{module.name}:{name}", name
            case ast.ClassDef(name=name):
                yield f"{module.name}:{name}", name
            case _:
                pass
    for name, _ in _constants(module):
        yield name, name.rpartition(":")[2]


def _registered(decorators: Iterable[ast.expr]) -> bool:
    """Whether a decorator hands the function to something that calls it: a command, a key, an overload."""
    own = {
        "property",
        "staticmethod",
        "classmethod",
        "cache",
        "contextmanager",
        "asynccontextmanager",
        "abstractmethod",
    }
    names = {ast.unparse(each).partition("(")[0].rpartition(".")[2] for each in decorators}
    return bool(names - own - {"lru_cache", "cached_property"})


def _words(text: str) -> Iterator[str]:
    """Yields the names in `text`: names of Python, and words in texts that could be names, such as "module:attribute"."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME:
            yield token.string
        elif token.type == tokenize.STRING and not token.string.lstrip("rbfRBF").startswith('"""'):
            yield from re.findall(r"\w+", token.string)


# ---- which module imports which


def _imports(module: Module) -> list[tuple[str, str]]:
    """Returns what a module imports, and when: to `load`, `late` inside a function, or for `types` only."""
    return list(_imports_in(module, module.tree.body, "load"))


def _imports_in(module: Module, body: Iterable[ast.stmt], when: str) -> Iterator[tuple[str, str]]:
    for node in body:
        match node:
            case ast.Import(names=names):
                yield from ((each.name, when) for each in names)
            case ast.ImportFrom(module=str(source), names=names, level=0):
                yield source, when
                yield from ((f"{source}.{each.name}", when) for each in names)
            case ast.If(test=test, body=inner, orelse=other):
                yield from _imports_in(module, inner, "types" if "TYPE_CHECKING" in ast.unparse(test) else when)
                yield from _imports_in(module, other, when)
            case ast.FunctionDef(body=inner) | ast.AsyncFunctionDef(body=inner):
                yield from _imports_in(module, inner, "late" if when == "load" else when)
            case ast.ClassDef(body=inner) | ast.With(body=inner) | ast.AsyncWith(body=inner) | ast.For(body=inner):
                yield from _imports_in(module, inner, when)
            case ast.While(body=inner):
                yield from _imports_in(module, inner, when)
            case ast.Try(body=inner, handlers=handlers, orelse=other, finalbody=last):
                for part in (inner, other, last, *(each.body for each in handlers)):
                    yield from _imports_in(module, part, when)
            case ast.Match(cases=cases):
                for each in cases:
                    yield from _imports_in(module, each.body, when)
            case _:
                pass


def all_circles(source: Path) -> list[list[str]]:
    """Returns the circles under the folder `source`, with imports inside functions and for types."""
    graph = {each.name: _imports(each) for each in (_module(path, source) for path in source.rglob("*.py"))}
    return _circles({name: _those(found, set(graph), {"load", "late", "types"}) for name, found in graph.items()})


def _those(found: Iterable[tuple[str, str]], known: set[str], times: set[str]) -> set[str]:
    """Returns the modules that are imported at these times. A package from which only modules are imported is not counted itself."""
    names = [name for name, when in found if when in times]
    parents = {name.rpartition(".")[0] for name in names if name in known}
    others = {name.rpartition(".")[0] for name in names if name not in known}
    return {name for name in names if name in known and (name not in parents or name in others)}


def _circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Returns the groups of modules that import each other, directly or not. A package that imports its own module is not counted."""
    reach = {name: _reached(graph, name) for name in graph}
    groups = {
        tuple(sorted(other for other in reach[name] if name in reach[other])) for name in graph if name in reach[name]
    }
    return [list(group) for group in sorted(groups) if len(group) > 1]


def _reached(graph: Mapping[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    left = list(graph[start])
    while left:
        name = left.pop()
        if name not in seen:
            seen.add(name)
            left += graph[name]
    return seen


# ---- files


def _module(path: Path, root: Path) -> Module:
    text = _read(path)
    name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
    return Module(name=name, text=text, tree=ast.parse(text))


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _contracts(root: Path) -> int:
    tool = tomllib.loads(_read(root / "pyproject.toml")).get("tool", {})
    return len(tool.get("importlinter", {}).get("contracts", []))


def _check_out(commit: str, folder: Path) -> None:
    command = ["git", "archive", commit, "src", "tests", "scripts", "pyproject.toml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")


# ---- printing


def _print_table(columns: Mapping[str, Counts]) -> None:
    rows: dict[str, list[str]] = {}

    def row(name: str, values: Iterable[object]) -> None:
        rows[name] = [str(value) for value in values]

    every = columns.values()
    row("modules", (len(each.lines) for each in every))
    row("lines of a module: median", (round(statistics.median(each.lines)) for each in every))
    row("lines of a module: 90 of 100 at most", (each.lines[int(0.9 * (len(each.lines) - 1))] for each in every))
    row("lines of a module: largest", (each.lines[-1] for each in every))
    row(f"functions over {LONG_FUNCTION} lines", (len(each.long_functions) for each in every))
    row("lines of code with Any", (each.any_lines for each in every))
    row("lines with the word Any", (each.any_words for each in every))
    row("type: ignore", (each.ignores for each in every))
    row("calls of cast", (each.casts for each in every))
    row("module-level constants", (each.constants for each in every))
    row("constants without a docstring", (len(each.bare_constants) for each in every))
    row("of these, numbers without a comment", (len(each.bare_numbers) for each in every))
    row("import contracts", (each.contracts for each in every))
    row("circles of modules, when loaded", (len(each.circles) for each in every))
    row("circles, with imports in functions", (len(each.late_circles) for each in every))
    row("circles, with imports for types", (len(each.typed_circles) for each in every))
    row("unused definitions", (len(each.unused) for each in every))
    row("of these, used by tests or scripts", (len(each.for_tests) for each in every))
    print(f"{'':38}" + "".join(f"{name[:12]:>14}" for name in columns))
    for name, values in rows.items():
        print(f"{name:38}" + "".join(f"{value:>14}" for value in values))


def _print_names(name: str, counts: Counts) -> None:
    lists: dict[str, Iterable[str]] = {
        f"functions over {LONG_FUNCTION} lines": counts.long_functions,
        "constants without a docstring": counts.bare_constants,
        "circles, when loaded": map(", ".join, counts.circles),
        "circles, with imports in functions": map(", ".join, counts.late_circles),
        "circles, with imports for types": map(", ".join, counts.typed_circles),
        "unused": counts.unused,
    }
    for title, found in lists.items():
        print(f"\n{name}: {title}")
        for each in found:
            print(f"  {each}")


if __name__ == "__main__":
    sys.exit(main())
