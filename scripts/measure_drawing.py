"""Measures what drawing costs while the assistant speaks: an answer of a minute, word by word, on a real terminal device, in real time.

    python scripts/measure_drawing.py [--seconds 60] [--width 80]

Printed are the redraws, and the processor time of the thread that draws and of the one that hands it the events, in percent of one core. The
aim is at most 3 % together, and ten redraws a second.
"""

from __future__ import annotations

import argparse
import os
import pty
import re
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path
from typing import Final

from rich.console import Console

from voicecli import events
from voicecli.ui.screen import LiveScreen

WORDS_PER_S: Final = 3.0
"""A brisk voice."""
LEVELS_PER_S: Final = 10
DELTAS_PER_S: Final = 30
"""A model on a small machine."""
SENTENCE: Final = (
    "A light that is **far** away burns in the old tower by the sea, and nobody in the town knows who keeps it; "
    "some say that it is a [sailor](http://example.org) who came back after 40 years, others that it burns by itself. "
)


def ready() -> events.Event:
    """The session has begun."""
    return events.Ready(
        t_s=0,
        models={"stt": "whisper-base", "llm": "a-model", "voice": "a-voice"},
        device={},
        offline=True,
        microphone="microphone",
        speaker="speaker",
        duplex="full",
        mode="hands-free",
    )


def scene(seconds: float) -> list[tuple[float, events.Event]]:
    """What happens, and when: the model writes ahead, the voice reads, the microphone has a level."""
    count = round(seconds * WORDS_PER_S)
    text = " ".join((SENTENCE * (count // len(SENTENCE.split()) + 1)).split()[:count])
    happens: list[tuple[float, events.Event]] = [
        (0.0, ready()),
        (0.0, events.Transcript(t_s=0, turn=1, text="What is the light in the tower?", language="en", final=True)),
        (0.0, events.PhaseChanged(t_s=0, phase="speaking")),
    ]
    words = list(re.finditer(r"\S+", text))
    for n, word in enumerate(words):
        start, end = word.span()
        happens.append(
            (n / DELTAS_PER_S, events.ReplyDelta(t_s=0, turn=1, text=text[words[n - 1].end() if n else 0 : end]))
        )
        happens.append(
            (0.5 + n / WORDS_PER_S, events.Speaking(t_s=0, turn=1, start=start, end=end, text=text[start:end]))
        )
    happens += [
        (n / LEVELS_PER_S, events.LevelChanged(t_s=0, dbfs=-50 + 30 * (n % 3)))
        for n in range(round(seconds * LEVELS_PER_S))
    ]
    return sorted(happens, key=lambda happening: happening[0])


def cpu_s(thread: threading.Thread) -> float:
    """Processor time that a thread has used, to the nanosecond (Linux)."""
    return int(Path(f"/proc/self/task/{thread.native_id}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9


def measure(seconds: float, width: int, height: int) -> str:
    """Plays the scene; gives the figures in words."""
    mine, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (height, width))
    # Somebody has to read the terminal, and not in this process, whose time is measured.
    reader = subprocess.Popen(["cat"], stdin=mine, stdout=subprocess.DEVNULL)
    os.close(mine)
    happens = scene(seconds)
    with (
        os.fdopen(theirs, "w", encoding="utf-8") as terminal,
        LiveScreen(Console(file=terminal, force_terminal=True, color_system="standard")) as screen,
    ):
        painter = next(thread for thread in threading.enumerate() if thread.name == "screen")
        drawn, handed = cpu_s(painter), 0.0
        began_s = time.monotonic()
        for at_s, event in happens:
            time.sleep(max(0.0, began_s + at_s - time.monotonic()))
            before_s = time.thread_time()
            screen.handle(event)
            handed += time.thread_time() - before_s
        lasted_s = time.monotonic() - began_s
        drawn = cpu_s(painter) - drawn
        redraws = screen.redraws
    reader.terminate()
    reader.wait()
    return (
        f"{width} columns, {lasted_s:.0f} s of speech, {len(happens)} events, {redraws} redraws ({redraws / lasted_s:.1f}/s): "
        f"drawing {drawn:.2f} s of processor time ({100 * drawn / lasted_s:.1f} % of one core), "
        f"taking in events {handed:.2f} s ({100 * handed / lasted_s:.1f} %)\n"
    )


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the answer is (default: %(default)s)")
    parser.add_argument("--width", type=int, default=80, help="columns (default: %(default)s)")
    parser.add_argument("--height", type=int, default=40, help="rows (default: %(default)s)")
    arguments = parser.parse_args()
    sys.stdout.write(measure(arguments.seconds, arguments.width, arguments.height))


if __name__ == "__main__":
    main()
