"""Measures echo cancellation and interruptions in simulated rooms, and prints tables.

    python scripts/measure_echo.py [--near FOLDER] [--delays MS ...] [--gains DB ...] [--answers N]

The answers are spoken by the installed voice. The person who talks into them comes from --near: WAV files, each with its words in a .txt file of
the same name beside it; without --near it is the same voice with a higher pitch. Texts that are no more than "uh-huh" are counted
as backchannels, all others as interruptions. The loop is closed: on suspicion the answer pauses, and so does its echo.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from rooms import Room, at_level
from voicecli.audio.echo_canceller import Aec3, DualEchoCanceller, LinearCanceller, make_canceller
from voicecli.audio.echo_convergence import Convergence
from voicecli.audio.far_end import FarEnd
from voicecli.audio.resample import resample
from voicecli.audio.sound_files import read_wav
from voicecli.engines.faster_whisper import FasterWhisperTranscriber
from voicecli.engines.piper import PiperSpeaker
from voicecli.engines.silero_vad import SileroVad
from voicecli.models.store import default_root
from voicecli.pcm import BLOCK_MS, BLOCK_SAMPLES, RATE_HZ, Pcm, blocks, blocks_of, silence
from voicecli.speech.barge_in_detector import Interruption, InterruptionJudge, is_backchannel
from voicecli.speech.level import dbfs

ANSWERS = (
    "The old lighthouse stands on a hill near the sea, and every evening its lamp is lit by hand.",
    "People who live in the valley say that it has never gone out, not even in the great storm.",
    "If you walk up there in summer you can see fishing boats coming home, and sometimes a seal asleep on the rocks below.",
    "The keeper, who is well over seventy now, knows all of their names and waves to each of them.",
    "He told me once that he has read every book in the village library, and that he likes the ones about the moon best.",
)
INTERRUPTIONS = (
    "Wait a second, I have another question for you.",
    "Stop please, that is enough.",
    "Hold on, what did you say about the weather?",
    "Actually, can you tell me something else?",
    "That is not what I asked.",
    "Stop!",
    "Wait.",
    "Okay.",
    "Yeah.",
    "I see.",
)
PITCH = 1.25
"""How much higher the person speaks than the answer, where both are the same voice."""

FAR_DBFS = -20.0
NEAR_DBFS = -26.0
PREROLL_BLOCKS = blocks_of(400)
GAP_BLOCKS = blocks_of(1500)


@dataclass(frozen=True, kw_only=True)
class Clip:
    """Something that a person says."""

    text: str
    pcm: Pcm

    @property
    def is_backchannel(self) -> bool:
        """Whether it only shows that somebody listens."""
        return is_backchannel(self.text)


@dataclass(kw_only=True)
class Played:
    """The answers: at the speaker's rate for the far end, at 16 kHz for the room; one after the other, block by block, for ever."""

    rate_hz: int
    sound: Pcm
    at: int = 0

    def __post_init__(self) -> None:
        self.heard = resample(self.sound, self.rate_hz, RATE_HZ)

    def next(self) -> tuple[Pcm, Pcm]:
        """The next block, as the speaker and as the room gets it."""
        step = self.rate_hz * BLOCK_MS // 1000
        at = self.at % (min(len(self.sound) // step, len(self.heard) // BLOCK_SAMPLES))
        self.at += 1
        return (
            self.sound[at * step : (at + 1) * step],
            self.heard[at * BLOCK_SAMPLES : (at + 1) * BLOCK_SAMPLES],
        )


class Loop:
    """Speaker, room, microphone, cancellers and detector, one block at a time."""

    def __init__(self, room: Room, answers: Played) -> None:
        self.room = room
        self.answers = answers
        self.far_end = FarEnd(answers.rate_hz)
        self.canceller = make_canceller("on")
        self.silero = SileroVad()
        self.convergence = Convergence()
        self.near: list[Pcm] = []
        self.decide: list[Pcm] = []
        self.transcribe: list[Pcm] = []

    def step(self, *, playing: bool, speech: Pcm | None = None) -> float:
        """Twenty milliseconds; gives Silero's probability on the signal that decides."""
        quiet = silence(self.answers.rate_hz * BLOCK_MS // 1000), silence(BLOCK_SAMPLES)
        handed_out, sounding = self.answers.next() if playing else quiet
        at = len(self.near) * BLOCK_SAMPLES
        self.far_end.tap(handed_out)
        near = self.room.hear(sounding, speech)
        self.far_end.arrived(at)
        far = self.far_end.take(at)
        cleaned = self.canceller.process(near, far)
        probability = self.silero.score(cleaned.decide)
        self.convergence.step(near, far, cleaned.decide, near_speech=probability > 0.5)  # noqa: PLR2004 - Silero's middle
        self.near.append(near)
        self.decide.append(cleaned.decide)
        self.transcribe.append(cleaned.transcribe)
        return probability


def erle_db(before: Sequence[Pcm], after: Sequence[Pcm]) -> float:
    """Level before over level after."""
    return dbfs(np.concatenate(before)) - dbfs(np.concatenate(after)) if before else float("nan")


def echo_only(room: Room, answers: Played, count: int) -> str:
    """`count` answers that nobody talks into; a row of a table."""
    loop = Loop(room, answers)
    judge = InterruptionJudge()
    length = len(answers.heard) // BLOCK_SAMPLES // len(ANSWERS)
    probabilities: list[float] = []
    sounding: list[int] = []
    suspected = brief = confirmed = 0
    for _ in range(count):
        judge.reset()
        before = Interruption.QUIET
        for _ in range(length):
            sounding.append(len(loop.near))
            probabilities.append(loop.step(playing=True))
            verdict = judge.step(probabilities[-1])
            suspected += verdict is Interruption.SUSPECTED and before is not verdict
            brief += verdict is Interruption.BRIEF
            confirmed += verdict is Interruption.CONFIRMED and before is not verdict
            before = verdict
        for _ in range(GAP_BLOCKS):
            loop.step(playing=False)
    first, late, later = (
        sounding[: blocks_of(1000)],
        sounding[blocks_of(2000) : blocks_of(20_000)],
        sounding[blocks_of(20_000) :],
    )

    def gain(chosen: list[int], cleaned: list[Pcm]) -> float:
        return erle_db([loop.near[at] for at in chosen], [cleaned[at] for at in chosen])

    share = 100 * float(np.mean(np.array(probabilities) > 0.5))  # noqa: PLR2004 - Silero's middle
    figure = loop.convergence.erle_db
    return (
        f"{gain(first, loop.decide):.0f} / {gain(late, loop.decide):.0f} / {gain(later, loop.decide):.0f} | "
        f"{gain(first, loop.transcribe):.0f} / {gain(late, loop.transcribe):.0f} / {gain(later, loop.transcribe):.0f} | "
        f"{max(probabilities):.2f}, {share:.2f} % | {suspected} | {brief} | {confirmed} | "
        f"{loop.convergence.verdict.value}, {'-' if figure is None else f'{figure:.0f}'}"
    )


@dataclass(kw_only=True)
class Outcomes:
    """What became of the clips of one kind."""

    verdicts: Counter[str] = field(default_factory=Counter)
    paused_ms: list[float] = field(default_factory=list)
    confirmed_ms: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    words: int = 0


def interruptions(
    room: Room, answers: Played, clips: Sequence[Clip], base: FasterWhisperTranscriber
) -> dict[bool, Outcomes]:
    """Every clip said once into a running answer; by whether it is a backchannel."""
    loop = Loop(room, answers)
    outcomes = {False: Outcomes(), True: Outcomes()}
    for _ in range(blocks_of(4000)):
        loop.step(playing=True)
    for number, clip in enumerate(clips):
        for _ in range(blocks_of(2000 + 170 * (number % 7))):
            loop.step(playing=True)
        _one(loop, clip, outcomes[clip.is_backchannel], base)
    return outcomes


def _one(loop: Loop, clip: Clip, outcome: Outcomes, base: FasterWhisperTranscriber) -> None:
    judge = InterruptionJudge()
    began = len(loop.near)
    said = [*blocks(clip.pcm), *[None] * blocks_of(1000)]
    verdict, ended = Interruption.QUIET, "unheard"
    paused_at: int | None = None
    for speech in said:
        playing = verdict is Interruption.QUIET and ended in {"unheard", "goes on"}
        verdict = judge.step(loop.step(playing=playing, speech=speech))
        now = len(loop.near)
        match verdict:
            case Interruption.SUSPECTED if paused_at is None:
                paused_at = now
                outcome.paused_ms.append((now - began) * BLOCK_MS)
            case Interruption.CONFIRMED if ended != "stopped":
                ended = "stopped"
                outcome.confirmed_ms.append((now - began) * BLOCK_MS)
            case Interruption.BRIEF:
                heard = _written(base, loop.transcribe[now - judge_span(judge, now) : now])
                ended = "goes on" if is_backchannel(heard) else "stopped by its words"
                if ended != "goes on":
                    break
            case Interruption.DISMISSED if ended == "unheard":
                ended = "goes on"
            case _:
                pass
    while len(loop.near) < began + len(said):
        at = len(loop.near) - began
        loop.step(playing=False, speech=said[at])
    outcome.verdicts[ended] += 1
    if clip.is_backchannel or paused_at is None:
        return
    outcome.words += len(_words(clip.text))
    stretch = slice(max(0, paused_at - PREROLL_BLOCKS), began + len(said) - blocks_of(500))
    outcome.errors["clean"] += _distance(_words(clip.text), _words(_written(base, [clip.pcm, silence(RATE_HZ // 2)])))
    for name, signal in (("raw", loop.near), ("decide", loop.decide), ("transcribe", loop.transcribe)):
        outcome.errors[name] += _distance(_words(clip.text), _words(_written(base, signal[stretch])))


def judge_span(judge: InterruptionJudge, now: int) -> int:
    """How many blocks belong to what was just said."""
    return min(now, judge.suspected_blocks + PREROLL_BLOCKS)


def _written(base: FasterWhisperTranscriber, sound: Sequence[Pcm]) -> str:
    return base.transcribe(np.concatenate(sound), language="en", is_cancelled=lambda: False).text


def _words(text: str) -> list[str]:
    return "".join(c if c.isalnum() or c == "'" else " " for c in text.lower()).split()


def _distance(said: Sequence[str], heard: Sequence[str]) -> int:
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, start=1):
        corner, row[0] = row[0], i
        for j, other in enumerate(heard, start=1):
            corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (word != other))
    return row[-1]


def cpu() -> Iterator[str]:
    """Rows of microseconds of processor time for a block of 20 ms, the median of many."""
    random = np.random.default_rng(0)
    near, far = (random.integers(-8000, 8000, BLOCK_SAMPLES).astype(np.int16) for _ in range(2))
    quiet = silence(BLOCK_SAMPLES)
    aec3, linear, idle, convergence, silero = (
        Aec3(),
        LinearCanceller(),
        DualEchoCanceller(Aec3(), LinearCanceller()),
        Convergence(),
        SileroVad(),
    )
    far_end = FarEnd(22_050)
    card = random.integers(-8000, 8000, 441).astype(np.int16)
    ticks = iter(range(1_000_000))

    def paired() -> None:
        far_end.tap(card)
        far_end.take(next(ticks) * BLOCK_SAMPLES)

    tapped = FarEnd(22_050)
    judge = InterruptionJudge()
    raw = aec3._canceller  # noqa: SLF001 - to show what it is saved from
    for name, work in (
        ("the speaker's thread: `FarEnd.tap`", lambda: tapped.tap(card)),
        ("`FarEnd.take`, from 22.05 kHz", paired),
        ("AEC3", lambda: aec3.cancel(near, far)),
        ("AEC3, far end silent, dithered", lambda: aec3.cancel(near, quiet)),
        ("AEC3, far end silent, not dithered", lambda: raw.process(near, quiet)),
        ("linear canceller", lambda: linear.cancel(near, far)),
        ("both, bypassed", lambda: idle.process(near, quiet)),
        ("`Convergence.step`", lambda: convergence.step(near, far, near, near_speech=False)),
        ("`InterruptionJudge.step`", lambda: judge.step(0.1)),
        ("Silero", lambda: silero.score(near)),
    ):
        for _ in range(50):
            work()
        times = []
        for _ in range(500):
            began_ns = time.thread_time_ns()
            work()
            times.append((time.thread_time_ns() - began_ns) / 1000)
        yield f"| {name} | {statistics.median(times):.0f} |"


def spoken(voice: PiperSpeaker, text: str) -> Pcm:
    """`text` by the voice, at its own rate."""
    return np.concatenate(list(voice.speak(text, is_cancelled=lambda: False)))


def trimmed(pcm: Pcm) -> Pcm:
    """Without silence in front and behind: what is measured begins with the first sound."""
    loud = np.flatnonzero(np.abs(pcm.astype(int)) > 0.02 * np.abs(pcm.astype(int)).max())
    return pcm[loud[0] : loud[-1] + 1]


def clips_of(folder: Path | None, voice: PiperSpeaker) -> list[Clip]:
    """What people say into the answers."""
    if folder is None:
        higher = round(voice.rate_hz * PITCH)
        said = [(text, resample(spoken(voice, text), higher, RATE_HZ)) for text in INTERRUPTIONS]
    else:
        said = [
            (path.with_suffix(".txt").read_text(encoding="utf-8").strip(), read_wav(path)[0])
            for path in sorted(folder.glob("*.wav"))
        ]
    return [Clip(text=text, pcm=at_level(trimmed(pcm), NEAR_DBFS)) for text, pcm in said]


def middle(values: Sequence[float]) -> str:
    """Median and longest."""
    return f"{statistics.median(values):.0f} (most {max(values):.0f})" if values else "-"


def show(*lines: str) -> None:
    """Prints at once: a table takes minutes."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--near", type=Path, help="folder of WAV files, each with its words in a .txt file beside it")
    parser.add_argument("--delays", type=int, nargs="+", default=[20, 80, 120, 200, 300], help="of the echo, ms")
    parser.add_argument("--gains", type=int, nargs="+", default=[-6, -12, -20], help="of the echo, dB")
    parser.add_argument("--answers", type=int, default=30)
    parser.add_argument("--part", choices=["all", "cpu", "echo", "interruptions"], default="all")
    args = parser.parse_args()
    if args.part in {"all", "cpu"}:
        show("| for 20 ms | µs |", "|---|---|", *cpu(), "")
    if args.part == "cpu":
        return
    models = default_root()
    voice = PiperSpeaker(models / "voice" / "en_US-joe-medium", name="joe", threads=2)
    rooms = [(delay, gain) for delay in args.delays for gain in args.gains]
    sounds = [at_level(spoken(voice, text), FAR_DBFS) for text in ANSWERS]
    step = voice.rate_hz * BLOCK_MS // 1000
    sound = np.concatenate(sounds)
    sound = sound[: len(sound) // (step * len(ANSWERS)) * step * len(ANSWERS)]
    if args.part in {"all", "echo"}:
        show(
            f"{args.answers} answers, nobody speaks. ERLE in the first second / to 20 s / after that.",
            "",
            "| echo | ERLE decide, dB | ERLE transcribe, dB | Silero max, share > 0.5 | pauses | brief | stops | Convergence |",
            "|---|---|---|---|---|---|---|---|",
        )
        for delay, gain in rooms:
            answers = Played(rate_hz=voice.rate_hz, sound=sound)
            show(f"| {delay} ms, {gain} dB | {echo_only(Room(delay_ms=delay, gain_db=gain), answers, args.answers)} |")
        show("")
    if args.part in {"all", "interruptions"}:
        clips = clips_of(args.near, voice)
        base = FasterWhisperTranscriber(models / "stt" / "whisper-base", name="base", device="cpu", threads=2)
        show(
            f"{sum(not clip.is_backchannel for clip in clips)} interruptions, {sum(clip.is_backchannel for clip in clips)} backchannels.",
            "",
            "| echo | answer pauses, ms | stops, ms | interruptions | WER clean, raw, decide, transcribe | backchannels |",
            "|---|---|---|---|---|---|",
        )
        for delay, gain in rooms:
            answers = Played(rate_hz=voice.rate_hz, sound=sound)
            outcomes = interruptions(Room(delay_ms=delay, gain_db=gain), answers, clips, base)
            real, back = outcomes[False], outcomes[True]
            rates = ", ".join(
                f"{100 * real.errors[name] / max(1, real.words):.0f}"
                for name in ("clean", "raw", "decide", "transcribe")
            )
            show(
                f"| {delay} ms, {gain} dB | {middle(real.paused_ms)} | {middle(real.confirmed_ms)} | "
                f"{_counted(real.verdicts)} | {rates} % | {_counted(back.verdicts)} |"
            )


def _counted(verdicts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in verdicts.most_common())


if __name__ == "__main__":
    main()
