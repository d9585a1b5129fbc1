"""A working day in less than an hour: eight hours of listening by the sample clock and 500 turns, with real engines.

    python scripts/soak_day.py                       about half an hour on two cores
    python scripts/soak_day.py --turns 50            a tenth of it

The whole program runs in this process, its engines in processes of their own. The microphone is a file device that makes up its sound: the noises of
a room (hum, keys, doors, breath), then a spoken question. The clock runs as fast as the listener keeps up while there is only noise, and four times
as fast as real time while somebody speaks. Recogniser, language model, voice and detectors are real; use small ones (`VOICECLI_MODELS=.test-models`).

After each answer it notes the memory of all processes (proportional set size), their open files and threads, and their processor time. The first
turns are warm-up. Then the medians of the first and the last tenth are compared: memory may grow by 5 %, open files and threads not at all, and the
95th percentile of the time to the first sound by 15 %. On a machine with other work the processor time of a turn tells more than its latency; both
are printed. It exits with 1 if a limit is exceeded, a question is not answered, or anything is left at the end.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO, cast

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import numpy as np

import noises
from faults.session import children_of
from speech_fixtures import QUESTIONS, speak
from voicecli.app import session_sound
from voicecli.audio import clock as clock_module
from voicecli.audio.file_devices import FileMicrophone, NullSpeaker
from voicecli.audio.sound_files import read_audio
from voicecli.cli.main import main as voicecli
from voicecli.pcm import BLOCK_MS, RATE_HZ, Pcm, blocks
from voicecli.pipeline.graph import Graph

NOISE_S: Final = 55.0
"""Of every turn."""

MAKERS: Final = (noises.hum(50.0), noises.keys, noises.breath, noises.doors, noises.pink)
NOISE_DBFS: Final = -52.0

PACE: Final = 4.0
"""How much faster than real time speech is heard and played."""

AHEAD_BLOCKS: Final = 150
"""How many blocks may wait for the listener; its channel holds 500."""

MARGIN_BLOCKS: Final = 50
"""How long before speech the clock slows down."""

WARM_UP: Final = 20
MEMORY_GROWTH: Final = 0.05
LATENCY_GROWTH: Final = 0.15

OF_THE_PROCESS: Final = frozenset({"engines"})
"""Threads that end with the process, as the engines do."""

SETTINGS: Final = {
    "VOICECLI_MODELS_PROCESSES": "apart",
    "VOICECLI_MODELS_KEEP_ALIVE": "0",
    "VOICECLI_REPLY_LONGEST_TOKENS": "24",
    "VOICECLI_REPLY_CONTEXT_TOKENS": "1024",  # full within the warm-up, so that all later prompts are of one length
    "VOICECLI_CHAT_LANGUAGE": "en",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The state after an answer.

    Attributes:
        memory_mb: Of this process and its children.
        files: Their open files.
        threads: Their threads.
        processor_s: Their processor time so far.
    """

    memory_mb: float
    files: int
    threads: int
    processor_s: float


def sample() -> Sample:
    """Looks at this process and its children."""
    memory, files, threads, ticks = 0, 0, 0, 0
    for process in (os.getpid(), *children_of(os.getpid())):
        folder = Path(f"/proc/{process}")
        with contextlib.suppress(OSError):
            for row in (folder / "smaps_rollup").read_text().splitlines():
                memory += int(row.split()[1]) if row.startswith("Pss:") else 0
            files += len(list((folder / "fd").iterdir()))
            threads += len(list((folder / "task").iterdir()))
            ticks += sum(map(int, (folder / "stat").read_text().rpartition(")")[2].split()[11:13]))
    return Sample(
        memory_mb=memory * 1024 / 1e6,
        files=files,
        threads=threads,
        processor_s=ticks / os.sysconf("SC_CLK_TCK"),
    )


class Recorder:
    """Stands for standard output: takes a sample with every answer, and keeps nothing else but latencies and errors."""

    def __init__(self, turns: int) -> None:
        self.samples: list[Sample] = []
        self.latencies_ms: list[float] = []
        self.errors: list[str] = []
        self.models: list[str] = []
        self._turns = turns

    def write(self, text: str) -> int:
        """Takes whole lines, as the program writes them."""
        for row in text.splitlines():
            if row.strip():
                self._take(json.loads(row))
        return len(text)

    def _take(self, event: dict[str, Any]) -> None:
        match event["event"]:
            case "latency" if event["voice_to_voice_ms"] is not None:
                self.latencies_ms.append(event["voice_to_voice_ms"])
            case "ready":
                self.models = list(event["models"].values())
            case "error":
                self.errors.append(f"{event['code']}: {event['message']}")
            case "spoken":
                self.samples.append(sample())
                if len(self.samples) % 25 == 0:
                    last = self.samples[-1]
                    print(
                        f"{len(self.samples)} of {self._turns}: {last.memory_mb:.0f} MB, {last.files} files, {last.threads} threads",
                        file=sys.stderr,
                        flush=True,
                    )

    def flush(self) -> None:
        """Nothing waits."""

    def isatty(self) -> bool:
        """No."""
        return False


class Turns(Sequence[Any]):
    """The blocks of each turn: noise and a question. They are made when they are needed."""

    def __init__(self, questions: Sequence[Path], turns: int) -> None:
        self._spoken = [list(blocks(read_audio(path)[0])) for path in questions]
        size = int(NOISE_S * RATE_HZ)
        self._noises = [
            list(blocks(noises.at_level(make(size, np.random.default_rng(number)), NOISE_DBFS, number)))
            for number, make in enumerate(MAKERS)
        ]
        self._turns = turns

    def __len__(self) -> int:
        return self._turns

    def __getitem__(self, turn: Any) -> list[Pcm]:  # noqa: ANN401 - a sequence's
        return self._noises[turn % len(self._noises)] + self.spoken(turn)

    def spoken(self, turn: int) -> list[Pcm]:
        """The blocks of the question."""
        return self._spoken[turn % len(self._spoken)]


class Day:
    """Has the program hear a day, at the pace of the listener."""

    def __init__(self, questions: Sequence[Path], turns: int) -> None:
        self._questions = questions
        self._turns = Turns(questions, turns)
        self._graph: Graph | None = None
        self._microphone: FileMicrophone | None = None
        self.ticks = 0

    def begin(self) -> None:
        """From now on devices and clocks of the program are those of the day."""
        start_graph = Graph.start

        def start(graph: Graph) -> None:
            self._graph = graph
            start_graph(graph)

        def open_microphone(_names: object, clock: clock_module.SampleClock) -> FileMicrophone:
            microphone = FileMicrophone(self._questions[:1], clock)
            microphone._files = cast("Any", self._turns)  # noqa: SLF001 - instead of the sound of files
            microphone._names = [f"{number}" for number in range(len(self._turns))]  # noqa: SLF001 - the same
            microphone._next_file = 0  # noqa: SLF001 - the same
            microphone.advance()
            self._microphone = microphone
            return microphone

        def run(clock: clock_module.SampleClock) -> None:
            self._run(clock)

        vars(session_sound)["open_microphone"] = open_microphone
        vars(session_sound)["open_speaker"] = lambda _name, rate_hz, clock, **_: NullSpeaker(rate_hz, clock)
        graph: Any = Graph
        graph.start = start
        sample_clock: Any = clock_module.SampleClock
        sample_clock._run = run  # noqa: SLF001 - to pace it

    def _run(self, clock: clock_module.SampleClock) -> None:
        due_s = time.monotonic()
        while not clock._stopped:  # noqa: SLF001 - as its own loop
            clock.step()
            self.ticks = clock.ticks
            if self._only_noise():
                while self._waiting() > AHEAD_BLOCKS:
                    time.sleep(0.002)
                due_s = time.monotonic()
            else:
                due_s = max(due_s + BLOCK_MS / 1000 / PACE, time.monotonic() - 0.1)
                time.sleep(max(0.0, due_s - time.monotonic()))

    def _only_noise(self) -> bool:
        microphone = self._microphone
        if microphone is None:
            return False
        turn = microphone._next_file - 1  # noqa: SLF001 - how far it is
        return len(microphone._waiting) > len(self._turns.spoken(turn)) + MARGIN_BLOCKS  # noqa: SLF001 - the same

    def _waiting(self) -> int:
        return self._graph._microphone.stats().length if self._graph is not None else 0  # noqa: SLF001 - to look at it


def p95(values: Sequence[float]) -> float:
    """The 95th percentile."""
    return float(np.percentile(values, 95)) if values else 0.0


def compare(recorder: Recorder) -> Iterator[tuple[str, float, float, float]]:
    """What, its value in the first tenth and in the last, and how much it may grow."""
    samples = recorder.samples
    warm = samples[min(WARM_UP, len(samples) // 4) :]
    tenth = max(2, len(warm) // 10)
    first, last = warm[:tenth], warm[-tenth:]

    def median(name: str, part: Sequence[Sample]) -> float:
        return float(statistics.median(getattr(each, name) for each in part))

    yield "memory, MB", median("memory_mb", first), median("memory_mb", last), MEMORY_GROWTH
    yield "open files", median("files", first), median("files", last), 0.0
    yield "threads", median("threads", first), median("threads", last), 0.0
    used = [after.processor_s - before.processor_s for before, after in itertools.pairwise(warm)]
    yield "processor time of a turn, s, 95th percentile", p95(used[:tenth]), p95(used[-tenth:]), LATENCY_GROWTH
    late = recorder.latencies_ms[min(WARM_UP, len(samples) // 4) :]
    yield "end of speech to first sound, ms, 95th percentile", p95(late[:tenth]), p95(late[-tenth:]), LATENCY_GROWTH


def main() -> int:
    """Holds the day; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=500)
    options = parser.parse_args()
    os.environ.update(SETTINGS)
    with tempfile.TemporaryDirectory(prefix="vd-") as name:
        folder = Path(name)
        os.environ.update({f"XDG_{each}_HOME": str(folder / each.lower()) for each in ("CONFIG", "STATE", "DATA")})
        questions = speak(QUESTIONS, folder / "questions")
        before = {thread.name for thread in threading.enumerate()}
        day, recorder, stdout = Day(questions, options.turns), Recorder(options.turns), sys.stdout
        day.begin()
        began_s, load = time.monotonic(), os.getloadavg()[0]
        sys.stdout = cast(TextIO, recorder)  # as much of a stream as is used
        try:
            code = voicecli(["chat", "--json", "--mic", "day.wav"])
        finally:
            sys.stdout = stdout
        return report(recorder, day, folder, code, time.monotonic() - began_s, load, before)


def report(recorder: Recorder, day: Day, folder: Path, code: int, took_s: float, load: float, before: set[str]) -> int:
    """Prints what came of it; returns the exit code."""
    print(f"models: {', '.join(recorder.models)}")
    heard_h = day.ticks * BLOCK_MS / 3_600_000
    turns = len(recorder.samples)
    print(
        f"{turns} turns and {heard_h:.2f} hours of listening in {took_s / 60:.1f} minutes, exit code {code}, load before {load:.1f}"
    )
    bad = bool(code or recorder.errors)
    for error in recorder.errors:
        print(f"error: {error}")
    for what, first, last, limit in compare(recorder) if turns > 2 * WARM_UP else ():
        growth = (last - first) / first if first else 0.0
        over = growth > limit
        bad = bad or over
        print(
            f"{what}: {first:.1f} in the first tenth, {last:.1f} in the last, {growth:+.1%}{' TOO MUCH' if over else ''}"
        )
    file = folder / "data" / "voicecli" / "history" / "history.db"
    with contextlib.closing(sqlite3.connect(file)) as database:
        rows, integrity = (
            database.execute(query).fetchone()[0] for query in ("SELECT COUNT(*) FROM turns", "PRAGMA integrity_check")
        )
    print(f"database: {rows} turns, {file.stat().st_size / 1000:.0f} kB, integrity {integrity}")
    logged = sum(each.stat().st_size for each in (folder / "state").rglob("*") if each.is_file())
    print(f"logs and state: {logged / 1000:.0f} kB")
    left = sorted({thread.name for thread in threading.enumerate()} - before - OF_THE_PROCESS)
    print(f"threads left: {', '.join(left) or 'none'}")
    return int(bad or rows < turns or integrity != "ok" or bool(left))


if __name__ == "__main__":
    sys.exit(main())
