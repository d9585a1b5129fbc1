"""Measures this machine and writes docs/latency.md: start-up, where the time of a turn goes, memory, and what an idle session costs.

Everything is measured from outside, on whole processes, with the starter set. Nothing here fails on a busy day; it prints.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import wave
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from speech_fixtures import QUESTIONS, speak, voicecli

DOCUMENT = Path(__file__).parent.parent / "docs" / "latency.md"
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
STEPS = ("endpoint_ms", "stt_ms", "first_token_ms", "first_audio_ms", "voice_to_voice_ms")


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
        voicecli("chat", "--json", *args), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
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


def processor() -> str:
    """The processor's name."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def listed(values: dict[str, str]) -> str:
    """`stt cpu, llm cpu`."""
    return ", ".join(f"{kind} {value}" for kind, value in values.items())


def measure() -> str:
    """Measures everything; gives the document."""
    cores = len(os.sched_getaffinity(0))
    seconds_of(*voicecli("--help"))
    help_ms = [1000 * seconds_of(*voicecli("--help")) for _ in range(5)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        questions = speak(QUESTIONS, folder)
        files = [argument for path in questions for argument in ("--mic", str(path))]
        talk = chat(*files, "--speaker", str(folder / "out.wav"))
        idle = chat("--mic", str(silence(folder / "silence.wav", 60)), "--speaker", str(folder / "idle.wav"), idle_s=20)
    ready = next(event for event in talk.events if event["event"] == "ready")
    turns = [event for event in talk.events if event["event"] == "latency"]
    lines = [
        "# Latency",
        "",
        "Written by `make figures` from real runs on the machine named here; do not edit by hand.",
        "",
        f"Machine: {processor()}, {cores} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}.",
        f"Models: {listed(ready['models'])}; devices: {listed(ready['device'])}.",
        "",
        "## A turn",
        "",
        f"{len(turns)} questions spoken by the installed voice, fed in real time as the microphone. All times in milliseconds from",
        "the last voiced sample of the question, by the program's own clock; `voice_to_voice_ms` ends when the first sample of the",
        "answer is handed to the speaker.",
        "",
        "| step | p50 | p95 |",
        "|---|---|---|",
    ]
    for step in STEPS:
        values = [turn[step] for turn in turns if turn.get(step) is not None]
        if values:
            lines.append(f"| `{step}` | {statistics.median(values):.0f} | {quantile(values, 0.95):.0f} |")
    drafted = sum(turn["speculative"] for turn in turns)
    lines += [
        "",
        f"{drafted} of {len(turns)} answers were begun before the endpoint (drafts).",
        "",
        "## The program",
        "",
        "| what | measured | aim |",
        "|---|---|---|",
        f"| `voicecli --help`, median of five, warm | {statistics.median(help_ms):.0f} ms | under 300 ms |",
        f"| `chat` from start to `ready` | {ready['t']:.1f} s, and Python's own start | |",
        f"| `chat`, most memory resident, {len(turns)} turns | {talk.peak_mb:.0f} MB | at most 1500 MB |",
        f"| `chat`, idle and listening | {idle.idle_percent:.1f} % of one core | at most 5 % |",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    document = measure()
    DOCUMENT.write_text(document, encoding="utf-8")
    sys.stdout.write(document)
