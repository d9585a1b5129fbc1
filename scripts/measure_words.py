"""Measures how far the word that is lit is from the word that is heard, from outside: on the events and the sound file of a real conversation.

    python scripts/measure_words.py

The questions are spoken by the installed voice; the answers are what the installed models make of them. `chat --json` says when each word was lit,
`--speaker out.wav` when it was heard, both on the clock of the file microphone. Three witnesses say where the words are in the sound: the written
answer aligned with it by the installed recogniser, for all words; Whisper's own word times, for the words that it understood as they were written;
and, much sharper but only for words behind a pause, the first loud sample.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import tempfile
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, Final

import numpy as np

from measure import chat, quantile
from speech_fixtures import speak
from voicecli.audio.sound_files import read_audio
from voicecli.engines import registry
from voicecli.engines.ports import WordTimer
from voicecli.models.store import ModelStore
from voicecli.pcm import RATE_HZ, Pcm

QUESTIONS: Final = (
    "Tell me a long story about a sailor and the sea.",
    "Explain how bread is made, step by step.",
    "What is the history of the city of Paris?",
    "Describe a walk in the forest in the autumn.",
)
AIM_MS: Final = 150.0
PAUSE_S: Final = 0.15
"""Silence before a word whose beginning can be seen in the sound."""
FRAME_S: Final = 0.005
QUIET: Final = 0.006
"""Of the loudest sample: the voice's breath and the room between words is below, its weakest consonants are above."""
SHOWN: Final = 8
"""How many of the words that are furthest off are named."""
NEAR_S: Final = 0.4
"""A word and an onset further apart than this are not the same."""
BEFORE_S: Final = 0.3
AFTER_S: Final = 1.5
"""How much sound before its first word and after the beginning of its last one belongs to an answer."""
LONGEST_S: Final = 28.0
"""Longer answers are not aligned: the recogniser's window has 30 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A word that was lit, or that was found in the sound."""

    at_s: float
    text: str


def lit_words(happened: Sequence[dict[str, Any]]) -> list[Seen]:
    """When each word was lit, in seconds of the sound file."""
    zero_s = file_zero_s(happened)
    return [Seen(at_s=event["t"] - zero_s, text=plain(event["text"])) for event in happened if event["event"] == "word"]


def file_zero_s(happened: Sequence[dict[str, Any]]) -> float:
    """The time of the sound file's first sample. That a file has started is told a little late at worst, never too early."""
    return float(min(event["t"] - event["at_ms"] / 1000 for event in happened if event["event"] == "file_started"))


def against_alignment(
    happened: Sequence[dict[str, Any]], sound: Pcm, timer: WordTimer, language: str = "en"
) -> list[tuple[float, str]]:
    """How many ms after it was heard each word was lit, for all words of the answers: the written answer is aligned with its sound.

    Args:
        happened: The events.
        sound: What was heard, at 16 kHz.
        timer: Aligns.
        language: Of the answers.
    """
    zero_s = file_zero_s(happened)
    found = []
    for reply in (event for event in happened if event["event"] == "reply"):
        lit = [event for event in happened if event["event"] == "word" and event["turn"] == reply["turn"]]
        if not lit:
            continue
        from_s, to_s = max(0.0, lit[0]["t"] - zero_s - BEFORE_S), lit[-1]["t"] - zero_s + AFTER_S
        if to_s - from_s > LONGEST_S:
            continue
        stretch = sound[round(from_s * RATE_HZ) : round(to_s * RATE_HZ)]
        begins_s = {
            word.start: from_s + word.from_sample / RATE_HZ
            for word in timer.word_times(stretch, reply["text"], language=language)
        }
        found += [
            (1000 * (event["t"] - zero_s - begins_s[event["start"]]), plain(event["text"]))
            for event in lit
            if event["start"] in begins_s
        ]
    return found


def aligner() -> WordTimer:
    """The installed recogniser."""
    model = ModelStore.default().resolve("stt")
    engine = registry.make_transcriber(model.path, name=model.name, device="cpu", threads=1)
    assert isinstance(engine, WordTimer)  # noqa: S101 - every Whisper model can
    return engine


def plain(text: str) -> str:
    """Letters and digits only."""
    return re.sub(r"\W", "", text.lower())


def by_whisper(path: Path) -> list[Seen]:
    """The words that Whisper finds in the sound."""
    from faster_whisper import WhisperModel

    model = WhisperModel(str(ModelStore.default().resolve("stt").path), device="cpu", compute_type="int8")
    segments, _ = model.transcribe(str(path), language="en", word_timestamps=True, vad_filter=True)
    return [Seen(at_s=word.start, text=plain(word.word)) for segment in segments for word in segment.words or ()]


def onsets_s(sound: Pcm, rate_hz: int) -> list[float]:
    """Where sound begins behind a pause."""
    step = round(FRAME_S * rate_hz)
    frames = np.abs(sound[: len(sound) // step * step].astype(np.int32)).reshape(-1, step).max(axis=1)
    loud = frames > QUIET * frames.max()
    quiet_frames = round(PAUSE_S / FRAME_S)
    found = []
    quiet = quiet_frames
    for at, is_loud in enumerate(loud):
        if is_loud and quiet >= quiet_frames:
            found.append(at * step / rate_hz)
        quiet = 0 if is_loud else quiet + 1
    return found


def against_whisper(lit: Sequence[Seen], heard: Sequence[Seen]) -> list[tuple[float, str]]:
    """How many ms after it was heard each word was lit, for the words that both have."""
    pairs = SequenceMatcher(None, [word.text for word in lit], [word.text for word in heard], autojunk=False)
    return [
        (1000 * (lit[block.a + n].at_s - heard[block.b + n].at_s), lit[block.a + n].text)
        for block in pairs.get_matching_blocks()
        for n in range(block.size)
    ]


def against_onsets(lit: Sequence[Seen], onsets: Sequence[float]) -> list[tuple[float, str]]:
    """The same for the words that come next to an onset."""
    found = []
    for onset_s in onsets:
        nearest = min(lit, key=lambda word: abs(word.at_s - onset_s))
        if abs(nearest.at_s - onset_s) < NEAR_S:
            found.append((1000 * (nearest.at_s - onset_s), nearest.text))
    return found


def told(what: str, differences: Sequence[tuple[float, str]]) -> str:
    """One witness in words."""
    if not differences:
        return f"{what}: nothing to compare"
    sizes = [abs(ms) for ms, _ in differences]
    far = sum(size > AIM_MS for size in sizes)
    worst = sorted(differences, key=lambda found: -abs(found[0]))[:SHOWN]
    return (
        f"{what}: {len(sizes)} words; lit {statistics.median(ms for ms, _ in differences):+.0f} ms after they were heard (median); "
        f"difference median {statistics.median(sizes):.0f} ms, p95 {quantile(sizes, 0.95):.0f} ms, "
        f"largest {max(sizes):.0f} ms; {far} over {AIM_MS:.0f} ms. "
        f"Furthest: {', '.join(f'{word} {ms:+.0f}' for ms, word in worst)}."
    )


def main() -> None:
    """Holds the conversation and compares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--keep", type=Path, help="a folder for the sound and the events (default: they are thrown away)"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = arguments.keep or Path(name)
        out = folder / "out.wav"
        files = [flag for path in speak(QUESTIONS, folder) for flag in ("--mic", str(path))]
        run = chat(*files, "--speaker", str(out))
        with wave.open(str(out)) as file:
            rate_hz = file.getframerate()
            sound = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
        lit = lit_words(run.events)
        onsets = onsets_s(sound, rate_hz)
        heard = by_whisper(out)
        aligned = against_alignment(run.events, read_audio(out)[0], aligner())
        if arguments.keep:
            (folder / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in run.events))
    lines = [
        f"{len(lit)} words lit in {len(sound) / rate_hz:.0f} s of conversation",
        told("by the first loud sample behind a pause", against_onsets(lit, onsets)),
        told("by the written answer aligned with the sound", aligned),
        told("by Whisper's word times", against_whisper(lit, heard)),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
