"""Prints how long reading aloud takes: the rules of a language at first, a sentence after that, and the worst of 10,000 characters.

    python scripts/bench_readings.py

Run it on a machine that does nothing else. Times are of the processor, the best of several.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from voicecli.speech.normalize import prepare, read_aloud

TABLES: Final = Path(__file__).parents[1] / "tests" / "data" / "readings"
LONG: Final = 10_000
HARD: Final = ("1/", "=1", "<1", "5'", "+1-", "1-", "$1", "1:00", "A.", "IV ", "1 000", "a@b.")


def best_ms(work: Callable[[], object], times: int) -> float:
    """The shortest of several runs, in ms of processor time."""
    found = []
    for _ in range(times):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found) * 1000


def main() -> None:
    """Measures and prints."""
    for language in ("en", "de", "es", "zh"):
        first_ms = best_ms(partial(prepare, language), 1)
        lines = [row.split("\t")[1] for row in (TABLES / f"{language}.tsv").read_text(encoding="utf-8").splitlines()]
        of_lines = [best_ms(partial(read_aloud, line, language), 5) for line in lines]
        of_long = {unit: best_ms(partial(read_aloud, (unit * LONG)[:LONG], language), 3) for unit in HARD}
        worst = max(of_long, key=lambda unit: of_long[unit])
        print(
            f"{language}: rules {first_ms:.0f} ms; a line {sum(of_lines) / len(of_lines):.2f} ms, at most {max(of_lines):.2f} ms; "
            f"{LONG} characters of {worst!r} {of_long[worst]:.0f} ms",
            file=sys.stdout,
        )


if __name__ == "__main__":
    main()
