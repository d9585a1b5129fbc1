"""Talks with the whole program over a loudspeaker: does it answer itself, and can it be talked over?

    python scripts/measure_loudspeaker.py                          30 answers nobody talks into, then 10 that somebody does
    python scripts/measure_loudspeaker.py --echo-ms 200 --echo-db -6
    python scripts/measure_loudspeaker.py --answers 5 --interruptions 3

A private sound server plays the part of the room: what goes to its speaker comes back into its microphone, that much later and softer, while
questions are played into the same microphone. Questions and interruptions are said by the installed voice, the assistant's own. Unlike
`measure_echo.py`, which knows rooms and thousands of answers, this runs everything: devices, drivers, threads, models.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from fakes.program import Chat
from fakes.words import word_error_rate
from speech_fixtures import speak
from virtual_sound_card import VirtualSoundCard

QUESTIONS = (
    "Please tell me a story about the sea.",
    "What can I do in a big city?",
    "How does a bicycle work?",
    "Why do leaves turn red in autumn?",
    "Tell me something about cats and dogs.",
    "How do I make a cup of tea?",
)
INTERRUPTIONS = (
    "Wait a second, I have another question.",
    "Hold on, that is not what I meant.",
    "Please tell me about the moon.",
    "Excuse me, may I ask something else?",
    "Can you tell me the capital of France instead?",
)
INTO_ANSWER_S = 1.5
"""How long an answer has sounded when somebody talks into it."""

RIGHT = 0.2
"""The most words that may be wrong in a transcript that counts as right."""


@dataclass
class Figures:
    """What happened."""

    answers: int = 0
    paused: int = 0
    interrupted_itself: int = 0
    tried: int = 0
    caught: int = 0
    right: int = 0
    stops_ms: list[float] = field(default_factory=list)
    transcripts: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)


def ask(chat: Chat, card: VirtualSoundCard, question: Path) -> None:
    """Plays a question, and waits until its answer sounds."""
    before = len(chat.told("latency"))
    card.play_into_microphone(question).wait()
    chat.wait_for("latency", count=before + 1)


def leave_alone(chat: Chat, card: VirtualSoundCard, question: Path, figures: Figures) -> None:
    """An answer nobody talks into."""
    spoken, paused, cut = (len(chat.told(name)) for name in ("spoken", "paused", "interrupted"))
    ask(chat, card, question)
    chat.wait_for("spoken", count=spoken + 1)
    time.sleep(1.5)  # what it may think it heard at the end
    figures.answers += 1
    figures.paused += len(chat.told("paused")) - paused
    figures.interrupted_itself += len(chat.told("interrupted")) - cut


def talk_over(chat: Chat, card: VirtualSoundCard, question: Path, words: tuple[str, Path], figures: Figures) -> None:
    """An answer somebody talks into."""
    text, sound = words
    ask(chat, card, question)
    time.sleep(INTO_ANSWER_S)
    spoken, cut, paused = (len(chat.told(name)) for name in ("spoken", "interrupted", "paused"))
    if len(chat.told("latency")) == spoken:
        return  # a short answer: it is over
    figures.tried += 1
    seen = len(chat.events)
    began_s = time.monotonic()
    player = card.play_into_microphone(sound)
    while player.poll() is None and len(chat.told("paused")) == paused:
        time.sleep(0.005)
    if len(chat.told("paused")) > paused:
        figures.stops_ms.append((time.monotonic() - began_s) * 1000)
    player.wait()
    chat.wait_for("spoken", count=spoken + 2)  # the answer that was cut, or was not, and the next
    if len(chat.told("interrupted")) > cut:
        figures.caught += 1
        heard = chat.told("transcript", final=True)[-1]["text"]
        figures.transcripts.append(heard)
        figures.right += word_error_rate(text, heard) <= RIGHT
    else:
        kinds = ("paused", "resumed", "spoken", "speech_started", "speech_ended", "transcript")
        told = [event for event in chat.events[seen:] if event["event"] in kinds and event.get("final", True)]
        if told[0]["event"] == "spoken":
            figures.tried -= 1  # the answer was over before the first word came
        figures.missed.append(", ".join(_in_short(event, told[0]["t"]) for event in told))
    time.sleep(1.0)


def _in_short(event: dict[str, Any], since_s: float) -> str:
    details = [str(event[name]) for name in ("because", "heard", "text") if event.get(name)]
    return f"{event['event']} {event['t'] - since_s:.1f} s {' '.join(details)[:60]}".rstrip()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="Talks with the whole program over a virtual loudspeaker.")
    parser.add_argument("--echo-ms", type=int, default=100)
    parser.add_argument("--echo-db", type=float, default=-12.0)
    parser.add_argument("--answers", type=int, default=30)
    parser.add_argument("--interruptions", type=int, default=10)
    options = parser.parse_args(arguments)
    figures = Figures()
    with tempfile.TemporaryDirectory() as folder:
        sounds = speak([*QUESTIONS, *INTERRUPTIONS], Path(folder))
        questions, interruptions = sounds[: len(QUESTIONS)], sounds[len(QUESTIONS) :]
        with (
            VirtualSoundCard(echo_ms=options.echo_ms, echo_db=options.echo_db) as card,
            Chat(env=card.environment) as chat,
        ):
            ready = chat.wait_for("ready")
            for number in range(options.answers):
                leave_alone(chat, card, questions[number % len(questions)], figures)
                print(f"\ranswer {number + 1}", end="", file=sys.stderr)
            for number in range(options.interruptions):
                at = number % len(interruptions)
                talk_over(chat, card, questions[at], (INTERRUPTIONS[at], interruptions[at]), figures)
                print(f"\rinterruption {number + 1}", end="", file=sys.stderr)
            duplex = [ready["duplex"], *(event["duplex"] for event in chat.told("duplex"))]
    print("\r", end="", file=sys.stderr)
    print(f"echo {options.echo_ms} ms, {options.echo_db} dB; duplex {' then '.join(duplex)}")
    print(
        f"answers nobody talked into: {figures.answers}; paused {figures.paused}; stopped {figures.interrupted_itself}"
    )
    print(f"talked over: {figures.tried}; stopped {figures.caught}; transcript right {figures.right}")
    if figures.stops_ms:
        spread = sorted(figures.stops_ms)
        at_95 = spread[min(len(spread) - 1, round(0.95 * len(spread)))]
        middle = statistics.median(spread)
        print(f"command to play (itself 100 ms and more) to pause: median {middle:.0f}, 95 % {at_95:.0f} ms")
    for text in figures.transcripts:
        print(f"  heard: {text}")
    for text in figures.missed:
        print(f"  missed: {text}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
