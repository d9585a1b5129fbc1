"""Every exception of our own is an error for users (`voicecli/errors.py`), or something catches it.

`tests/unit/test_foreign_exceptions.py` looks at those of packages.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from fakes import source_trees
from voicecli import errors
from voicecli.errors import VoiceCliError

ADVICE = "catch it where it is raised, and raise an error of voicecli/errors.py from it, with a sentence and a hint"
GENERIC = {"Exception", "BaseException", "ValueError", "OSError", "RuntimeError"}
_ERRORS = {name for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, VoiceCliError)}

BY_THEIR_BASE = {
    "DamagedRowError": "memory/database.py and memory/recorder.py catch sqlite3.Error",
}
"""Exceptions that are caught by a base of a library or of Python, and where."""


def own_exceptions(nodes: Sequence[ast.AST]) -> dict[str, set[str]]:
    """Returns the exceptions that are defined in `nodes` and are no `VoiceCliError`, each with those of its bases that are not generic."""
    bases = {
        node.name: {ast.unparse(base).rpartition(".")[2] for base in node.bases}
        for node in nodes
        if isinstance(node, ast.ClassDef)
    }

    def all_bases(name: str) -> set[str]:
        own = bases.get(name, set())
        return own.union(*map(all_bases, own))

    found = {name: all_bases(name) for name in bases}
    return {
        name: above - GENERIC
        for name, above in found.items()
        if any(each in GENERIC or each.endswith("Error") for each in above) and not _ERRORS & {name, *above}
    }


def caught(nodes: Sequence[ast.AST]) -> set[str]:
    """Returns the names of all exceptions that are caught somewhere in `nodes`."""
    kinds = [node.type for node in nodes if isinstance(node, ast.ExceptHandler) and node.type is not None]
    each_kind = [each for kind in kinds for each in (kind.elts if isinstance(kind, ast.Tuple) else [kind])]
    return {ast.unparse(kind).rpartition(".")[2] for kind in each_kind}


def never_caught(nodes: Sequence[ast.AST]) -> set[str]:
    """Returns the exceptions of `own_exceptions` that nothing catches, neither by their name nor by that of a base."""
    handled = caught(nodes)
    return {name for name, above in own_exceptions(nodes).items() if not handled & {name, *above}}


def test_every_exception_of_our_own_is_an_error_for_users_or_is_caught() -> None:
    never = never_caught([node for nodes in source_trees.nodes().values() for node in nodes])
    assert never - BY_THEIR_BASE.keys() == set(), f"raised and never mapped: {ADVICE}"
    assert BY_THEIR_BASE.keys() - never == set(), "caught by its name now; remove it from the list"


def test_the_guard_sees_an_exception_that_nobody_catches() -> None:
    nodes = list(
        ast.walk(
            ast.parse(
                "class GoneError(Exception): ...\nclass LateError(GoneError): ...\nclass LostError(ValueError): ...\n"
                "class Told(ModelInvalid): ...\nclass Other: ...\ntry:\n    go()\nexcept (a.GoneError, OSError):\n    pass"
            )
        )
    )
    assert own_exceptions(nodes) == {"GoneError": set(), "LateError": {"GoneError"}, "LostError": set()}
    assert never_caught(nodes) == {"LostError"}
