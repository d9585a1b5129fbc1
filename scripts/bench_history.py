"""Measures the history: how long a search over many turns takes, a list from the shell, and writing a turn.

python scripts/bench_history.py             10,000 turns
python scripts/bench_history.py 50000       another number
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from fakes.histories import ABOUT, fill, turn
from voicecli.memory import database as db
from voicecli.memory import queries
from voicecli.memory.writer import ConversationWriter

QUERIES = ("lomi", "ren", "tu", "bas fel", "k", "kalomiren tubasfel", "nothing-like-it")
"""A part of a word, one that is in nearly every turn, one too short for the index, two words, one letter, two long ones, and none."""

TIMES = 9


def measure(what: str, do: Callable[[], object]) -> None:
    """Prints the median and the longest of several runs."""
    took_ms = []
    for _ in range(TIMES):
        began_s = time.perf_counter()
        do()
        took_ms.append((time.perf_counter() - began_s) * 1000)
    print(f"{what:44} {statistics.median(took_ms):7.1f} ms, at most {max(took_ms):.1f} ms")


def main(arguments: list[str]) -> int:
    """Measures and prints."""
    turns = int(arguments[0]) if arguments else 10_000
    with tempfile.TemporaryDirectory() as home:
        where = Path(home) / "voicecli" / "history"
        database = db.open_database(where)
        fill(database, turns)
        size = (where / db.NAME).stat().st_size / 1e6
        print(f"{turns} turns of about 57 words: {size:.0f} MB")
        for query in QUERIES:
            found = len(queries.search(database, query))
            measure(f"search {query!r} ({found} shown)", lambda query=query: queries.search(database, query))  # type: ignore[misc]
        measure("list of all conversations", lambda: queries.conversations(database))
        writer = ConversationWriter(database)
        numbers = iter(range(10**6))
        measure("a turn is written", lambda: writer.write(next(numbers), turn("Is it so?", "It is. " * 30), ABOUT))
        database.close()
        environment = {**os.environ, "XDG_DATA_HOME": home}
        for command in (["history", "list"], ["history", "search", "lomi"]):
            line = [sys.executable, "-m", "voicecli", *command]
            measure(
                f"voicecli {' '.join(command)}",
                lambda line=line: subprocess.run(line, env=environment, capture_output=True, check=True),  # type: ignore[misc]
            )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
