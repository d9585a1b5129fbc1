"""Holds a spoken session of eight questions with the magic 8 ball, two of them foolish, and reports whether its answers keep to their rules.

    python scripts/measure_ball.py
    python scripts/measure_ball.py --llm qwen2.5-coder-1.5b --keep FOLDER

The questions are spoken by the installed voice, and the session is recorded: the sound as it would be heard, and the events. Reported are the
answers, how many words the longest has, whether one was given twice, what the foolish questions got, and how far the words that were shown are from
the words that were heard, as `measure_words.py` compares them.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from measure import chat
from measure_words import against_alignment, against_onsets, aligner, lit_words, onsets_s, told
from speech_fixtures import speak
from voicecli.audio.sound_files import read_audio

QUESTIONS: Final = (
    "Will I find love this year?",
    "Blah blah blah.",
    "Should I take the new job?",
    "Will it rain on my wedding day?",
    "Can a potato marry my bicycle?",
    "Is my brother angry with me?",
    "Will I ever see the sea again?",
    "Should I trust my neighbour?",
)
FOOLISH_AT: Final = (1, 4)
FOOLISH: Final = "Foolish questions get foolish answers."
MOST_WORDS: Final = 15


def answers_of(happened: Sequence[dict[str, Any]]) -> dict[int, str]:
    """The answers by turn, without the greeting."""
    return {event["turn"]: event["text"].strip() for event in happened if event["event"] == "reply" and event["turn"]}


def questions_of(happened: Sequence[dict[str, Any]]) -> dict[int, str]:
    """What was heard by turn."""
    return {event["turn"]: event["text"] for event in happened if event["event"] == "transcript" and event["final"]}


def same(text: str) -> str:
    """Equal for answers that sound the same."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def report(happened: Sequence[dict[str, Any]]) -> list[str]:
    """The lines about the answers."""
    asked, answered = questions_of(happened), answers_of(happened)
    lines = [f"  {asked.get(turn, '')}\n      {text}" for turn, text in answered.items()]
    proverbs = [text for text in answered.values() if text != FOOLISH]
    longest = max((len(text.split()) for text in answered.values()), default=0)
    twice = len(proverbs) - len({same(text) for text in proverbs})
    found = [turn for turn, text in answered.items() if text == FOOLISH]
    latencies = [event["voice_to_voice_ms"] for event in happened if event["event"] == "latency"]
    waits = sorted(each for each in latencies if each is not None)
    return [
        *lines,
        f"{len(answered)} answers; longest {longest} words (at most {MOST_WORDS}); given twice: {twice}",
        f"answered as foolish: {', '.join(asked.get(turn, '') for turn in found) or 'none'}",
        f"meant as foolish: {', '.join(QUESTIONS[at] for at in FOOLISH_AT)}",
        f"from the end of a question to the voice: median {waits[len(waits) // 2]:.0f} ms, most {waits[-1]:.0f} ms"
        if waits
        else "",
    ]


def main() -> None:
    """Holds the session and reports."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--llm", help="name of a language model (default: the best that is installed)")
    parser.add_argument(
        "--keep", type=Path, help="a folder for the sound and the events (default: they are thrown away)"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = options.keep or Path(name)
        out = folder / "out.wav"
        files = [flag for path in speak(QUESTIONS, folder) for flag in ("--mic", str(path))]
        llm = ("--llm", options.llm) if options.llm else ()
        run = chat(*files, "--speaker", str(out), "--persona", "magic-8-ball", *llm)
        with wave.open(str(out)) as file:
            rate_hz = file.getframerate()
            sound = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
        lit = lit_words(run.events)
        if options.keep:
            (folder / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in run.events))
        lines = [
            *report(run.events),
            told("by the first loud sample behind a pause", against_onsets(lit, onsets_s(sound, rate_hz))),
            told(
                "by the written answers aligned with the sound",
                against_alignment(run.events, read_audio(out)[0], aligner()),
            ),
        ]
    sys.stdout.write("\n".join(line for line in lines if line) + "\n")


if __name__ == "__main__":
    main()
