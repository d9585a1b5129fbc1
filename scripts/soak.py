"""A long conversation from files, in this process: does anything grow, stay behind or overflow?

    python scripts/soak.py                 ten minutes: about 60 turns
    python scripts/soak.py --turns 6

Prints memory along the way, what threads are left at the end and how full every channel got; exits with 1 when something is left or
overflowed. Memory is printed, not judged: allocators keep what they once had.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, TextIO, cast

from speech_fixtures import QUESTIONS, speak
from voicecli.cli.main import main as voicecli
from voicecli.pipeline.channel import ChannelStats
from voicecli.pipeline.graph import Graph


class Recorder:
    """Stands for stdout: keeps events, and what memory was in use when an answer had been heard."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.memory_mb: list[float] = []

    def write(self, text: str) -> int:
        """Takes whole lines, as the program writes them."""
        for line in text.splitlines():
            if line.strip():
                self.events.append(json.loads(line))
                if self.events[-1]["event"] == "spoken":
                    self.memory_mb.append(resident_mb())
        return len(text)

    def flush(self) -> None:
        """Nothing waits."""

    def isatty(self) -> bool:
        """No."""
        return False


def resident_mb() -> float:
    """Memory of this process that is in use now, in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> int:
    """Holds the conversation; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--turns", type=int, default=60)
    parser.add_argument("--folder", type=Path, default=None)
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp())
    questions = speak(QUESTIONS, folder)
    microphones = [a for turn in range(options.turns) for a in ("--mic", str(questions[turn % len(questions)]))]
    stats: list[ChannelStats] = []
    stop = Graph.stop

    def stop_and_tell(graph: Graph) -> list[str]:
        late = stop(graph)
        stats.extend(graph.stats())
        return late

    Graph.stop = stop_and_tell  # type: ignore[method-assign,assignment] # to see the channels before they are gone
    before = {thread.name for thread in threading.enumerate()}
    recorder, stdout = Recorder(), sys.stdout
    began_s = time.monotonic()
    sys.stdout = cast(TextIO, recorder)  # as much of a stream as is used
    try:
        code = voicecli(["chat", "--json", *microphones, "--speaker", str(folder / "out.wav")])
    finally:
        sys.stdout = stdout
    left = sorted({thread.name for thread in threading.enumerate()} - before)
    full = [channel.name for channel in stats if channel.peak > channel.limit or channel.dropped]
    turns = len(recorder.memory_mb)
    print(f"{turns} of {options.turns} questions answered in {time.monotonic() - began_s:.0f} s, exit code {code}")
    if turns:
        middle = recorder.memory_mb[turns // 2]
        print(f"memory: {recorder.memory_mb[0]:.0f} MB after the first turn, {middle:.0f} in the middle, ", end="")
        print(f"{recorder.memory_mb[-1]:.0f} after the last")
    for channel in stats:
        print(f"channel {channel.name}: at most {channel.peak} of {channel.limit}, {channel.dropped} dropped")
    print(f"threads left: {', '.join(left) or 'none'}")
    print(f"channels over their limit: {', '.join(full) or 'none'}")
    return int(bool(left or full or code or not turns))


if __name__ == "__main__":
    sys.exit(main())
