"""The report of a benchmark, for people (tables and a plot) and for programs (one JSON object)."""

from __future__ import annotations

import dataclasses
import json
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from voicecli.bench.machine_info import is_busy
from voicecli.bench.measure import Step, Turn
from voicecli.bench.naive import END_SILENCE_MS
from voicecli.bench.questions import PAUSE_MS
from voicecli.bench.runner import Findings

STEPS: dict[Step, str] = {
    "endpoint": "endpoint",
    "transcript": "transcript",
    "first_token": "first token",
    "first_audio": "first audio",
    "first_sound": "first sound",
}
"""The steps of a turn in the order of the pipeline, and their labels."""

BAR_COLUMNS = 44
"""Width of the longest bar of the plot, in columns of the terminal."""

NONE = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The median `p50`, and the 95th percentile `p95` by nearest rank."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar of the plot, in ms after the end of speech."""

    label: str
    start_ms: float
    end_ms: float


def spread(values: Iterable[float | None]) -> Spread | None:
    """Returns the median and the 95th percentile of `values`, ignoring None; None if no values remain."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return None
    return Spread(p50=statistics.median(known), p95=known[math.ceil(0.95 * len(known)) - 1])


def ratio(findings: Findings) -> float | None:
    """How many times longer a person waits with the naive pipeline, by medians; None if a median is missing."""
    ours = spread(turn.voice_to_voice_ms for turn in findings.turns)
    naive = spread(turn.voice_to_voice_ms for turn in findings.naive)
    return naive.p50 / ours.p50 if ours and naive and ours.p50 > 0 else None


def marks(turns: Sequence[Turn], step: Step) -> Spread | None:
    """The times at which `step` was reached, after the last voiced sample."""
    return spread(turn.marks_ms.get(step) for turn in turns)


def overlaps(findings: Findings) -> Spread | None:
    """Returns for how long both sides spoke where an answer cut in; None if none did."""
    return spread(turn.overlap_ms for turn in (*findings.turns, *findings.paused) if turn.overlap_ms > 0)


# ---------------------------------------------------------------- for programs


def as_json(findings: Findings) -> str:
    """Returns one JSON object. Times are in ms after the last voiced sample of the question unless their names say otherwise."""
    naive = findings.naive
    summary = {
        "voicecli": {f"{step}_ms": _as_dict(marks(findings.turns, step)) for step in STEPS},
        "voice_to_voice_ms": _as_dict(spread(turn.voice_to_voice_ms for turn in findings.turns)),
        "claimed_voice_to_voice_ms": _as_dict(spread(turn.claimed_ms for turn in findings.turns)),
        "naive_voice_to_voice_ms": _as_dict(spread(turn.voice_to_voice_ms for turn in naive)),
        "naive_to_voicecli": ratio(findings),
        "cut_in": sum(turn.cut_in for turn in findings.turns),
        "paused_cut_in": sum(turn.cut_in for turn in findings.paused),
        "paused_answered_whole": sum(bool(turn.answered_whole) for turn in findings.paused),
        "overlap_ms": _as_dict(overlaps(findings)),
        "barge_in_stop_ms": _as_dict(spread(findings.barge_in_stop_ms)),
        "talked_over": findings.talked_over,
    }
    record = {
        "machine": dataclasses.asdict(findings.machine),
        "load_before": findings.load_before,
        "load_after": findings.load_after,
        "busy_loops": findings.busy_loops,
        "busy": is_busy(findings.load_before, findings.machine.logical_cores),
        "models": dict(findings.models),
        "devices": dict(findings.devices),
        "summary": summary,
        "engines": dataclasses.asdict(findings.engines),
        "processor_ms_per_turn": findings.processor_ms,
        "peak_bytes": findings.peak_bytes,
        "naive_peak_bytes": findings.naive_peak_bytes,
        "turns": [_turn(turn) for turn in findings.turns],
        "paused": [_turn(turn) for turn in findings.paused],
        "barge_in_stops_ms": list(findings.barge_in_stop_ms),
        "naive": [{**dataclasses.asdict(turn), "voice_to_voice_ms": turn.voice_to_voice_ms} for turn in naive],
    }
    return json.dumps(_rounded(record), ensure_ascii=False, indent=2)


def _turn(turn: Turn) -> dict[str, object]:
    record = dataclasses.asdict(turn)
    del record["marks_ms"]
    return {**record, **{f"{step}_ms": turn.marks_ms.get(step) for step in STEPS}}


def _as_dict(found: Spread | None) -> dict[str, float] | None:
    return dataclasses.asdict(found) if found else None


def _rounded(value: object) -> object:
    match value:
        case float():
            return round(value, 3)
        case dict():
            return {key: _rounded(each) for key, each in value.items()}
        case list() | tuple():
            return [_rounded(each) for each in value]
        case _:
            return value


# ---------------------------------------------------------------- for people


def is_plain(console: Console) -> bool:
    """Whether to write only ASCII: on a pipe, with NO_COLOR, or on a terminal without Unicode."""
    return not console.is_terminal or console.no_color or not console.encoding.lower().startswith("utf")


def render(findings: Findings, *, plain: bool) -> RenderableType:
    """Returns the whole report. `plain`: ASCII without colours."""
    parts: list[RenderableType] = [
        *_heading(findings),
        Text(),
        _times(findings, plain=plain),
        Text(),
        *plot(findings, plain=plain),
        Text(),
        _others(findings, plain=plain),
        Text("Voice to voice is measured in the recordings of each session.\nA sound card adds its own delay to both."),
    ]
    return Group(*parts)


def _heading(findings: Findings) -> list[RenderableType]:
    on = findings.machine
    cores = f"{on.cores} core{'s' if on.cores != 1 else ''} ({on.logical_cores} threads)"
    models = ", ".join(
        f"{kind} {name}" + (f" ({findings.devices[kind]})" if kind in findings.devices else "")
        for kind, name in findings.models.items()
    )
    load = f"Load average {_load(findings.load_before)} before, {_load(findings.load_after)} after."
    lines: list[RenderableType] = [
        Text(f"{on.cpu}, {cores}, {on.system}, Python {on.python}"),
        Text(models),
        Text(load),
    ]
    if findings.busy_loops:
        plural = "s" if findings.busy_loops != 1 else ""
        lines.append(Text(f"{findings.busy_loops} busy loop{plural} ran beside it, to show what other programs cost."))
    if is_busy(findings.load_before, on.logical_cores):
        lines.append(Text("The machine was already busy: these figures are too high.", "bold yellow"))
    return lines


def _load(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1f}"


def _table(plain: bool, *headings: str) -> Table:
    table = Table(box=None if plain else box.SIMPLE_HEAD, pad_edge=False, header_style="" if plain else "bold")
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="right" if index else "left", no_wrap=True)
    return table


def _times(findings: Findings, *, plain: bool) -> Table:
    turns, naive = findings.turns, findings.naive
    drafted = sum(turn.speculative for turn in turns)
    table = _table(plain, f"ms after the last voiced sample, {len(turns)} questions", "p50", "p95")

    def row(label: str, found: Spread | None, style: str = "") -> None:
        cells = [f"{found.p50:.0f}", f"{found.p95:.0f}"] if found else [NONE, NONE]
        table.add_row(Text(label), *map(Text, cells), style=None if plain else style)

    for step, label in STEPS.items():
        if step != "first_sound":
            row(label, marks(turns, step))
    row("first sound: voice to voice", marks(turns, "first_sound"), "bold")
    row("  as the program reports it", spread(turn.claimed_ms for turn in turns))
    table.add_row(Text("answers begun before the endpoint"), Text(f"{drafted}/{len(turns)}"), Text())
    if naive:
        row("naive: voice to voice", spread(turn.voice_to_voice_ms for turn in naive), "bold")
        row("  recognition", spread(turn.stt_ms for turn in naive))
        row("  whole answer", spread(turn.llm_ms for turn in naive))
        row("  whole speech", spread(turn.tts_ms for turn in naive))
        times = ratio(findings)
        table.add_row(Text("naive / voicecli, medians"), Text(f"{times:.1f}" if times else NONE), Text())
    return table


def _others(findings: Findings, *, plain: bool) -> Table:
    table = _table(plain, "besides", "voicecli", "naive")
    engines, naive = findings.engines, findings.naive
    question_s, answer_s = sum(turn.question_s for turn in naive), sum(turn.answer_s for turn in naive)
    stt_rtf = sum(turn.stt_ms for turn in naive) / 1000 / question_s if question_s else None
    tts_rtf = sum(turn.tts_ms for turn in naive) / 1000 / answer_s if answer_s else None

    def row(label: str, ours: str, theirs: str = "") -> None:
        table.add_row(Text(label), Text(ours), Text(theirs))

    row("recognition, real-time factor", f"{engines.stt_rtf:.3f}", f"{stt_rtf:.3f}" if stt_rtf is not None else "")
    row("speech, real-time factor", f"{engines.tts_rtf:.3f}", f"{tts_rtf:.3f}" if tts_rtf is not None else "")
    row("tokens a second, writing", f"{engines.tokens_per_s:.1f}")
    if findings.processor_ms is not None:
        row("processor time a question, ms", f"{findings.processor_ms:.0f}")
    row("most memory, MB", _megabytes(findings.peak_bytes), _megabytes(findings.naive_peak_bytes) if naive else "")
    answered = sum(turn.voice_to_voice_ms is not None for turn in findings.turns)
    row("finished questions: answered", f"{answered}/{len(findings.turns)}")
    row("finished questions: cut in", f"{sum(turn.cut_in for turn in findings.turns)}/{len(findings.turns)}")
    if findings.paused:
        count = len(findings.paused)
        row(
            f"pause of {PAUSE_MS / 1000:.1f} s inside: cut in",
            f"{sum(turn.cut_in for turn in findings.paused)}/{count}",
        )
        whole = sum(bool(turn.answered_whole) for turn in findings.paused)
        row(f"pause of {PAUSE_MS / 1000:.1f} s inside: answered whole", f"{whole}/{count}")
    if (both := overlaps(findings)) is not None:
        cut_in = sum(turn.overlap_ms > 0 for turn in (*findings.turns, *findings.paused))
        row(f"cut in ({cut_in}): both spoke, p50 and p95", f"{both.p50:.0f} / {both.p95:.0f}")
    if (stop := spread(findings.barge_in_stop_ms)) is not None:
        over = f"{len(findings.barge_in_stop_ms)} of {findings.talked_over}"
        row(f"talked over ({over}): silent after, p50 and p95", f"{stop.p50:.0f} / {stop.p95:.0f}")
    return table


def _megabytes(size: int | None) -> str:
    return NONE if size is None else f"{size / 1e6:.0f}"


def plot(findings: Findings, *, plain: bool) -> list[Text]:
    """The waterfall plot of both pipelines by their medians, on one scale. Empty if nothing was measured."""
    ours, naive = _our_bars(findings.turns), _naive_bars(findings)
    longest_ms = max((bar.end_ms for bar in (*ours, *naive)), default=0.0)
    lines: list[Text] = []
    for title, bars, style in (("voicecli", ours, "green"), ("naive", naive, "yellow")):
        if bars:
            lines.append(Text(title, "" if plain else "bold"))
            lines += [_bar(bar, longest_ms, style="" if plain else style, plain=plain) for bar in bars]
    return lines


def _our_bars(turns: Sequence[Turn]) -> list[Bar]:
    """One bar per step, which begins at the end of the step it waits for. The first two wait only for the end of speech."""
    at = {step: found.p50 for step in STEPS if (found := marks(turns, step)) is not None}
    waits_for: dict[Step, tuple[Step, ...]] = {
        "endpoint": (),
        "transcript": (),
        "first_token": ("transcript",),
        "first_audio": ("first_token",),
        "first_sound": ("first_audio", "endpoint"),
    }
    bars = []
    for step, label in STEPS.items():
        if step in at:
            start_ms = max((at[before] for before in waits_for[step] if before in at), default=0.0)
            bars.append(Bar(label=label, start_ms=max(0.0, min(start_ms, at[step])), end_ms=max(0.0, at[step])))
    return bars


def _naive_bars(findings: Findings) -> list[Bar]:
    """One bar per step, in sequence."""
    if not findings.naive:
        return []
    parts = {
        "silence": END_SILENCE_MS,
        "recognition": statistics.median(turn.stt_ms for turn in findings.naive),
        "whole answer": statistics.median(turn.llm_ms for turn in findings.naive),
        "whole speech": statistics.median(turn.tts_ms for turn in findings.naive),
    }
    bars, start_ms = [], 0.0
    for label, length_ms in parts.items():
        bars.append(Bar(label=label, start_ms=start_ms, end_ms=start_ms + length_ms))
        start_ms += length_ms
    return bars


def _bar(bar: Bar, longest_ms: float, *, style: str, plain: bool) -> Text:
    scale = BAR_COLUMNS / longest_ms if longest_ms else 0.0
    before = min(int(bar.start_ms * scale), BAR_COLUMNS - 1)
    length = max(1, min(round(bar.end_ms * scale), BAR_COLUMNS) - before)
    drawn = " " * before + ("#" if plain else "█") * length
    return Text.assemble(
        f"  {bar.label:<13}", (drawn, style), " " * (BAR_COLUMNS - before - length), f" {bar.end_ms:>6.0f} ms"
    )
