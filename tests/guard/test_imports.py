from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from fakes import source_trees

ROOT = Path(__file__).parents[2]
HEAVY = {
    "pyaec",
    "pywebrtc_audio",
    "ctranslate2",
    "faster_whisper",
    "httpx",
    "llama_cpp",
    "numpy",
    "onnxruntime",
    "piper",
    "prompt_toolkit",
    "pydantic",
    "pypdf",
    "rich",
    "sounddevice",
    "soxr",
    "tomlkit",
    "webrtcvad",
}


OF_ANOTHER = {"av", "ctranslate2"}
"""Parts of faster-whisper, whose version is pinned and with it what they are."""


def loaded_after(code: str) -> set[str]:
    report = (
        "; import sys, json; sys.stderr.write(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code + report], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    return set(json.loads(done.stderr))


@pytest.mark.parametrize(
    "code",
    [
        "import voicecli.cli.main",
        "from voicecli.cli.main import main; main(['--help'])",
        "from voicecli.cli.main import main; main(['--version'])",
        "from voicecli.cli.main import main; main(['chat', '--help'])",
        "import voicecli.config.load, voicecli.config.write, voicecli.session.personas, voicecli.offline",
    ],
)
def test_what_should_be_instant_loads_nothing_heavy(code: str) -> None:
    assert loaded_after(code) & HEAVY == set(), "import it in the function that needs it"


def test_every_package_that_is_imported_is_declared_or_part_of_one_that_is() -> None:
    declared = {re.split(r"[^\w.-]", line)[0] for line in _requirements()}
    owners = packages_distributions()
    undeclared = {
        name
        for nodes in source_trees.nodes().values()
        for name in _imported(nodes)
        if name not in sys.stdlib_module_names | {"voicecli"} | OF_ANOTHER
        and not {owner.lower().replace("_", "-") for owner in owners.get(name, [name])}
        & {each.lower().replace("_", "-") for each in declared}
    }
    assert undeclared == set(), "declare it in pyproject.toml, with a reason in docs/decisions, and run `make lock`"


def _requirements() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], *(each for extra in project["optional-dependencies"].values() for each in extra)]


def _imported(nodes: Iterable[ast.AST]) -> set[str]:
    """The packages that a module imports, anywhere in it."""
    names = set()
    for node in nodes:
        match node:
            case ast.Import():
                names |= {alias.name for alias in node.names}
            case ast.ImportFrom(module=str(module), level=0):
                names.add(module)
            case _:
                pass
    return {name.partition(".")[0] for name in names}


def test_imports_run_one_way() -> None:
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{done.stdout}docs/architecture.md (Rooms) says what each room may import."
