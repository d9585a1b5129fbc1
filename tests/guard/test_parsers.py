"""What strangers may have written is parsed by `config/documents.py`, which has limits and one exception."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2] / "src" / "voicecli"

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


def parses(source: str) -> Iterator[str]:
    """The calls in `source` that parse JSON or TOML without limits."""
    for node in ast.walk(ast.parse(source)):
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
    found = {
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*.py")
        if any(parses(path.read_text(encoding="utf-8")))
    }
    assert found - OWN.keys() == set(), "use parse_json or parse_toml of voicecli.config.documents"
    assert OWN.keys() - found == set(), "no longer parses; remove it from the list"


def test_the_guard_sees_what_parses() -> None:
    assert list(parses("import json\njson.loads(x)\njsonlib.load(y)\ntomllib.loads(z)")) == [
        "json.loads",
        "jsonlib.load",
        "tomllib.loads",
    ]
