"""Draws two turns from traces of `voicecli bench --trace`: the median one of a quiet run, and a slow one of a run beside busy loops.

    voicecli bench --no-naive --trace quiet.json
    voicecli bench --no-naive --load 2 --trace loaded.json
    python scripts/draw_turns.py quiet.json loaded.json

It writes docs/turn-good.svg and docs/turn-bad.svg, and the section of docs/latency.md that shows them, with a line for every bar. Only turns count in
which a person spoke once and the answer was not interrupted. The good turn has the median wait of the first trace, or another one with `--good`; the
bad one is at 90 % of the waits of the second, by the nearest rank. A picture has no script and no link; its colours follow the reader's system.
"""

from __future__ import annotations

import argparse
import html
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from voicecli.bench.trace import MARKS, SPEECH_ENDS, STAGES, STEPS

X: TypeAlias = Callable[[float], float]
"""The horizontal place of a time."""

DOCS: Final = Path(__file__).parent.parent / "docs"
BEGIN: Final = "<!-- turns: written by scripts/draw_turns.py -->"
END: Final = "<!-- /turns -->"

FIRST_SOUND: Final = MARKS["latency"]
BEGINS: Final = MARKS["speech_started"]
INTERRUPTED: Final = MARKS["interrupted"]

SLOW: Final = 0.9
"""The quantile of the waits at which the bad turn is."""

BEFORE_MS: Final = 600.0
AFTER_MS: Final = 150.0
"""How much is shown before the last sound of the person, and after the first sound of the answer."""

SHORTEST_MS: Final = 3.0
"""Shorter bars are left out."""

WIDTH: Final = 900
LEFT: Final = 100
RIGHT: Final = 16
TOP: Final = 62
ROW: Final = 44
BAR: Final = 20
WAIT: Final = 11
"""Pixels of a row, of the bars of work in it, and of the bars of waits below them: a job waits while its stage works on another."""

FOOT: Final = 30
NARROWEST: Final = 2.0
NARROWEST_NUMBER: Final = 14.0
"""Pixels of a bar that shows nothing inside, and of one that shows its number."""

STEPS_MS: Final = (50, 100, 200, 250, 500, 1000, 2000)
MOST_TICKS: Final = 12

WHAT: Final = {
    ("transcribe", "transcribe"): "the recogniser turns the sound up to here into words",
    ("judge", "judge"): "the turn model and the last sounds: how likely the pause is the end",
    ("respond", "read-ahead"): "the model reads the words so far, to have them in its cache",
    (
        "respond",
        "respond",
    ): "the model reads the question and writes the answer; the bar ends with the answer's last token",
    ("synthesize", "speak"): "the voice makes the sound of one chunk of text",
}
"""What the jobs of the stages do."""

STYLE: Final = """
 text{font:12px sans-serif;fill:#222}.small{font-size:11px;fill:#555}.back{fill:#fff}.line{stroke:#ccc}.zero{stroke:#222}
 .transcribe{fill:#2a6fbb}.judge{fill:#8a5ac2}.respond{fill:#b3541e}.synthesize{fill:#2e7d4f}.number{fill:#fff;font-size:11px}.tiny{font-size:9px}
 .wait{fill:none;stroke:#777;stroke-dasharray:3 2}.cancelled{opacity:.45}.mark{stroke:#777;stroke-dasharray:1 3}
 @media (prefers-color-scheme:dark){text{fill:#ddd}.small{fill:#aaa}.back{fill:#1e1e24}.line{stroke:#444}.zero{stroke:#ddd}
 .transcribe{fill:#4f8fd6}.judge{fill:#9b74cf}.respond{fill:#c96a34}.synthesize{fill:#46935f}.wait,.mark{stroke:#999}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A job of a stage, or its wait before it. Times are in ms after the last sound of the person."""

    stage: str
    job: str
    attempt: int
    from_ms: float
    to_ms: float
    waits: bool
    cancelled: bool
    meanwhile: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A turn: its bars in order, and its moments by name, in ms after the last sound of the person."""

    bars: tuple[Bar, ...]
    moments: dict[str, float]

    @property
    def wait_ms(self) -> float:
        """From the last sound of the person to the first sound of the answer."""
        return self.moments[FIRST_SOUND]


# ---------------------------------------------------------------- reading


def turns(trace: str) -> list[Turn]:
    """Returns the turns of a trace in which a person spoke once and was answered without an interruption."""
    moments: dict[tuple[int, int], list[tuple[str, float]]] = defaultdict(list)
    spans: dict[tuple[int, int], list[dict[str, object]]] = defaultdict(list)
    stages: dict[tuple[int, int], str] = {}
    for entry in json.loads(trace)["traceEvents"]:
        if entry["ph"] == "M":
            if entry["name"] == "thread_name":
                stages[entry["pid"], entry["tid"]] = entry["args"]["name"].removesuffix(": waiting")
            continue
        key = (entry["pid"], entry["args"]["turn"])
        if entry["ph"] == "i":
            moments[key].append((entry["name"], entry["ts"] / 1000))
        else:
            spans[key].append({**entry, "stage": stages[entry["pid"], entry["tid"]]})
    found = (_turn(at, spans[key]) for key, at in moments.items())
    return [turn for turn in found if turn is not None]


def _turn(moments: Sequence[tuple[str, float]], spans: Sequence[dict[str, object]]) -> Turn | None:
    names = [name for name, _ in moments]
    if any(names.count(name) != 1 for name in (BEGINS, SPEECH_ENDS, FIRST_SOUND)) or INTERRUPTED in names:
        return None
    over_ms = dict(moments)[SPEECH_ENDS]
    bars = sorted((_bar(span, over_ms) for span in spans), key=lambda bar: (bar.from_ms, bar.waits))
    return Turn(bars=tuple(bars), moments={name: at_ms - over_ms for name, at_ms in moments})


def _bar(span: dict[str, object], over_ms: float) -> Bar:
    known, began_us, length_us = span["args"], span["ts"], span["dur"]
    assert isinstance(known, dict)  # noqa: S101 - `bench.trace` writes it
    assert isinstance(began_us, int | float)  # noqa: S101
    assert isinstance(length_us, int | float)  # noqa: S101
    name = str(span["name"])
    return Bar(
        stage=str(span["stage"]),
        job=name.split(maxsplit=1)[0],
        attempt=int(known["attempt"]),
        from_ms=began_us / 1000 - over_ms,
        to_ms=(began_us + length_us) / 1000 - over_ms,
        waits=name.endswith(" waits"),
        cancelled=bool(known["cancelled"]),
        meanwhile=tuple(known.get("meanwhile", ())),
    )


def at_quantile(found: Sequence[Turn], share: float) -> Turn:
    """Returns the turn at a quantile of the waits, by the nearest rank."""
    ordered = sorted(found, key=lambda turn: turn.wait_ms)
    return ordered[round(share * (len(ordered) - 1))]


# ---------------------------------------------------------------- drawing


def shown(turn: Turn) -> tuple[float, float, list[Bar]]:
    """Returns the time that is shown, in ms, and the bars in it."""
    from_ms, to_ms = -BEFORE_MS, turn.wait_ms + AFTER_MS
    long = [bar for bar in turn.bars if bar.to_ms - bar.from_ms >= SHORTEST_MS]
    return from_ms, to_ms, [bar for bar in long if bar.to_ms > from_ms and bar.from_ms < to_ms]


def svg(turn: Turn, title: str) -> str:
    """Returns the picture of a turn."""
    from_ms, to_ms, bars = shown(turn)
    per_ms = (WIDTH - LEFT - RIGHT) / (to_ms - from_ms)
    rows = [stage for stage in STAGES if any(bar.stage == stage for bar in bars)]
    height = TOP + ROW * len(rows) + FOOT

    def x(at_ms: float) -> float:
        return LEFT + (min(max(at_ms, from_ms), to_ms) - from_ms) * per_ms

    described = f"{title} {' '.join(line.replace('**', '') for line in explained(turn))}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="t d">',
        f'<title id="t">{html.escape(title)}</title><desc id="d">{html.escape(described)}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect class="back" width="{WIDTH}" height="{height}"/>',
        *_axis(from_ms, to_ms, x, height),
        *_moments(turn, x, height),
    ]
    for number, bar in enumerate(bars, start=1):
        y = TOP + ROW * rows.index(bar.stage) + 4 + bar.waits * (BAR + 4)
        lines += _drawn(number, bar, x(bar.from_ms), max(NARROWEST, x(bar.to_ms) - x(bar.from_ms)), y)
    for row, stage in enumerate(rows):
        lines.append(f'<text x="8" y="{TOP + ROW * row + 18}">{stage}</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def _axis(from_ms: float, to_ms: float, x: X, height: int) -> Iterator[str]:
    step = next((step for step in STEPS_MS if (to_ms - from_ms) / step <= MOST_TICKS), STEPS_MS[-1])
    for tick in range(-int(-from_ms // step) * step, int(to_ms) + 1, step):
        at, kind = x(tick), "zero" if tick == 0 else "line"
        yield f'<line class="{kind}" x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{height - FOOT}"/>'
        yield f'<text class="small" x="{at:.1f}" y="{height - FOOT + 16}" text-anchor="middle">{tick}</text>'
    yield f'<text class="small" x="8" y="{height - FOOT + 16}">ms</text>'


def _moments(turn: Turn, x: X, height: int) -> Iterator[str]:
    named = (SPEECH_ENDS, *STEPS.values(), MARKS["speech_ended"], FIRST_SOUND)
    free_from = [0.0, 0.0, 0.0]
    for at_ms, name in sorted((turn.moments[name], name) for name in named if name in turn.moments):
        at, width = x(at_ms), 6.5 * len(name)
        level = next((level for level, free in enumerate(free_from) if free <= at), 0)
        left = min(at, WIDTH - width - 4)
        free_from[level] = left + width + 8
        y = TOP - 8 - 16 * level
        yield f'<line class="mark" x1="{at:.1f}" x2="{at:.1f}" y1="{y + 3}" y2="{height - FOOT}"/>'
        yield f'<text class="small" x="{left:.1f}" y="{y}">{html.escape(name)}</text>'


def _drawn(number: int, bar: Bar, left: float, width: float, y: float) -> Iterator[str]:
    kind = "wait" if bar.waits else f"{bar.stage} cancelled" if bar.cancelled else bar.stage
    height, text = (WAIT, "small tiny") if bar.waits else (BAR, "number")
    yield f'<rect class="{kind}" x="{left:.1f}" y="{y}" width="{width:.1f}" height="{height}" rx="2"/>'
    if width >= NARROWEST_NUMBER:
        middle = left + width / 2
        yield f'<text class="{text}" x="{middle:.1f}" y="{y + height / 2 + 4:.0f}" text-anchor="middle">{number}</text>'


# ---------------------------------------------------------------- explaining


def explained(turn: Turn) -> list[str]:
    """Returns a sentence for each bar of the picture, in the order of their numbers."""
    return [f"**{number}**, {_sentence(bar)}." for number, bar in enumerate(shown(turn)[2], start=1)]


def _sentence(bar: Bar) -> str:
    time = f"{bar.from_ms:.0f} to {bar.to_ms:.0f} ms, {bar.stage}"
    if bar.waits:
        doing = f", while these ran: {', '.join(bar.meanwhile)}" if bar.meanwhile else ""
        return f"{time}: a job ({bar.job}) waits in the channel{doing}"
    what = WHAT.get((bar.stage, bar.job), bar.job)
    return f"{time}: {what}" + ("; the work was cancelled or not used" if bar.cancelled else "")


def section(good: tuple[Turn, str], bad: tuple[Turn, str]) -> str:
    """Returns the section of the document."""
    lines = [
        BEGIN,
        "",
        "## A good turn and a bad one",
        "",
        "The time is in ms after the last sound of the person. A row is a stage. A filled bar is work, a pale one work that was thrown away, and a",
        "dashed one a job that waits for its stage. Work of less than 3 ms is left out. `scripts/draw_turns.py` draws them from traces",
        "(`voicecli bench --trace FILE`), which Perfetto and Chrome show in full.",
    ]
    for (turn, how), name, heading in ((good, "turn-good.svg", "Good"), (bad, "turn-bad.svg", "Bad")):
        alt = f"{heading} turn: the answer is heard {turn.wait_ms:.0f} ms after the last sound of the person; every bar is described below."
        lines += ["", f"**{heading}.** {how}", "", f"![{alt}]({name})", "", *(f"- {line}" for line in explained(turn))]
    return "\n".join([*lines, "", END])


def section_of(document: str) -> str:
    """Returns the section as it is in the document; empty if it has none."""
    _, begin, rest = document.partition(BEGIN)
    text, end, _ = rest.partition(END)
    return begin + text + end


def put_into(document: str, new: str) -> str:
    """Returns the document with its section replaced, or with the section at its end if it has none."""
    before, begin, rest = document.partition(BEGIN)
    if not begin:
        return f"{document.rstrip()}\n\n{new}\n"
    return before + new + rest.partition(END)[2]


def placed(share: float) -> str:
    """Says in words which wait a quantile is."""
    return {0.0: "the shortest wait", 0.5: "the median wait"}.get(
        share, f"the wait at {share:.0%}, in ascending order,"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Reads two traces, and writes the pictures and the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("quiet", type=Path, help="a trace without load")
    parser.add_argument("loaded", type=Path, help="a trace of `bench --load N`")
    parser.add_argument(
        "--good", type=float, default=0.5, metavar="QUANTILE", help="of the waits without load, for the good turn"
    )
    parser.add_argument(
        "--conditions", default="", help="a sentence about the machine and the models, for the document"
    )
    parser.add_argument("--docs", type=Path, default=DOCS)
    options = parser.parse_args(arguments)
    quiet, loaded = (turns(path.read_text(encoding="utf-8")) for path in (options.quiet, options.loaded))
    if not quiet or not loaded:
        sys.stderr.write("A trace has no turn that was answered without an interruption.\n")
        return 1
    told = f" {options.conditions}" if options.conditions else ""
    good, bad = at_quantile(quiet, options.good), at_quantile(loaded, SLOW)
    chosen = (
        (good, f"Chosen: {placed(options.good)} of {len(quiet)} uninterrupted turns without busy loops.{told}"),
        (bad, f"Chosen: {placed(SLOW)} of {len(loaded)} uninterrupted turns beside busy loops.{told}"),
    )
    for (turn, _), name in zip(chosen, ("turn-good.svg", "turn-bad.svg"), strict=True):
        title = f"A turn whose answer is heard after {turn.wait_ms:.0f} ms."
        (options.docs / name).write_text(svg(turn, title), encoding="utf-8")
    document = options.docs / "latency.md"
    document.write_text(put_into(document.read_text(encoding="utf-8"), section(*chosen)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
