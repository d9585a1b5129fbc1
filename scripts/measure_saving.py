"""What it costs to save a conversation with its audio: voice to voice with `--save-audio` and with `--no-save`, in alternating pairs.

    python scripts/measure_saving.py                       seven pairs of a session with six questions from files
    python scripts/measure_saving.py --pairs 2 --questions 3

Times of a busy machine say little, so the load is printed beside them.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
from pathlib import Path

from measure_tools import interval, session
from speech_fixtures import QUESTIONS, speak

WAYS = ("--no-save", "--save-audio")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--questions", type=int, default=6)
    asked = parser.parse_args()
    runs: dict[str, list[float]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = speak(QUESTIONS[: asked.questions], folder)
        for number in range(asked.pairs):
            for way in WAYS if number % 2 == 0 else reversed(WAYS):
                home = {"XDG_DATA_HOME": str(folder / f"data-{number}"), "XDG_STATE_HOME": str(folder / "state")}
                runs[way].append(session(files, folder, home, way))
                print(f"pair {number + 1} {way:12} {runs[way][-1]:6.0f} ms, load {os.getloadavg()[0]:.1f}", flush=True)
        saved = len(list(folder.glob("data-*/**/*.flac")))
    differences = [b - a for a, b in zip(runs["--no-save"], runs["--save-audio"], strict=True)]
    low, high = interval(differences)
    figures = {
        "what": "voice to voice, saved with audio against not saved",
        "pairs": asked.pairs,
        "audio_files": saved,
        "median_difference_ms": round(statistics.median(differences), 1),
        "low_90": round(low, 1),
        "high_90": round(high, 1),
        "median_ms": {way: round(statistics.median(each)) for way, each in runs.items()},
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
