"""What preparing answers ahead of time gains and costs: the settings of `listen.speculation` in turn, block by block.

    python scripts/measure_speculation.py                          20 questions with each of off, pauses and speech
    python scripts/measure_speculation.py --load 2                 the same beside two programs that compute without end
    python scripts/measure_speculation.py --python ~/old/.venv/bin/python   the setting `speech` here and in another checkout

The order of the settings changes from block to block, so that all of them meet the same machine. Differences are medians of the differences within
a question. Processor time is that of a question, of the conversation and its engines together.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from unittest.mock import patch

from voicecli.bench import process, report, runner
from voicecli.bench.measure import Turn
from voicecli.bench.process import Ran
from voicecli.bench.processor_time import busy_loops
from voicecli.bench.records import Record
from voicecli.bench.runner import Plan
from voicecli.cli.bench import make_plan

SETTINGS = ("off", "pauses", "speech")
NOT_TIMED: Record = {
    "event": "turn",
    "question_s": 1.0,
    "stt_s": 0.0,
    "tokens": 0,
    "write_s": 0.0,
    "answer_s": 1.0,
    "tts_s": 0.0,
}


@dataclass(kw_only=True)
class Way:
    """One way of answering, and what was measured of it."""

    name: str
    python: str
    speculation: str
    turns: list[Turn] = field(default_factory=list)
    processor_ms: list[float] = field(default_factory=list)

    def run(
        self,
        arguments: Sequence[str],
        *,
        stdin: str = "",
        on_record: Callable[[Record], object] = lambda _: None,
        environ: dict[str, str] | None = None,
    ) -> Ran:
        """Runs a program of the benchmark in this way. Engines are not timed alone."""
        if stdin and json.loads(stdin)["job"] == "engines":
            return Ran(records=(NOT_TIMED,), peak_bytes=None)
        chosen = {**(environ or {}), "VOICECLI_LISTEN_SPECULATION": self.speculation}
        with patch("voicecli.bench.process.sys.executable", self.python):
            return process.run(arguments, stdin=stdin, on_record=on_record, environ=chosen)


class Silent:
    """Shows no progress."""

    def begin(self, steps: int) -> None:
        """Does nothing."""

    def doing(self, what: str) -> None:
        """Does nothing."""

    def step(self) -> None:
        """Does nothing."""


def measure(plan: Plan, ways: Sequence[Way], *, load: int) -> None:
    """Puts the questions of `plan` to all `ways`, block by block."""
    with busy_loops(load):
        for number, start in enumerate(range(0, len(plan.questions), runner.BLOCK)):
            block = plan.questions[start : start + runner.BLOCK]
            part = Plan(questions=block, paused=[], talked_over=[], naive=False, flags=plan.flags)
            for way in ways if number % 2 == 0 else reversed(ways):
                found = runner.run(part, Silent(), way.run)
                way.turns += found.turns
                way.processor_ms += [found.processor_ms or 0.0] * len(block)


def table(ways: Sequence[Way]) -> str:
    """Returns the figures as a table in Markdown. The first of `ways` is what the others are compared with."""
    steps = list(report.STEPS)
    lines = [
        "| | "
        + " | ".join(f"{report.STEPS[step]}, ms" for step in steps)
        + " | begun early | processor, ms | against the first |",
        "|---" * (len(steps) + 4) + "|",
    ]
    first = ways[0]
    for way in ways:
        cells = []
        for step in steps:
            found = report.marks(way.turns, step)
            cells.append(f"{found.p50:.0f} ({found.p95:.0f})" if found else "-")
        spent_ms, before_ms = statistics.mean(way.processor_ms), statistics.mean(first.processor_ms)
        both = [
            (mine.voice_to_voice_ms, other.voice_to_voice_ms)
            for mine, other in zip(way.turns, first.turns, strict=True)
        ]
        differences = [mine - other for mine, other in both if mine is not None and other is not None]
        against = f"{statistics.median(differences):+.0f} ms" if differences else "-"
        if before_ms:
            against += f", processor {100 * (spent_ms / before_ms - 1):+.0f} %"
        begun = sum(turn.speculative for turn in way.turns)
        lines.append(f"| {way.name} | {' | '.join(cells)} | {begun}/{len(way.turns)} | {spent_ms:.0f} | {against} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, help="how many questions (default: all)")
    parser.add_argument("--load", type=int, default=0, help="programs that compute without end beside it")
    parser.add_argument("--llm", help="the language model")
    parser.add_argument("--settings", nargs="+", default=SETTINGS, help="settings to compare")
    parser.add_argument("--python", help="the interpreter of another checkout, which is compared with this one")
    options = parser.parse_args(arguments)
    flags = {"models.stt": None, "models.llm": options.llm, "models.voice": None, "models.device": None}
    plan = make_plan(flags, turns=options.turns, naive=False)
    ways = [Way(name=each, python=sys.executable, speculation=each) for each in options.settings]
    if options.python:
        here = Way(name="this one", python=sys.executable, speculation="speech")
        ways = [Way(name="the other", python=options.python, speculation="speech"), here]
    measure(plan, ways, load=options.load)
    sys.stdout.write(table(ways) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
