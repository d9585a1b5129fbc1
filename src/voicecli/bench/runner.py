"""Runs the benchmark: blocks of questions, put alternately to voicecli and to the naive pipeline.

A machine that slows down (heat, other work) slows both, and their order changes from block to block. voicecli is measured as a whole:
`voicecli chat` runs in its own process, with files as microphone and speaker. Only this shows what a user would notice: contention for the
interpreter's lock, a thread that wakes up late, a queue between two stages.
"""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias, Unpack

from voicecli.audio.sound_files import read_audio
from voicecli.bench import machine_info, measure, process
from voicecli.bench.machine_info import Machine
from voicecli.bench.measure import Turn
from voicecli.bench.naive import NaiveTurn
from voicecli.bench.process import Ran
from voicecli.bench.processor_time import busy_loops
from voicecli.bench.questions import PERSONA, Question
from voicecli.bench.records import JobInput, Record, SpokenQuestion
from voicecli.config.documents import build
from voicecli.config.rules import Value
from voicecli.errors import ProgramFailed
from voicecli.pcm import Pcm

BLOCK = 5
"""Questions per block. Few enough that both pipelines run under the same conditions, and enough that loading models does not dominate the time."""

ALONE = 5
"""The number of questions with which each engine is timed alone. Real-time factors hardly vary."""

FLAGS = {
    "models.stt": "--stt",
    "models.llm": "--llm",
    "models.llm_url": "--llm-url",
    "models.stt_url": "--stt-url",
    "models.tts_url": "--tts-url",
    "models.voice": "--voice",
    "models.device": "--device",
    "chat.language": "--language",
}
"""Settings that are passed on, and the flag of `chat` for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to measure.

    Attributes:
        questions: Finished questions.
        paused: Questions with a pause inside.
        talked_over: Questions of two clauses, the second spoken during the answer to the first.
        naive: Whether to measure the naive pipeline too.
        flags: Settings by name, as in `FLAGS`; None if one was not given.
        traced: Whether to keep when each stage waited and worked.
        busy_loops: How many programs that compute without end run beside it.
    """

    questions: Sequence[Question]
    paused: Sequence[Question]
    talked_over: Sequence[Question]
    naive: bool
    flags: Mapping[str, Value | None]
    traced: bool = False
    busy_loops: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """Each engine alone. The real-time factor is seconds of work per second of sound.

    Attributes:
        stt_rtf: The real-time factor of the recogniser.
        tts_rtf: The real-time factor of the voice.
        tokens_per_s: The speed of the language model while it writes. Reading the prompt is not included.
    """

    stt_rtf: float
    tts_rtf: float
    tokens_per_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All measurements.

    Attributes:
        machine: The machine.
        load_before: Load average before anything was started; None if the system does not report it.
        load_after: Load average at the end, which includes the benchmark itself.
        models: Maps a kind to the name of its model.
        devices: Maps a kind to `cpu` or `cuda`.
        turns: Turns of the finished questions.
        paused: Turns of the questions with a pause inside.
        naive: Turns of the finished questions with the naive pipeline; empty if it was left out.
        engines: Each engine alone.
        peak_bytes: Peak resident memory of `chat`; None if the system does not report it.
        naive_peak_bytes: Peak resident memory of the naive pipeline.
        barge_in_stop_ms: Time from the first voiced sample of a person who talks over an answer to the last audible sample of that answer, one
            value per barge-in during an audible answer. Empty if this was not measured.
        talked_over: The number of attempts to talk over an answer.
        conversations: The events of every conversation, if they were traced.
        processor_ms: Processor time of `chat` for each of the finished questions, in ms, on average; None if the system does not report it.
        busy_loops: How many programs that compute without end ran beside it.
    """

    machine: Machine
    load_before: float | None
    load_after: float | None
    models: Mapping[str, str]
    devices: Mapping[str, str]
    turns: tuple[Turn, ...]
    paused: tuple[Turn, ...]
    naive: tuple[NaiveTurn, ...]
    engines: Engines
    peak_bytes: int | None
    naive_peak_bytes: int | None
    barge_in_stop_ms: tuple[float, ...] = ()
    talked_over: int = 0
    conversations: tuple[Sequence[Record], ...] = ()
    processor_ms: float | None = None
    busy_loops: int = 0


class Progress(Protocol):
    """Receives the progress of the benchmark."""

    def begin(self, steps: int) -> None:
        """Called when it begins, with the number of steps."""
        ...

    def doing(self, what: str) -> None:
        """Called when it starts something else, with a few words about it."""
        ...

    def step(self) -> None:
        """Called when a step is done."""
        ...


RunProcess: TypeAlias = Callable[..., Ran]
"""`process.run`, or a replacement for it."""


def run(plan: Plan, progress: Progress, run_process: RunProcess = process.run) -> Findings:
    """Runs the benchmark.

    Raises:
        VoiceCliError: A measured program failed.
    """
    bench = _Bench(plan, progress, run_process)
    load_before = machine_info.load_average()
    progress.begin(bench.steps)
    bench.speak()
    with busy_loops(plan.busy_loops):
        for number, block in enumerate(_blocks(plan.questions)):
            bench.both(block, ours_first=number % 2 == 0)
        spent_ms = [each for each in bench.processor_ms if each is not None]
        for block in _blocks(plan.paused):
            bench.paused += bench.chat(block, "questions with a pause")
        for block in _blocks(plan.talked_over):
            bench.talk_over(block)
        engines = bench.engines()
    return Findings(
        machine=machine_info.describe(),
        load_before=load_before,
        load_after=machine_info.load_average(),
        models=bench.models,
        devices=bench.devices,
        turns=tuple(bench.turns),
        paused=tuple(bench.paused),
        naive=tuple(bench.naive_turns),
        engines=engines,
        peak_bytes=max(bench.peaks, default=None),
        naive_peak_bytes=max(bench.naive_peaks, default=None),
        barge_in_stop_ms=tuple(bench.stops_ms),
        talked_over=len(plan.talked_over),
        conversations=tuple(bench.conversations),
        processor_ms=sum(spent_ms) / len(plan.questions) if spent_ms and plan.questions else None,
        busy_loops=plan.busy_loops,
    )


def _blocks(questions: Sequence[Question]) -> list[Sequence[Question]]:
    return [questions[start : start + BLOCK] for start in range(0, len(questions), BLOCK)]


class _Bench:
    """One run of the benchmark, with the measurements so far."""

    def __init__(self, plan: Plan, progress: Progress, run_process: RunProcess) -> None:
        self._plan = plan
        self._progress = progress
        self._run = run_process
        self._unspoken = [
            each
            for each in (*plan.questions, *plan.paused, *plan.talked_over)
            if each.clauses and not each.path.exists()
        ]
        self._alone = plan.questions[:ALONE]
        self.turns: list[Turn] = []
        self.paused: list[Turn] = []
        self.naive_turns: list[NaiveTurn] = []
        self.stops_ms: list[float] = []
        self.models: dict[str, str] = {}
        self.devices: dict[str, str] = {}
        self.peaks: list[int] = []
        self.naive_peaks: list[int] = []
        self.conversations: list[Sequence[Record]] = []
        self.processor_ms: list[float | None] = []

    @property
    def steps(self) -> int:
        """The total number of steps."""
        sides = 2 if self._plan.naive else 1
        plan = self._plan
        asked = sides * len(plan.questions) + len(plan.paused) + len(plan.talked_over)
        return len(self._unspoken) + asked + len(self._alone)

    def speak(self) -> None:
        """Speaks the questions that are missing in the cache."""
        if self._unspoken:
            self._progress.doing("speaking the questions")
            questions: list[SpokenQuestion] = [
                {"path": str(each.path), "clauses": list(each.clauses), "pause_ms": each.pause_ms}
                for each in self._unspoken
            ]
            self._work("speak", "spoken", questions=questions)

    def both(self, block: Sequence[Question], *, ours_first: bool) -> None:
        """Puts a block of questions to both pipelines."""
        if not self._plan.naive:
            self.turns += self.chat(block, "voicecli chat")
        elif ours_first:
            self.turns += self.chat(block, "voicecli chat")
            self._naive(block)
        else:
            self._naive(block)
            self.turns += self.chat(block, "voicecli chat")

    def chat(self, block: Sequence[Question], doing: str) -> list[Turn]:
        """Puts a block of questions to `voicecli chat`, as one conversation."""
        return measure.turns(block, *self._conversation(block, doing))

    def talk_over(self, block: Sequence[Question]) -> None:
        """Asks a block of questions, and talks over the answers."""
        stops_ms = measure.stops_ms(block, *self._conversation(block, "talking over answers"))
        self.stops_ms += [each for each in stops_ms if each is not None]

    def _conversation(self, block: Sequence[Question], doing: str) -> tuple[list[Pcm], Sequence[Record], Pcm]:
        """Runs `voicecli chat` with a block of questions. Returns the sound of the microphone, the events, and the sound of the speaker."""
        self._progress.doing(doing)

        def on_record(record: Record) -> None:
            # A file begins when the previous one is answered.
            if (record["event"] == "file_started" and record["number"] > 1) or record["event"] == "bye":
                self._progress.step()

        with tempfile.TemporaryDirectory(prefix="voicecli-bench-") as folder:
            speaker = Path(folder) / "speaker.wav"
            arguments = ["voicecli", "chat", "--json", "--no-save", "--persona", PERSONA, "--speaker", str(speaker)]
            for question in block:
                arguments += ["--mic", str(question.path)]
            for name, flag in FLAGS.items():
                value = self._plan.flags.get(name)
                if value is not None:
                    arguments += [flag, str(value)]
            traced = {"environ": {"VOICECLI_LOG_STAGES": "true"}} if self._plan.traced else {}
            ran = self._run(arguments, on_record=on_record, **traced)
            heard = read_audio(speaker)[0]
        ready = next((record for record in ran.records if record["event"] == "ready"), None)
        if ready is None:
            raise ProgramFailed("voicecli chat ended before it was ready.", "voicecli doctor")
        self.models, self.devices = ready["models"], ready["device"]
        if ran.peak_bytes is not None:
            self.peaks.append(ran.peak_bytes)
        self.processor_ms.append(None if ran.processor_s is None else ran.processor_s * 1000)
        if self._plan.traced:
            self.conversations.append(ran.records)
        return [read_audio(question.path)[0] for question in block], ran.records, heard

    def engines(self) -> Engines:
        """Times each engine alone."""
        self._progress.doing("each engine alone")
        turns = self._work("engines", "turn", files=[str(question.path) for question in self._alone]).records
        answer_s, write_s = sum(turn["answer_s"] for turn in turns), sum(turn["write_s"] for turn in turns)
        return Engines(
            stt_rtf=sum(turn["stt_s"] for turn in turns) / sum(turn["question_s"] for turn in turns),
            tts_rtf=sum(turn["tts_s"] for turn in turns) / answer_s if answer_s else 0.0,
            tokens_per_s=sum(turn["tokens"] for turn in turns) / write_s if write_s else 0.0,
        )

    def _naive(self, block: Sequence[Question]) -> None:
        self._progress.doing("naive pipeline")
        ran = self._work("naive", "turn", files=[str(question.path) for question in block])
        if ran.peak_bytes is not None:
            self.naive_peaks.append(ran.peak_bytes)
        names = {field.name for field in dataclasses.fields(NaiveTurn)}
        for record in ran.records:
            self.naive_turns.append(build(NaiveTurn, {key: each for key, each in record.items() if key in names}))

    def _work(self, job: str, event: str, **what: Unpack[JobInput]) -> Ran:
        """Runs a job in a worker process. Each record called `event` is a step."""

        def on_record(record: Record) -> None:
            if record["event"] == event:
                self._progress.step()

        order = json.dumps({"job": job, "flags": dict(self._plan.flags), **what})
        ran = self._run(["voicecli.bench.worker"], stdin=order, on_record=on_record)
        return dataclasses.replace(ran, records=tuple(each for each in ran.records if each["event"] == event))
