"""Turns calls of the HarperValleyBank corpus into a folder that `measure_turns.py collect` reads: a sound file for each side, and who spoke when.

    python scripts/calls_to_rttm.py DATA OUT

DATA is the corpus's folder `data`, or a copy of a part of it: `audio/agent`, `audio/caller`, `transcript` and `metadata`, each with a file for every
call. A side that was recorded later than the other gets silence in front, so that both share one clock. Segments without words ("[noise]") are left
out. Speakers are named by the corpus's own numbers, so that one person is one speaker in every call.
"""

from __future__ import annotations

import argparse
import json
import statistics
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from voicecli.audio.sound_files import read_audio
from voicecli.pcm import RATE_HZ, Pcm, samples_of, silence

SIDES: Final = ("agent", "caller")
NO_WORDS: Final = ("[", "<")
"""What the text of a segment without words begins with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """What one side said. `at_ms` is on the clock of the call, `in_file_ms` on that of the side's file."""

    side: str
    at_ms: float
    in_file_ms: float
    length_ms: float
    text: str


def segments(transcript: str) -> list[Segment]:
    """Reads the transcript of a call."""
    return [
        Segment(
            side=each["speaker_role"],
            at_ms=each["offset_ms"],
            in_file_ms=each["start_ms"],
            length_ms=each["duration_ms"],
            text=each["human_transcript"].strip(),
        )
        for each in json.loads(transcript)
    ]


def late_ms(said: list[Segment], side: str) -> float:
    """How much later than the call the file of a side begins."""
    return max(0.0, statistics.median(each.at_ms - each.in_file_ms for each in said if each.side == side))


def rttm(name: str, said: list[Segment], speakers: dict[str, str]) -> Iterator[str]:
    """Who spoke when, for one sound file."""
    for each in said:
        if each.text and not each.text.startswith(NO_WORDS):
            times = f"{each.at_ms / 1000:.3f} {each.length_ms / 1000:.3f}"
            yield f"SPEAKER {name} 1 {times} <NA> <NA> {speakers[each.side]} <NA> <NA>"


def write(path: Path, sound: Pcm) -> None:
    """Writes sound at 16 kHz."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(sound.astype("<i2").tobytes())


def main() -> None:
    """Converts every call."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    for file in sorted((args.data / "transcript").glob("*.json")):
        said = segments(file.read_text(encoding="utf-8"))
        known = json.loads((args.data / "metadata" / file.name).read_text(encoding="utf-8"))
        speakers = {side: f"person{known[side]['speaker_id']}" for side in SIDES}
        for side in SIDES:
            sound = read_audio(args.data / "audio" / side / f"{file.stem}.wav")[0]
            name = f"{file.stem}-{side}"
            write(args.out / f"{name}.wav", np.concatenate([silence(samples_of(late_ms(said, side))), sound]))
            lines += rttm(name, said, speakers)
    (args.out / "calls.rttm").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
