"""What strangers may have written is parsed by `config/documents.py`, which has limits and one exception."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from fakes import source_trees

OWN = {
    "app/user_tools.py": "a schema that was checked",
    "app/voice_client.py": "a program of ours wrote it",
    "app/voice_frames.py": "a program of ours wrote it; catches RecursionError",
    "audio/decode_apart.py": "a program of ours wrote it; catches RecursionError",
    "bench/process.py": "a program of ours wrote it",
    "bench/worker.py": "a program of ours wrote it",
    "cli/verify_offline.py": "a program of ours wrote it",
    "config/documents.py": "the place itself",
    "engines/hibari.py": "a file of an installed package",
    "engines/isolated/framing.py": "a program of ours wrote it",
    "engines/server/tool_calls.py": "a schema that was checked",
    "engines/template_child.py": "a program of ours wrote it",
    "engines/template_values.py": "a schema that was checked, and arguments that we have written",
    "memory/export.py": "arguments that we have written",
    "memory/queries.py": "every exception means a damaged row",
    "memory/writer.py": "names of models that we have written",
    "models/receipts.py": "catches RecursionError; its size is checked",
    "models/store.py": "pyproject.toml of the checkout that runs",
    "pipeline/calling.py": "arguments that we have written",
    "tools/mcp/results.py": "catches RecursionError; its length is limited",
    "tools/program_child.py": "a program of ours wrote it",
    "ui/setting_changes.py": "arguments that we have written",
}


def parses(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """The calls in `nodes` that parse JSON or TOML without limits."""
    for node in nodes:
        match node:
            case ast.Call(func=ast.Attribute(attr="loads" | "load", value=ast.Name(id=name))) if name in {
                "json",
                "jsonlib",
                "tomllib",
            }:
                yield ast.unparse(node.func)
            case _:
                pass


def test_only_named_modules_parse_without_limits() -> None:
    found = {name for name, nodes in source_trees.nodes().items() if any(parses(nodes))}
    assert found - OWN.keys() == set(), "use parse_json or parse_toml of voicecli.config.documents"
    assert OWN.keys() - found == set(), "no longer parses; remove it from the list"


def test_the_guard_sees_what_parses() -> None:
    tree = ast.parse("import json\njson.loads(x)\njsonlib.load(y)\ntomllib.loads(z)")
    assert list(parses(ast.walk(tree))) == [
        "json.loads",
        "jsonlib.load",
        "tomllib.loads",
    ]
