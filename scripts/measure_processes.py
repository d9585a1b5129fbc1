"""What it costs to run engines in processes of their own: start to `ready`, voice to voice, and memory, in alternating pairs.

    python scripts/measure_processes.py                  seven pairs of a session with ten questions from files
    python scripts/measure_processes.py --pairs 2 --questions 3

Memory is the proportional set size (PSS) of the conversation and all its children, read once after the last answer: a page that several share counts
once. It can be read of processes that are not dumpable by the superuser only. Times of a busy machine say little, so the load is
printed beside them, and the processor time of a turn, which depends on it less.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from speech_fixtures import QUESTIONS, speak, voicecli
from voicecli.audio.files import WavWriter
from voicecli.engines.apart.look import SYSTEM_TICKS, USER_TICKS
from voicecli.pcm import RATE_HZ

WAYS = ("together", "apart")
QUIET_S = 4
"""Silence after the last question, in which memory is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one session showed."""

    ready_ms: float
    turns_ms: list[float]
    cpu_ms: float = 0.0
    memory_mb: dict[str, float] = field(default_factory=dict)

    @property
    def turn_ms(self) -> float:
        """The median of its turns."""
        return statistics.median(self.turns_ms)

    @property
    def total_mb(self) -> float:
        """Memory of all its processes."""
        return sum(self.memory_mb.values())


def children_of(pid: int) -> list[int]:
    """All processes that `pid` started."""
    found = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for file in found for child in file.read_text().split()]


def pss_mb(pid: int) -> float:
    """The proportional set size of a process, 0.0 where nobody may know."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def cpu_ms(pid: int) -> float:
    """Processor time of a process so far."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[USER_TICKS]) + int(fields[SYSTEM_TICKS])) * 1000 / os.sysconf("SC_CLK_TCK")


def session(way: str, questions: Sequence[Path], folder: Path) -> Run:
    """Holds one conversation from files."""
    microphones = [argument for path in questions for argument in ("--mic", str(path))]
    command = [*voicecli("chat", "--json", "--speaker", str(folder / "out.wav")), *microphones]
    began_s = time.monotonic()
    running = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "VOICECLI_MODELS_PROCESSES": way},
    )
    ready_ms, used_ms, turns, memory = 0.0, 0.0, [], {}
    for line in running.stdout or ():
        event = json.loads(line)
        if event["event"] == "ready":
            ready_ms = (time.monotonic() - began_s) * 1000
            used_ms = sum(map(cpu_ms, (running.pid, *children_of(running.pid))))
        elif event["event"] == "latency":
            turns.append(float(event["voice_to_voice_ms"]))
        elif event["event"] == "spoken" and event["turn"] == len(questions) - 1:
            processes = {"conversation": running.pid}
            processes |= {f"child {n}": child for n, child in enumerate(children_of(running.pid), start=1)}
            used_ms = sum(map(cpu_ms, processes.values())) - used_ms
            memory = {name: pss_mb(pid) for name, pid in processes.items()}
    if running.wait():
        raise SystemExit(f"a session ended with {running.returncode}")
    return Run(ready_ms=ready_ms, turns_ms=turns, cpu_ms=used_ms / len(turns), memory_mb=memory)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--questions", type=int, default=len(QUESTIONS))
    asked = parser.parse_args()
    runs: dict[str, list[Run]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        questions = speak(QUESTIONS[: asked.questions], folder)
        quiet = folder / "quiet.wav"
        with WavWriter(quiet, RATE_HZ) as file:
            file.write(np.zeros(QUIET_S * RATE_HZ, dtype=np.int16))
        for number in range(asked.pairs):
            for way in WAYS if number % 2 == 0 else reversed(WAYS):
                load = os.getloadavg()[0]
                run = session(way, [*questions, quiet], folder)
                runs[way].append(run)
                parts = " ".join(f"{mb:.0f}" for mb in run.memory_mb.values())
                print(
                    f"pair {number + 1} {way:9} ready {run.ready_ms:6.0f} ms, turn {run.turn_ms:6.0f} ms, processor {run.cpu_ms:6.0f} ms, "
                    f"memory {run.total_mb:6.0f} MB ({parts}), load before {load:.1f}",
                    flush=True,
                )
    summary(runs)


def summary(runs: dict[str, list[Run]]) -> None:
    """Prints medians, and the median of the differences within the pairs."""
    print(f"\n{'':24}" + "".join(f"{way:>12}" for way in WAYS) + f"{'difference':>14}{'share':>8}")
    for what in ("ready_ms", "turn_ms", "cpu_ms", "total_mb"):
        values = {way: [float(getattr(run, what)) for run in runs[way]] for way in WAYS}
        middle = {way: statistics.median(values[way]) for way in WAYS}
        more = statistics.median(b - a for a, b in zip(values[WAYS[0]], values[WAYS[1]], strict=True))
        shown = "".join(f"{middle[way]:12.0f}" for way in WAYS)
        print(f"{what:24}{shown}{more:+14.0f}{100 * more / middle[WAYS[0]]:+7.1f}%")


if __name__ == "__main__":
    main()
