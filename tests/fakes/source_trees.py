"""The syntax trees of the program's modules, for the guards. Each is parsed once a process."""

from __future__ import annotations

import ast
import functools
import gc
from pathlib import Path

ROOT = Path(__file__).parents[2] / "src" / "voicecli"


@functools.cache
def trees() -> dict[str, ast.Module]:
    """Returns the tree of every module, by its path in the package: `audio/playout.py`."""
    found = {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in ROOT.rglob("*.py")
    }
    gc.freeze()  # no later collection looks through 400,000 nodes
    return found


@functools.cache
def nodes() -> dict[str, tuple[ast.AST, ...]]:
    """Returns all nodes of every module."""
    return {name: tuple(ast.walk(tree)) for name, tree in trees().items()}
