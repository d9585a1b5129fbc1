"""Measures this machine and writes docs/latency.md: where the time of a turn goes, start-up, memory, and what an idle session costs.

    python scripts/measure.py                                  what `voicecli bench` measures, and the program as a whole
    python scripts/measure.py --all                            and a little of every other measurement there is a script for
    python scripts/measure.py --turns 1 --slow-turns 1 -o /tmp/latency.md

Everything is measured from outside, on whole processes. Nothing here fails on a busy day; it prints, and says that it was busy. The words around
the figures stand here, and only here: the document is never edited by hand.
"""

from __future__ import annotations

import argparse
import dataclasses
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import wave
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console

import draw_turns
from speech_fixtures import voicecli
from voicecli.audio.output_buffer import SIZES
from voicecli.bench import report, runner
from voicecli.bench.machine_info import is_busy
from voicecli.bench.measure import Step
from voicecli.bench.naive import END_SILENCE_MS
from voicecli.bench.questions import PAUSE_MS
from voicecli.bench.runner import Findings
from voicecli.cli.bench import make_plan
from voicecli.engines.whisper_window import SHORTEST_WINDOW_SAMPLES
from voicecli.pcm import BLOCK_MS, ms_of
from voicecli.speech.endpoint import Patience
from voicecli.speech.voice_gate import GateConfig

SCRIPTS: Final = Path(__file__).parent
DOCUMENT: Final = SCRIPTS.parent / "docs" / "latency.md"
TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
WIDTH: Final = 150
SLOW: Final = {"VOICECLI_THREADS_LLM": "1"}
"""What makes the language model slower, for the second run."""

OTHERS: Final[tuple[tuple[str, str, tuple[str, ...], bool], ...]] = (
    ("What gets through that should not, and what should", "measure_noise.py", ("--minutes", "2"), True),
    (
        "Over a loudspeaker",
        "measure_loudspeaker.py",
        ("--answers", "6", "--interruptions", "4"),
        False,
    ),
    ("Words lit as they are heard", "measure_words.py", (), False),
    ("Drawing", "measure_drawing.py", ("--seconds", "20"), False),
    ("Keys", "measure_keys.py", (), False),
    ("Reading aloud", "measure_follow.py", (), False),
)
"""Heading, script, its arguments, and whether it prints Markdown."""

MODELS: Final = ("Language models", "measure_models.py", ("--shapes", "1b", "3b"), True)
"""The same, for what is always measured. The weights of the shapes mean nothing; they show the speed and the memory of a model of that size."""


@dataclass
class Run:
    """One run of `voicecli chat --json`."""

    events: list[dict[str, Any]] = field(default_factory=list)
    peak_mb: float = 0.0
    idle_percent: float | None = None


def chat(*args: str, idle_s: float = 0.0) -> Run:
    """Runs a conversation to its end, or, with `idle_s`, measures it idle for that long and ends it."""
    run = Run()
    process = subprocess.Popen(
        voicecli("chat", "--json", "--no-save", *args), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
    )
    ready = threading.Event()

    def read() -> None:
        for line in process.stdout or ():
            run.events.append(json.loads(line))
            if run.events[-1]["event"] == "ready":
                ready.set()

    reader = threading.Thread(target=read)
    reader.start()
    if idle_s:
        ready.wait()
        time.sleep(2)
        before, began_s = cpu_s(process.pid), time.monotonic()
        time.sleep(idle_s)
        run.idle_percent = 100 * (cpu_s(process.pid) - before) / (time.monotonic() - began_s)
        process.terminate()
    while process.poll() is None:
        run.peak_mb = max(run.peak_mb, peak_mb(process.pid))
        time.sleep(0.2)
    reader.join()
    return run


def cpu_s(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def peak_mb(pid: int) -> float:
    """Most memory that a process has had resident, in MB; 0 when it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    found = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(found[0]) * 1024 / 1e6 if found else 0.0


def seconds_of(*command: str) -> float:
    """How long a command takes."""
    began_s = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began_s


def silence(path: Path, seconds: int) -> Path:
    """A WAV file of nothing."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(2 * 16_000 * seconds))
    return path


def quantile(values: list[float], q: float) -> float:
    """The q-quantile, by the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(q * (len(ordered) - 1)))]


def listed(values: Mapping[str, str]) -> str:
    """`stt cpu, llm cpu`."""
    return ", ".join(f"{kind} {value}" for kind, value in values.items())


# ---------------------------------------------------------------- measuring


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The program as a whole."""

    help_ms: float
    ready_s: float
    idle_percent: float
    idle_mb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """What another script said; None where it failed."""

    heading: str
    command: str
    said: str | None
    is_markdown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All that goes into the document."""

    day: str
    usual: Findings
    slow: Findings
    slowed_by: str
    program: Program
    others: Sequence[Other] = ()


class _Told:
    """Says on standard error how far the benchmark is."""

    def __init__(self, what: str) -> None:
        self._what = what

    def begin(self, steps: int) -> None:
        print(f"{self._what}: {steps} steps", file=sys.stderr)

    def doing(self, what: str) -> None:
        print(f"{self._what}: {what}", file=sys.stderr)

    def step(self) -> None:
        pass


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    """Environment variables for what is started meanwhile."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _slowed_by(slow_llm: str | None) -> str:
    settings = " ".join(f"`{name}={value}`" for name, value in SLOW.items())
    return f"{settings} and `--llm {Path(slow_llm).name}`" if slow_llm else settings


def measure(*, turns: int | None, slow_turns: int, slow_llm: str | None, idle_s: float, others: bool) -> Figures:
    """Measures everything; the benchmark first, since its figures suffer most from a machine that is warm with other work."""
    usual = runner.run(make_plan({}, turns=turns), _Told("as it is"))
    plan = make_plan({"models.llm": slow_llm}, turns=slow_turns)
    with environment(**SLOW):
        slow = runner.run(dataclasses.replace(plan, paused=(), talked_over=()), _Told("slower"))
    return Figures(
        day=datetime.now(UTC).date().isoformat(),
        usual=usual,
        slow=slow,
        slowed_by=_slowed_by(slow_llm),
        program=program(idle_s),
        others=[other(*each) for each in (MODELS, *(OTHERS if others else ())) if (SCRIPTS / each[1]).exists()],
    )


def program(idle_s: float) -> Program:
    """How soon the program is there, and what it costs while nobody speaks."""
    seconds_of(*voicecli("--help"))
    help_ms = [1000 * seconds_of(*voicecli("--help")) for _ in range(5)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        quiet = silence(folder / "silence.wav", round(idle_s) + 40)
        idle = chat("--mic", str(quiet), "--speaker", str(folder / "idle.wav"), idle_s=idle_s)
    ready = next(event for event in idle.events if event["event"] == "ready")
    return Program(
        help_ms=statistics.median(help_ms),
        ready_s=ready["t"],
        idle_percent=idle.idle_percent or 0.0,
        idle_mb=idle.peak_mb,
    )


def other(heading: str, script: str, arguments: tuple[str, ...], is_markdown: bool) -> Other:
    """Runs another script."""
    command = " ".join(("python", f"scripts/{script}", *arguments))
    print(command, file=sys.stderr)
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / script), *arguments], stdout=subprocess.PIPE, text=True, check=False
    )
    said = done.stdout.strip() if done.returncode == 0 else None
    return Other(heading=heading, command=command, said=said, is_markdown=is_markdown)


# ---------------------------------------------------------------- writing


def document(figures: Figures, before: str = "") -> str:
    """The document, Markdown. The pictures of single turns are kept from the document `before`: another script draws them."""
    sections = (_head, _budget, _method, _machine, _mistakes, _slower, _program, _limits, _card, _others)
    text = "\n".join(line for section in sections for line in [*section(figures), ""]).rstrip() + "\n"
    kept = draw_turns.section_of(before)
    return draw_turns.put_into(text, kept) if kept else text


def prose(*sentences: str, bullet: str = "") -> list[str]:
    """Sentences as lines of a document."""
    return textwrap.wrap(" ".join(sentences), WIDTH, initial_indent=bullet, subsequent_indent=" " * len(bullet))


def row(*cells: str) -> str:
    """A row of a table."""
    return f"| {' | '.join(cells)} |"


def middle(values: Sequence[float]) -> str:
    """The median; nothing where there are no values."""
    return f"{statistics.median(values):.0f}" if values else ""


def _head(figures: Figures) -> list[str]:
    usual, on = figures.usual, figures.usual.machine
    load = "unknown" if usual.load_before is None else f"{usual.load_before:.1f}"
    lines = [
        "# Latency",
        "",
        "Written by `make figures` from real runs on the machine named here; do not edit by hand.",
        "",
        f"Machine: {on.cpu}, {on.cores} cores ({on.logical_cores} threads), {on.system}, Python {on.python}.",
        f"{figures.day}; load average before anything was started: {load}.",
        f"Models: {listed(usual.models)}; devices: {listed(usual.devices)}.",
    ]
    if is_busy(usual.load_before, on.logical_cores):
        lines += ["", "**The machine was busy with other work before this began: these figures are too high.**"]
    return lines


def _budget(figures: Figures) -> list[str]:
    turns, patience = figures.usual.turns, Patience()

    def between(start: Step | None, end: Step) -> str:
        return middle(
            [
                turn.marks_ms[end] - (turn.marks_ms[start] if start else 0.0)
                for turn in turns
                if end in turn.marks_ms and (start is None or start in turn.marks_ms)
            ]
        )

    late = [
        turn.voice_to_voice_ms - turn.claimed_ms
        for turn in turns
        if turn.voice_to_voice_ms is not None and turn.claimed_ms is not None
    ]
    handed = [
        max(0.0, turn.marks_ms["first_sound"] - max(turn.marks_ms["first_audio"], turn.marks_ms["endpoint"]))
        for turn in turns
        if {"first_sound", "first_audio", "endpoint"} <= set(turn.marks_ms)
    ]
    held_up = sum(turn.marks_ms.get("endpoint", 0.0) > turn.marks_ms.get("first_audio", 0.0) for turn in turns)
    window_s = ms_of(SHORTEST_WINDOW_SAMPLES) / 1000
    return [
        "## Where the milliseconds go",
        "",
        *prose(
            "A wait begins with the last voiced sample of what a person says and ends with the first audible sample of the answer. In between, one",
            "after the other unless it says otherwise:",
        ),
        "",
        row("part", "what sets it", "ms here, median"),
        "|---|---|---|",
        row(
            "the gate's idea of the end",
            "the level tells at once in a quiet room, else Silero, some 70 ms late; measured with the quiet beginning of a word",
            middle(late),
        ),
        row(
            "the pause",
            "so much silence before an answer is prepared (`speech/voice_gate.py`)",
            f"{GateConfig().quiet_pause_ms}, or {GateConfig().pause_ms} by Silero",
        ),
        row(
            "recognition, with both above",
            f"the sound so far, in a window of {window_s:.0f} s or more",
            between(None, "transcript"),
        ),
        row("the first token", "reading the question", between("transcript", "first_token")),
        row(
            "the first text chunk and its first sound",
            "tokens up to the first clause; the voice's encoder for all of it and its decoder for a quarter of a second",
            between("first_token", "first_audio"),
        ),
        row(
            "being sure that the person has finished",
            f"beside all of the above: {patience.shortest_ms:.0f} to {patience.longest_ms:.0f} ms of silence, by sound and words",
            between(None, "endpoint"),
        ),
        row("handing it out", "a block of the output, and the quiet beginning of a word", middle(handed)),
        row(
            "the sound card, in no figure below",
            f"a block of {BLOCK_MS} ms on the way in, {SIZES[0].held_ms:.0f} ms or more on the way out",
            "not measured",
        ),
        "",
        f"The answer was ready before it was sure that the person had finished, and waited for that, in {held_up} of {len(turns)} turns.",
    ]


def _method(_: Figures) -> list[str]:
    return [
        "## Method",
        "",
        *prose(
            "`voicecli bench`: questions spoken by the installed voice go into `voicecli chat`, a process of its own, as sound files in the place",
            "of the microphone, in real time; what it says goes into a file on the same clock. Voice to voice is read off the two files; the other",
            "marks are the program's own, moved onto the same beginning. The naive pipeline has the same models: it waits for",
            f"{END_SILENCE_MS:.0f} ms of silence, recognises, lets the model finish, has all of it spoken, and plays. Both take turns in blocks of",
            f"{runner.BLOCK} questions, so that both meet the same machine.",
        ),
        "",
        *prose(
            "Files leave the sound card out, on both sides. The voice is synthetic and there is no noise: people in rooms are harder to",
            "understand, though that hardly takes longer.",
        ),
    ]


def _plain(findings: Findings) -> str:
    """What `voicecli bench` would print."""
    console = Console(file=io.StringIO(), width=WIDTH, no_color=True, force_terminal=False)
    with console.capture() as captured:
        console.print(report.render(findings, plain=True), soft_wrap=True)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _machine(figures: Figures) -> list[str]:
    times = report.ratio(figures.usual)
    lines = ["## This machine", "", "```", _plain(figures.usual), "```"]
    if times is not None:
        lines += [
            "",
            f"The naive pipeline lets a person wait {times:.1f} times as long, by the medians of the same run.",
        ]
    return lines


def _mistakes(figures: Figures) -> list[str]:
    usual = figures.usual
    cut = sum(turn.cut_in for turn in usual.turns)
    lines = [
        "## Speaking too early, and stopping",
        "",
        f"- Answers that were audible before a finished question was over: {cut} of {len(usual.turns)}.",
    ]
    if usual.paused:
        cut = sum(turn.cut_in for turn in usual.paused)
        whole = sum(bool(turn.answered_whole) for turn in usual.paused)
        lines += prose(
            f"With a pause of {PAUSE_MS / 1000:.1f} s inside the question: audible before its end in {cut} of {len(usual.paused)}; answered as a",
            f"whole, in the end, in {whole}.",
            bullet="- ",
        )
    stop = report.spread(usual.barge_in_stop_ms)
    if usual.talked_over and stop is None:
        lines.append(
            f"- Talking over answers was tried {usual.talked_over} times, but no answer was sounding just then."
        )
    if stop is not None:
        lines += prose(
            f"Talked over, an answer was silent {stop.p50:.0f} ms (p95 {stop.p95:.0f} ms) after the first voiced sample;",
            f"{len(usual.barge_in_stop_ms)} of {usual.talked_over} times an answer was sounding just then. Files have no echo.",
            bullet="- ",
        )
    return lines


def _slower(figures: Figures) -> list[str]:
    usual, slow = figures.usual, figures.slow
    lines = [
        "## A slower model",
        "",
        *prose(
            f"{len(slow.turns)} of the questions again with {figures.slowed_by}, which stands in for a model that is too large for its",
            "machine. Up to the transcript all should be as before; what grows is reading the question and writing the first clause.",
        ),
    ]
    if slow.engines.tokens_per_s and usual.engines.tokens_per_s:
        lines += prose(
            f"Alone, it took {1000 / slow.engines.tokens_per_s:.0f} ms for a token instead of {1000 / usual.engines.tokens_per_s:.0f} ms.",
        )
    if (ratio := report.ratio(slow)) is not None:
        lines += ["", f"The naive pipeline lets a person wait {ratio:.1f} times as long with it."]
    return [*lines, "", "```", *(line.plain.rstrip() for line in report.plot(slow, plain=True)), "```"]


def _program(figures: Figures) -> list[str]:
    whole, peak = figures.program, figures.usual.peak_bytes
    return [
        "## The program",
        "",
        "| what | measured | aim |",
        "|---|---|---|",
        f"| `voicecli --help`, median of five, warm | {whole.help_ms:.0f} ms | under 300 ms |",
        f"| `chat` from start to `ready` | {whole.ready_s:.1f} s, and Python's own start | |",
        f"| `chat`, most memory resident, in conversation | {'unknown' if peak is None else f'{peak / 1e6:.0f} MB'} | at most 1500 MB |",
        f"| `chat`, most memory resident, idle | {whole.idle_mb:.0f} MB | |",
        f"| `chat`, idle and listening | {whole.idle_percent:.1f} % of one core | at most 5 % |",
    ]


def _limits(figures: Figures) -> list[str]:
    engines = figures.usual.engines
    parts = (
        (
            "**The gate**: a pause has to be longer than the stop inside a word; with a shorter one more drafts would be begun and thrown away. So",
            "recognition begins at every dip of 40 ms, and the draft at the pause takes up what has begun. In noise the level tells nothing, and",
            "Silero lets go of a last syllable some 70 ms late.",
        ),
        (
            f"**Recognition** (real-time factor {engines.stt_rtf:.2f}): half of it the encoder's arithmetic, half the decoder's steps, one a token.",
            "The window has a least length, below which the decoder repeats itself, so a short question costs as much as one of some seconds.",
        ),
        (
            "**The first token**: reading the question, bound by arithmetic. The system prompt and the conversation so far are in the cache; where",
            "the machine is fast enough, what was said so far is read ahead while the person speaks, and answered where it may be a whole question.",
        ),
        (
            f"**The first text chunk** ({engines.tokens_per_s:.0f} tokens a second): writing is bound by memory bandwidth, so more cores soon stop",
            "helping. Fewer words before the first clause do, which is why the first chunk may be short, and guessing them from the question.",
        ),
        (
            f"**Its first sound** (real-time factor {engines.tts_rtf:.2f}): the voice's encoder sees the whole chunk before its decoder begins.",
        ),
        (
            "**Being sure**: where the answer is ready sooner, the wait is the silence that people need in order not to be cut off: a setting, not",
            "a speed.",
        ),
        (
            "**Two cores**: there the model and the voice compute on the same ones, so the model lets the voice go first.",
        ),
    )
    return ["## What limits each part now", "", *(line for part in parts for line in prose(*part, bullet="- "))]


def _card(_: Figures) -> list[str]:
    return [
        "## What a graphics card would change",
        "",
        *prose(
            "**Not measured; expected from what each part is bound by.** The encoder of the recogniser and the reading of the question are",
            "arithmetic, of which a card does many times more: both should become short, also with larger models. Writing follows the bandwidth of",
            "the card's memory, which is many times that of a desktop's. The gate, the pause, the voice (which stays on the processor) and the",
            "sound card stay as they are, so the answer would nearly always be ready before it is sure that the person has finished, and the wait",
            "would be that silence. How to use one: [gpu.md](gpu.md).",
        ),
    ]


def _others(figures: Figures) -> list[str]:
    lines: list[str] = []
    for each in figures.others:
        lines += [f"## {each.heading}", "", f"`{each.command}`", ""]
        if each.said is None:
            lines.append("This could not be measured here: the script ended with an error.")
        else:
            lines += [each.said] if each.is_markdown else ["```", each.said, "```"]
        lines.append("")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, help="questions for the benchmark (default: all it has)")
    parser.add_argument("--slow-turns", type=int, default=5, help="questions with the slower model")
    parser.add_argument("--slow-llm", help="a larger model for that, besides its having one thread")
    parser.add_argument("--idle-s", type=float, default=20.0, help="how long an idle session is watched")
    parser.add_argument("--all", action="store_true", help="run the other measurements too, each with few rounds")
    parser.add_argument("-o", "--output", type=Path, default=DOCUMENT)
    options = parser.parse_args(arguments)
    figures = measure(
        turns=options.turns,
        slow_turns=options.slow_turns,
        slow_llm=options.slow_llm,
        idle_s=options.idle_s,
        others=options.all,
    )
    before = options.output.read_text(encoding="utf-8") if options.output.is_file() else ""
    text = document(figures, before)
    options.output.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
