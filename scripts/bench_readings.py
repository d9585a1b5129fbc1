# ruff: noqa: RUF001 - the signs of other scripts are what this is about
"""Prints how long reading aloud takes: the rules of a language, a sentence, and 10,000 characters, also of cutting them into chunks.

    python scripts/bench_readings.py             the rules alone
    python scripts/bench_readings.py --pairs     what they add to the first sound of the installed voice
    python scripts/bench_readings.py --search    which short units, repeated, take longest to cut and to read (minutes)

Run it on a machine that does nothing else. Times of the rules are of the processor, the best of several. For the first sound, ten sentences that need
no rule are spoken with the rules and without them in seven alternating pairs; the median difference and its 90 % interval are printed.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path
from typing import Final

from voicecli.speech.normalize import prepare, read_aloud
from voicecli.speech.sentence_chunker import SentenceChunker

TABLES: Final = Path(__file__).parents[1] / "tests" / "data" / "readings"
LONG: Final = 10_000
HARD: Final = ("1/", "=1", "<1", "5'", "+1-", "1-", "$1", "1:00", "A.", "IV ", "1 000", "a@b.", "½A", "1- ")

CLASSES: Final = "aA10 \n.,:;-–/$%()[]<>*_`#+='\"|~&@!?^\\é天。，ж½²😀\u00a0§€"
"""One character of each kind that the rules distinguish. The search tries all units of two of them."""

FEWER_CLASSES: Final = "aA1 \n.,:-/$%([<*_`#+='|é天。"
"""The same for units of three."""

SAMPLE: Final = 1000
"""The length in characters of a text in the search. Only the units that take longest are tried at full length."""

MOST_SHOWN: Final = 15

HARD_TO_CUT: Final = (
    "天",
    "天\n",
    "天。",
    "天1",
    "あ",
    "a ",
    "|a|\n",
    "- a\n",
    "**a** ",
    "$x^2$",
    "a\\pi ",
    "<b>",
    "[a](b) ",
    "http://a.b ",
    "😀",
    "“a” ",
    ".。",
    "。\n",
    "\\。",
    ".天\n",
    "天|\n",
)


def best_ms(work: Callable[[], object], times: int) -> float:
    """The shortest of several runs, in ms of processor time."""
    found = []
    for _ in range(times):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found) * 1000


PLAIN: Final = (
    "The capital of France is Paris.",
    "Bees make honey from nectar.",
    "A week has seven days.",
    "The sky is blue because air scatters short waves more than long ones.",
    "Cats sleep for most of the day.",
    "Water boils sooner on a mountain.",
    "The moon goes around the earth once a month.",
    "Bread is made of flour, water, salt and yeast.",
    "Shakespeare wrote plays and poems.",
    "Ice floats because it is lighter than water.",
)
PAIRS: Final = 7


def pairs() -> None:
    """Measures what the rules add to the first sound, and prints it."""
    from voicecli.engines.piper import PiperSpeaker
    from voicecli.models.store import ModelStore
    from voicecli.speech.normalize.spoken_form import unchanged

    found = ModelStore.default().resolve("voice")
    voice = PiperSpeaker(found.path, name=found.name, threads=2)
    voice.warm_up()

    def first_sounds_ms(read: Callable[[str], str]) -> float:
        spent = 0.0
        for sentence in PLAIN:
            begun = time.perf_counter()
            next(voice.speak(read(sentence), is_cancelled=lambda: False))
            spent += time.perf_counter() - begun
        return 1000 * spent / len(PLAIN)

    def with_rules(text: str) -> str:
        return read_aloud(text, voice.language).text

    def without(text: str) -> str:
        return unchanged(text).text

    first_sounds_ms(with_rules)
    differences, usual = [], []
    for number in range(PAIRS):
        order = (with_rules, without) if number % 2 else (without, with_rules)
        times = {read: first_sounds_ms(read) for read in order}
        differences.append(times[with_rules] - times[without])
        usual.append(times[without])
    differences.sort()
    # Of seven values the second and the sixth hold the median with a probability of 0.875, the first and the last of 0.984.
    print(
        f"first sound without rules {statistics.median(usual):.1f} ms; the rules add {statistics.median(differences):+.2f} ms, "
        f"90 % interval {differences[0]:+.2f} to {differences[-1]:+.2f} ms"
    )


def search() -> None:
    """Tries all units of two and three characters of `CLASSES`, repeated, and prints those that take longest."""
    units = [*map("".join, product(CLASSES, repeat=2)), *map("".join, product(FEWER_CLASSES, repeat=3))]
    works: dict[str, Callable[[str], object]] = {"cut into chunks": _cut}
    works |= {f"read in {language}": partial(read_aloud, language=language) for language in ("en", "de", "es", "zh")}
    for name, work in works.items():
        work((HARD[0] * LONG)[:LONG])  # what is prepared once is not counted
        sampled = {unit: best_ms(partial(work, (unit * SAMPLE)[:SAMPLE]), 1) for unit in units}
        worst = sorted(units, key=lambda unit: sampled[unit], reverse=True)[:MOST_SHOWN]
        found = sorted(((best_ms(partial(work, (unit * LONG)[:LONG]), 5), unit) for unit in worst), reverse=True)
        shown = ", ".join(f"{unit!r} {ms:.0f}" for ms, unit in found)
        print(
            f"{name}: of {len(units)} units repeated to {LONG} characters the slowest take, in ms: {shown}", flush=True
        )


def main() -> None:
    """Measures and prints."""
    if "--pairs" in sys.argv[1:]:
        pairs()
        return
    if "--search" in sys.argv[1:]:
        search()
        return
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
    of_cuts = {unit: best_ms(partial(_cut, (unit * LONG)[:LONG]), 3) for unit in HARD_TO_CUT}
    worst = max(of_cuts, key=lambda unit: of_cuts[unit])
    print(f"cutting into chunks: {LONG} characters of {worst!r} {of_cuts[worst]:.0f} ms", file=sys.stdout)


def _cut(text: str) -> None:
    chunker = SentenceChunker()
    chunker.feed(text)
    chunker.finish()


if __name__ == "__main__":
    main()
