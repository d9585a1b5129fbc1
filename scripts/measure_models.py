"""Prints how language models do on this machine: loading, memory, reading and writing, as a table in Markdown.

    python scripts/measure_models.py                  the installed ones
    python scripts/measure_models.py --shapes 1b 3b   and files of Llama 3.2's shape, which are made in a temporary folder

Each model runs in a process of its own. Reading is a prompt of 512 tokens; writing is 64 tokens behind it; a next question is 20 tokens behind a
prompt that was read before. Best of three, since other work on the machine only makes it slower.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

PROMPT_TOKENS: Final = 512
WRITTEN_TOKENS: Final = 64
QUESTION_TOKENS: Final = 20
ROUNDS: Final = 3
TEMPLATE: Final = "meta-llama-Llama-3.2-3B-Instruct.jinja"


def resident_mb() -> float:
    """What this process has in memory, in MB."""
    found = re.search(r"^Rss: +(\d+)", Path("/proc/self/smaps_rollup").read_text(encoding="utf-8"), re.MULTILINE)
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def measured(path: Path) -> dict[str, float]:
    """Loads a model in this process and measures it."""
    from voicecli.engines.hardware import physical_cores
    from voicecli.engines.llama_native import LlamaSession
    from voicecli.engines.ports import Sampling
    from voicecli.engines.threads import budget

    cores = budget(physical_cores())
    began_s = time.monotonic()
    session = LlamaSession(path, name=path.stem, device="cpu", threads=cores.llm, context_tokens=4096)
    loaded_s = time.monotonic() - began_s
    sentence = session.tokenize("The quick brown fox jumps over the lazy dog near the river bank. ", special=False)
    tokens = (sentence * PROMPT_TOKENS)[: PROMPT_TOKENS + QUESTION_TOKENS]

    def reading_s(count: int) -> float:
        start_s = time.monotonic()
        session.read(tokens[:count], lambda: False)
        return time.monotonic() - start_s

    reading, writing, next_s = [], [], []
    for round_ in range(ROUNDS + 1):
        session.read(tokens[1:3], lambda: False)  # nothing in common with what follows
        prompt_s = reading_s(PROMPT_TOKENS)
        question_s = reading_s(PROMPT_TOKENS + QUESTION_TOKENS)
        start_s = time.monotonic()
        written = 0
        for written, _ in enumerate(session.write(Sampling(temperature=0.0)), start=1):
            if written == WRITTEN_TOKENS:
                break
        wrote_s = time.monotonic() - start_s
        if round_:  # the first round warms up
            reading.append(PROMPT_TOKENS / prompt_s)
            next_s.append(question_s)
            writing.append(written / wrote_s)
    return {
        "load_s": loaded_s,
        "memory_mb": resident_mb(),
        "read": max(reading),
        "write": max(writing),
        "next_ms": 1000 * min(next_s),
    }


def in_a_process(path: Path) -> dict[str, float]:
    """`measured` in a process of its own."""
    done = subprocess.run([sys.executable, __file__, "--one", str(path)], check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def row(name: str, path: Path) -> str:
    """A row of the table."""
    found = in_a_process(path)
    size_gb = path.stat().st_size / 1e9
    return (
        f"| {name} | {size_gb:.2f} GB | {found['load_s']:.1f} s | {found['memory_mb']:.0f} MB | {found['read']:.0f} | {found['write']:.1f} | "
        f"{found['next_ms']:.0f} ms |"
    )


def shape_file(size: str, folder: Path) -> Path:
    """A file with everything of Llama 3.2 but its knowledge."""
    import llama3_parts
    import llama3_shape

    path = folder / f"llama-3.2-{size}-shape.gguf"
    template = Path(llama3_parts.folder(), TEMPLATE).read_text(encoding="utf-8")
    llama3_shape.write(
        llama3_parts.folder() / "tokenizer.json", template, path, llama3_shape.SHAPES[size], title=path.stem
    )
    return path


def installed() -> list[tuple[str, Path]]:
    """The language models on this machine."""
    from voicecli.models.store import ModelStore

    store = ModelStore.default()
    found: list[Any] = [store.resolve("llm", entry.name) for entry in store.installed() if entry.kind == "llm"]
    files = [
        (each.name, each.path if each.path.is_file() else next(iter(sorted(each.path.glob("*.gguf")))))
        for each in found
    ]
    return sorted(files, key=lambda file: file[1].stat().st_size)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", nargs="*", default=[], metavar="SIZE", help="1b, 3b, 8b")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one is not None:
        print(json.dumps(measured(options.one)))
        return 0
    print("| model | file | loading | memory | tokens read a second | tokens written a second | a next question |")
    print("|---|---|---|---|---|---|---|")
    for name, path in installed():
        print(row(name, path), flush=True)
    for size in options.shapes:
        with tempfile.TemporaryDirectory() as folder:
            print(row(f"shape of Llama 3.2 {size.upper()}", shape_file(size, Path(folder))), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
