"""What it costs to run engines in processes of their own: start to `ready`, voice to voice, and memory, in alternating pairs.

    python scripts/measure_processes.py                  seven pairs of a session with ten questions from files
    python scripts/measure_processes.py --pairs 2 --questions 3

Memory is that of the conversation and all its children together, read once after the last answer: a page that several of them share counts
once, also where other programs share it. It can be read of processes that are not dumpable by the superuser only. Times of a busy machine say
little, so the load is printed beside them, and the processor time of a turn, which depends on it less.
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
from voicecli.audio.sound_files import WavWriter
from voicecli.engines.isolated.process_status import SYSTEM_TICKS, USER_TICKS
from voicecli.pcm import RATE_HZ

WAYS = ("together", "apart")
PARTS = ("endpoint_ms", "stt_ms", "first_token_ms", "first_audio_ms")
MAPPING_FIELDS = 5
QUIET_S = 4
"""Silence after the last question, in which memory is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one session showed."""

    ready_ms: float
    turns_ms: list[float]
    cpu_ms: float = 0.0
    total_mb: float = 0.0
    parts_ms: dict[str, float] = field(default_factory=dict)

    @property
    def turn_ms(self) -> float:
        """The median of its turns."""
        return statistics.median(self.turns_ms)


def children_of(pid: int) -> list[int]:
    """All processes that `pid` started."""
    found = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for file in found for child in file.read_text().split()]


def memory_mb(pids: Sequence[int]) -> float:
    """What processes have in memory together: each page of a file once, and what each has for itself."""
    own_kb = 0
    of_files_kb: dict[str, int] = {}
    for pid in pids:
        try:
            text = Path(f"/proc/{pid}/smaps").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        mapping, resident_kb = "", 0
        for line in text.splitlines():
            name, _, rest = line.partition(" ")
            if not name.endswith(":"):
                fields = rest.split(maxsplit=4)
                mapping = f"{fields[4]} {fields[1]}" if len(fields) == MAPPING_FIELDS else ""
            elif name == "Anonymous:":
                own_kb += int(rest.split()[0])
                anonymous_kb = int(rest.split()[0])
                if mapping.startswith("/"):
                    of_files_kb[mapping] = max(of_files_kb.get(mapping, 0), resident_kb - anonymous_kb)
            elif name == "Rss:":
                resident_kb = int(rest.split()[0])
    return (own_kb + sum(of_files_kb.values())) / 1024


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
    ready_ms, used_ms, total_mb = 0.0, 0.0, 0.0
    told: list[dict[str, float]] = []
    for line in running.stdout or ():
        event = json.loads(line)
        if event["event"] == "ready":
            ready_ms = (time.monotonic() - began_s) * 1000
            used_ms = sum(map(cpu_ms, (running.pid, *children_of(running.pid))))
        elif event["event"] == "latency":
            told.append(event)
        elif event["event"] == "spoken" and event["turn"] == len(questions) - 1:
            processes = (running.pid, *children_of(running.pid))
            used_ms = sum(map(cpu_ms, processes)) - used_ms
            total_mb = memory_mb(processes)
    if running.wait():
        raise SystemExit(f"a session ended with {running.returncode}")
    return Run(
        ready_ms=ready_ms,
        turns_ms=[float(each["voice_to_voice_ms"]) for each in told],
        cpu_ms=used_ms / len(told),
        total_mb=total_mb,
        parts_ms={part: statistics.median(float(each[part]) for each in told) for part in PARTS},
    )


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
                parts = " ".join(f"{ms:.0f}" for ms in run.parts_ms.values())
                print(
                    f"pair {number + 1} {way:9} ready {run.ready_ms:6.0f} ms, turn {run.turn_ms:6.0f} ms ({parts}), processor {run.cpu_ms:6.0f} ms, "
                    f"memory {run.total_mb:6.0f} MB, load before {load:.1f}",
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
