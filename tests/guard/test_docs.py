from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_the_documents_made_from_the_code_say_what_the_code_says() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/make_docs.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_base_of_all_errors_is_never_raised() -> None:
    raised = [
        f"{path.name}:{number}"
        for path in (ROOT / "src").rglob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if re.search(r"(raise|return|=) VoiceCliError\(", line)
    ]
    assert raised == []


EXAMPLES = {"src/voicecli/engines/my_engine.py", "tests/data/readings/LANGUAGE.tsv", "config.toml"}
"""Names of files that a reader is to make, or has."""


@pytest.mark.parametrize("page", ["architecture.md", "extending.md", "finding-your-way.md"])
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    """A name is a path from the root, from `src/voicecli` or from `docs`; or the last part of one that only one module has."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w/.-]+\.(?:py|toml|md|tsv|json))`", text)) - EXAMPLES
    modules = [path.name for path in (ROOT / "src").rglob("*.py")]
    missing = [
        name
        for name in sorted(named)
        if not any((place / name).exists() for place in (ROOT, ROOT / "src" / "voicecli", ROOT / "docs"))
        and modules.count(name) != 1
    ]
    assert named
    assert missing == []


def test_every_thread_is_in_the_table_of_threads() -> None:
    architecture = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.search(r"\| thread \|.*?\n\n", architecture, re.DOTALL)
    assert rows is not None
    table = {name.strip() for row in rows.group().strip().splitlines() for name in row.split("|")[1].split(",")}
    made = set()
    elsewhere = {
        "bench",
        "cli",
        "models",
        "child.py",
        "voice_client.py",
        "follow_reader.py",
    }  # no part of a conversation
    for path in (ROOT / "src" / "voicecli").rglob("*.py"):
        if elsewhere & {path.name, *path.parts}:
            continue
        text = path.read_text(encoding="utf-8")
        made |= set(re.findall(r'Thread\(.{0,160}?\bname="([^"]+)"', text, re.DOTALL))
    assert made - table == set()
