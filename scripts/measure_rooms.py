"""Puts a whole session into simulated rooms: does it answer itself, is it heard who talks into an answer, and are their words right?

    python scripts/measure_rooms.py                                  30 answers nobody talks into and 10 that somebody does, in each of 5 rooms
    python scripts/measure_rooms.py --near FOLDER --rooms 80:-6 300:-20 none
    python scripts/measure_rooms.py --answers 0 --trials 20

Everything but the model and the clock is real: cancellers, detectors, gate, judge, conductor, playout, recogniser and voice. Time is virtual, so
a busy machine changes nothing. The person is --near (WAV files, each with its words in a .txt file beside it), or else the installed voice, which
is also the assistant's own: nobody is harder to tell from an echo.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from fakes.engines import ReadyModel
from fakes.session_rig import Rig
from fakes.words import word_error_rate
from measure_echo import NEAR_DBFS, Clip, clips_of, middle, show, spoken, trimmed
from rooms import Room, at_level
from voicecli import events
from voicecli.app.engine_setup import detectors
from voicecli.audio.echo_canceller import make_canceller
from voicecli.audio.far_end import FarEnd
from voicecli.audio.near_end import EchoFreeNearEnd
from voicecli.audio.resample import resample
from voicecli.engines.faster_whisper import FasterWhisperTranscriber
from voicecli.engines.piper import PiperSpeaker
from voicecli.engines.ports import ChatMessage, ChatModel, IsCancelled, Sampling
from voicecli.messages import Typed
from voicecli.models.store import ModelStore
from voicecli.pcm import BLOCK_MS, BLOCK_SAMPLES, RATE_HZ, Pcm, blocks, silence

ROOMS = ("none", "20:-12", "80:-6", "150:-12", "300:-20")
ANSWERS = (
    "The sea is wide and deep, and nobody has seen all of it. There are mountains below it that are higher than any on land, and animals with lamps.",
    "In a big city you can visit a museum, walk in a park, or sit in a café and look at the people who go by. In the evening there may be a concert.",
    "A bicycle works by turning pedals. They move a chain, the chain turns the wheel behind, and while it rolls it does not fall over.",
    "Leaves turn red in autumn because the tree takes its green colour back. What is left was there all summer long, but nobody could see it.",
)
SAID = (
    "Wait a second, I have another question.",
    "Hold on, that is not what I meant.",
    "Please tell me about the moon.",
    "Excuse me, may I ask something else?",
    "Can you tell me the capital of France instead?",
)
LONGEST_MS = 30_000
RIGHT = 0.2
"""The most words that may be wrong in a transcript that counts as right."""


class Reader(ReadyModel):
    """Reads the answers out, one after the other."""

    name = "reader"

    def __init__(self) -> None:
        self._given = 0

    def reply(
        self,
        messages: Sequence[ChatMessage],
        *,
        sampling: Sampling,  # noqa: ARG002 - the port's signature
        is_cancelled: IsCancelled,
    ) -> Iterator[str]:
        """A long answer to what was typed, a short one to what was said."""
        if not messages[-1].content.endswith("(typed)"):
            yield "I see."
            return
        self._given += 1
        for word in ANSWERS[self._given % len(ANSWERS)].split():
            if is_cancelled():
                return
            yield f"{word} "


@dataclass
class Findings:
    """What happened in one room."""

    answers: int = 0
    paused: int = 0
    stopped: int = 0
    tried: int = 0
    caught: int = 0
    right: int = 0
    pauses_ms: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    duplex: Counter[str] = field(default_factory=Counter)


class Session:
    """A session in a room."""

    def __init__(
        self, room: Room, recogniser: FasterWhisperTranscriber, voice: PiperSpeaker, model: ChatModel | None = None
    ) -> None:
        self._room = room
        first, confirming = detectors()
        if confirming is None:
            raise SystemExit("Silero is missing.")
        far_end = FarEnd(RATE_HZ)
        self.rig = Rig(
            full_duplex=True,
            voice=voice,
            model=model or Reader(),
            near_end=EchoFreeNearEnd(far_end, make_canceller("on")),
            far_end=far_end,
            detectors=(first, confirming),
            recogniser=recogniser,
        )

    def step(self, near: Pcm | None = None) -> None:
        """Twenty milliseconds."""
        rig = self.rig
        rig.microphone.hear(self._room.hear(rig.speaker.play(), near))
        rig.ledger_s += BLOCK_MS / 1000
        rig.settle()

    def until(self, kind: type, count: int) -> None:
        """Until so many events of a kind were told, or for `LONGEST_MS`."""
        for _ in range(LONGEST_MS // BLOCK_MS):
            if len(self.rig.told(kind)) >= count:
                return
            self.step()

    def ask(self, number: int) -> None:
        """A typed question; until its answer sounds."""
        rig = self.rig
        told = len(rig.told(events.Latency))
        rig.tell(Typed(text=f"Question {number}? (typed)"))
        self.until(events.Latency, told + 1)

    def answer_alone(self, number: int, findings: Findings) -> None:
        """An answer nobody talks into."""
        rig = self.rig
        paused, stopped, spoken = (
            len(rig.told(kind)) for kind in (events.AnswerPaused, events.Interrupted, events.Spoken)
        )
        self.ask(number)
        self.until(events.Spoken, spoken + 1)
        for _ in range(75):
            self.step()
        findings.answers += 1
        findings.paused += len(rig.told(events.AnswerPaused)) - paused
        findings.stopped += len(rig.told(events.Interrupted)) - stopped

    def talk_over(self, number: int, clip: Clip, findings: Findings) -> None:
        """An answer somebody talks into."""
        rig = self.rig
        self.ask(number)
        for _ in range(50 + 23 * (number % 7)):
            self.step()
        stopped, paused, heard = (
            len(rig.told(kind)) for kind in (events.Interrupted, events.AnswerPaused, events.Transcript)
        )
        findings.tried += 1
        paused_ms: float | None = None
        for at, block in enumerate(blocks(clip.pcm)):
            self.step(block)
            if paused_ms is None and len(rig.told(events.AnswerPaused)) > paused:
                paused_ms = (at + 1) * BLOCK_MS
        for _ in range(150):
            self.step()
        while rig.conductor.busy:
            self.step()
        if paused_ms is not None:
            findings.pauses_ms.append(paused_ms)
        finals = [each.text for each in rig.told(events.Transcript)[heard:] if each.final]
        words = " ".join(finals)
        if len(rig.told(events.Interrupted)) > stopped:
            findings.caught += 1
            if word_error_rate(clip.text, words) <= RIGHT:
                findings.right += 1
            else:
                findings.wrong.append(f"{clip.text} -> {words}")
        else:
            findings.wrong.append(f"{clip.text} -> not caught; paused {paused_ms}; {words}")


def room_of(text: str, seed: int) -> Room:
    """`MS:DB`, or `none` for headphones."""
    if text == "none":
        return Room(gain_db=-200, seed=seed)
    delay, _, gain = text.partition(":")
    return Room(delay_ms=float(delay), gain_db=float(gain), rt60_s=0.3, seed=seed)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--near", type=Path, help="folder of WAV files, each with its words in a .txt file beside it")
    parser.add_argument("--rooms", nargs="+", default=ROOMS, metavar="MS:DB", help="of the echo, or none")
    parser.add_argument("--answers", type=int, default=30)
    parser.add_argument("--trials", type=int, default=10)
    options = parser.parse_args()
    store = ModelStore.default()
    model = store.resolve("voice")
    voice = PiperSpeaker(model.path, name=model.name, threads=2)
    recogniser = FasterWhisperTranscriber(store.resolve("stt").path, name="stt", device="cpu", threads=1)
    if options.near is not None:
        clips = clips_of(options.near, voice)
    else:
        said = [(text, resample(spoken(voice, text), voice.rate_hz, RATE_HZ)) for text in SAID]
        clips = [Clip(text=text, pcm=at_level(trimmed(pcm), NEAR_DBFS)) for text, pcm in said]
    clean = [
        recogniser.transcribe(
            np.concatenate([c.pcm, silence(BLOCK_SAMPLES * 25)]), language="en", is_cancelled=lambda: False
        )
        for c in clips
    ]
    good = sum(word_error_rate(c.text, heard.text) <= RIGHT for c, heard in zip(clips, clean, strict=True))
    show(f"{len(clips)} things that are said, of which {good} are understood in silence.", "")
    show(
        "| echo | answers alone | paused | stopped | talked over | stopped | words right | pause after, ms |",
        "|---|---|---|---|---|---|---|---|",
    )
    wrong: list[str] = []
    for seed, name in enumerate(options.rooms):
        findings = Findings()
        session = Session(room_of(name, seed), recogniser, voice)
        with session.rig:
            for _ in range(100):
                session.step()
            for number in range(options.answers):
                session.answer_alone(number, findings)
            for number in range(options.trials):
                session.talk_over(number, clips[number % len(clips)], findings)
        show(
            f"| {name} | {findings.answers} | {findings.paused} | {findings.stopped} | {findings.tried} | {findings.caught} | "
            f"{findings.right} | {middle(findings.pauses_ms)} |"
        )
        wrong += [f"{name}: {each}" for each in findings.wrong]
    show("", *wrong)


if __name__ == "__main__":
    main()
