"""Provokes answers that begin too early: what does such a mistake cost?

    python scripts/measure_false_starts.py                     30 questions in two parts, with headphones
    python scripts/measure_false_starts.py --room 80:-6        with a loudspeaker
    python scripts/measure_false_starts.py --trials 6

A person says the first part of a question and stops until the answer sounds. Then, 100 to 600 ms into the answer, the person says the rest.
Measured are for how long both are heard at once, from the person's first sound to the last sample of the answer; whether the whole question is
answered, as one question, to its end; and whether the half answer comes back. Detectors, cancellers, recogniser, language model, voice, machine and
playout are real. Time is counted in samples, so that a busy machine changes nothing; the delays of a sound card are not in it.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from measure_echo import NEAR_DBFS, show, spoken, trimmed
from measure_rooms import Session, room_of
from rooms import at_level
from voicecli import events
from voicecli.audio.resample import resample
from voicecli.bench.measure import ENOUGH_WORDS
from voicecli.conversation_start import Clear
from voicecli.engines.faster_whisper import FasterWhisperTranscriber
from voicecli.engines.llama_cpp import LlamaChatModel
from voicecli.engines.piper import PiperSpeaker
from voicecli.models.store import ModelStore
from voicecli.pcm import BLOCK_MS, RATE_HZ, Pcm, blocks, blocks_of, ms_of, samples_of, silence

QUESTIONS: Final = (
    ("Tell me something about Italy.", "And then about Greece."),
    ("I would like to know,", "what bears do in the winter."),
    ("If it rains tomorrow,", "what could I do with my children?"),
    ("When I boil an egg,", "how long should it stay in the water?"),
    ("My friend gave me a plant,", "how often should I water it?"),
    ("Before I go to sleep,", "should I drink coffee or milk?"),
    ("I have apples and oranges.", "Which of them is better for a cake?"),
    ("Please explain to me,", "why the sea is salty."),
    ("My garden is very small.", "Which vegetables should I grow?"),
    ("Cats like fish.", "But why do they hate water?"),
    ("How does a bicycle work?", "I mean the brakes."),
    ("What can I see in London?", "I only have one day."),
    ("Can you help me with a recipe?", "It should be without meat."),
    ("Tell me a story.", "It should be about a dragon."),
    ("What is a good name for a dog?", "He is black and very small."),
    ("Why do leaves turn red in autumn?", "And why do some stay green?"),
    ("How do people build a house?", "And how much does it cost?"),
    ("I want to learn a language.", "How should I begin?"),
    ("We are going to the mountains.", "What should we take with us?"),
    ("My computer is slow.", "What can I do about it?"),
    ("How do birds find their way?", "Do they look at the stars?"),
    ("Describe a day at the beach.", "But in the winter."),
    ("What should I cook tonight?", "I have rice and tomatoes."),
    ("Tell me about the moon.", "How far away is it?"),
    ("I cannot sleep at night.", "What would you do?"),
    ("What do horses eat?", "And what do cows eat?"),
    ("I am writing a letter to my aunt.", "How should I end it?"),
    ("Explain to me how plants grow.", "But in simple words."),
    ("Which sport is healthy?", "My knee is not very good."),
    ("What is the weather like in Norway?", "I want to go there in May."),
)
FROM_MS, TO_MS = 100, 600
"""How far into the answer the person goes on."""

PAUSE_BLOCKS: Final = blocks_of(1500)
AIM_OVERLAP_MS: Final = 150.0
"""The most that the median may be."""

ENOUGH_MS: Final = 1000.0
"""How much sound has to be ready for an answer before time goes on without its model and its voice."""

STUCK_S: Final = 60.0
"""A bound on waiting for the threads; reached only after a fault."""

LONGEST_BLOCKS: Final = blocks_of(40_000)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a false start cost.

    Attributes:
        question: Both parts.
        after_ms: How far into the answer the person went on.
        overlap_ms: For how long both were heard; None if the answer was over by then.
        told_ms: The same as the program tells it.
        whole: Whether the whole question was answered, as one, to its end.
        came_back: Whether the half answer went on.
        asked: What the model was asked in the end.
    """

    question: str
    after_ms: float
    overlap_ms: float | None
    told_ms: float
    whole: bool
    came_back: bool
    asked: str


class Conversation(Session):
    """A session that keeps what was played."""

    newest: Pcm = silence(0)
    """The newest block."""

    def step(self, near: Pcm | None = None) -> None:
        """Twenty milliseconds."""
        self.newest = self.rig.speaker.play()
        self.rig.microphone.hear(self._room.hear(self.newest, near))
        self.rig.ledger_s += BLOCK_MS / 1000
        self._settle()

    def _settle(self) -> None:
        """Waits until all threads are idle, or the model and the voice only wait because enough sound is ready."""
        deadline_s = time.monotonic() + STUCK_S
        while not self._at_rest():
            if time.monotonic() > deadline_s:
                raise SystemExit(f"The session does not come to rest: {self.rig.graph.stats()}")
            time.sleep(0.0005)

    def _at_rest(self) -> bool:
        rig = self.rig
        exchange = rig.conductor._state.exchange  # noqa: SLF001 - to see how much of its sound is ready
        ready = exchange is not None and rig.playout.buffered_ms(exchange.turn) >= ENOUGH_MS
        return all(
            stats.length == 0 and stats.waiting > 0
            for stats in rig.graph.stats()
            if not (ready and stats.name in {"prompts", "chunks"})
        )

    def say(self, sound: Pcm) -> Pcm:
        """The person says something; returns what was played meanwhile."""
        played = []
        for block in blocks(sound):
            self.step(block)
            played.append(self.newest)
        return np.concatenate(played)

    def rest(self) -> None:
        """Until nothing goes on any more."""
        quiet = 0
        for _ in range(LONGEST_BLOCKS):
            self.step()
            quiet = 0 if self.rig.conductor.busy else quiet + 1
            if quiet > PAUSE_BLOCKS // 2:
                return

    def provoke(self, first: tuple[str, Pcm], rest: tuple[str, Pcm], after_ms: float) -> Outcome | None:
        """Asks in two parts; None if no answer came after the first."""
        rig = self.rig
        rig.tell(Clear())
        told = len(rig.events)
        self.say(first[1])
        for _ in range(LONGEST_BLOCKS):
            self.step()
            if self.newest.any():
                break
        else:
            return None
        began = int(np.flatnonzero(self.newest)[0])
        lead = silence(max(0, samples_of(after_ms) - (len(self.newest) - began)))
        played = self.say(np.concatenate([lead, rest[1]]))[len(lead) :]
        sounding = played.any()
        overlap_ms = ms_of(int(np.flatnonzero(played)[-1]) + 1) if sounding else 0.0
        self.rest()
        since = rig.events[told:]
        cut = [each for each in since if isinstance(each, events.Interrupted)]
        answers = [each for each in since if isinstance(each, events.Spoken)]
        over = bool(answers) and not answers[0].cut
        asked = [message.content for message in rig.history.messages if message.role == "user"]
        whole = len(asked) == 1 and all(holds(asked[0], part) for part in (first[0], rest[0]))
        return Outcome(
            question=f"{first[0]} {rest[0]}",
            after_ms=after_ms,
            overlap_ms=None if over else overlap_ms,
            told_ms=cut[0].overlap_ms if cut else 0.0,
            whole=whole and bool(answers) and not answers[-1].cut,
            came_back=any(isinstance(each, events.AnswerResumed) for each in since),
            asked=" | ".join(asked),
        )


def holds(text: str, part: str) -> bool:
    """Whether most words of a part are in what was understood."""
    wanted, given = (re.findall(r"\w+", each.casefold()) for each in (part, text))
    return sum(word in given for word in wanted) >= ENOUGH_WORDS * len(wanted)


def parts(own: PiperSpeaker) -> Iterator[tuple[tuple[str, Pcm], tuple[str, Pcm]]]:
    """The questions as a person says them: by hibari's voice where it is installed, else by the assistant's own."""
    package = importlib.util.find_spec("hibari")
    if package is not None and package.origin is not None:
        from voicecli.engines.hibari import HibariSpeaker

        person = HibariSpeaker(Path(package.origin).parent / "assets", name="hibari", threads=1)
        rate_hz = person.rate_hz

        def say(text: str) -> Pcm:
            return np.concatenate(list(person.speak(text, is_cancelled=lambda: False)))
    else:
        rate_hz = own.rate_hz

        def say(text: str) -> Pcm:
            return spoken(own, text)

    def clip(text: str) -> tuple[str, Pcm]:
        return text, at_level(trimmed(resample(say(text), rate_hz, RATE_HZ)), NEAR_DBFS)

    for first, rest in QUESTIONS:
        yield clip(first), clip(rest)


def report(outcomes: Sequence[Outcome]) -> None:
    """Prints what the mistakes cost."""
    show(
        "| question | goes on after | both heard, ms | told | whole | half answer went on |",
        "|---|---|---|---|---|---|",
    )
    for each in outcomes:
        heard = "the answer was over" if each.overlap_ms is None else f"{each.overlap_ms:.0f}"
        show(
            f"| {each.question} | {each.after_ms:.0f} | {heard} | {each.told_ms:.0f} | "
            f"{'yes' if each.whole else 'no: ' + each.asked} | {'yes' if each.came_back else 'no'} |"
        )
    known = sorted(each.overlap_ms for each in outcomes if each.overlap_ms is not None)
    if not known:
        return
    at_95 = known[min(len(known) - 1, round(0.95 * (len(known) - 1)))]
    whole, back = sum(each.whole for each in outcomes), sum(each.came_back for each in outcomes)
    show(
        "",
        f"{len(outcomes)} false starts: both heard for {statistics.median(known):.0f} ms (median), {at_95:.0f} (95 %), {known[-1]:.0f} (most); "
        f"aim {AIM_OVERLAP_MS:.0f}. Whole question answered: {whole} of {len(outcomes)}. Half answer went on: {back}.",
    )


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=len(QUESTIONS))
    parser.add_argument("--room", default="none", metavar="MS:DB", help="of the echo, or none for headphones")
    options = parser.parse_args()
    store = ModelStore.default()
    chosen = store.resolve("voice")
    voice = PiperSpeaker(chosen.path, name=chosen.name, threads=2)
    recogniser = FasterWhisperTranscriber(store.resolve("stt").path, name="stt", device="cpu", threads=2)
    llm = store.resolve("llm")
    model = LlamaChatModel(llm.path, name=llm.name, device="cpu", threads=2, context_tokens=2048)
    session = Conversation(room_of(options.room, 0), recogniser, voice, model)
    outcomes = []
    with session.rig:
        for _ in range(blocks_of(2000)):
            session.step()
        for number, (first, rest) in enumerate(list(parts(voice))[: options.trials]):
            after_ms = FROM_MS + (TO_MS - FROM_MS) * (number * 7 % 30) / 29
            if (outcome := session.provoke(first, rest, after_ms)) is not None:
                outcomes.append(outcome)
            print(f"\r{number + 1}", end="", file=sys.stderr)
    print("\r", end="", file=sys.stderr)
    report(outcomes)


if __name__ == "__main__":
    main()
