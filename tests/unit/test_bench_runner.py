"""Which program is asked which question, and in which order. The programs are simulated."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from voicecli.audio.sound_files import WavWriter
from voicecli.bench.process import Ran
from voicecli.bench.questions import Question
from voicecli.bench.records import Record
from voicecli.bench.runner import Findings, Plan, run
from voicecli.errors import VoiceCliError
from voicecli.pcm import RATE_HZ, Pcm, samples_of, silence

SPEECH_MS, WAIT_MS, ANSWER_MS = 1000, 700, 500
GAP_MS = SPEECH_MS + WAIT_MS + ANSWER_MS + 300


def tone(duration_ms: float) -> Pcm:
    return np.where(np.arange(samples_of(duration_ms)) // 40 % 2, 9000, -9000).astype(np.int16)


def write(path: Path, sound: Pcm) -> None:
    with WavWriter(path, RATE_HZ) as file:
        file.write(sound)


class Programs:
    """Replaces `voicecli chat` and the worker, and stores how it was called."""

    def __init__(self) -> None:
        self.order: list[tuple[str, int]] = []
        self.chats: list[list[str]] = []
        self.jobs: list[dict[str, Any]] = []

    def __call__(self, arguments: Sequence[str], *, stdin: str = "", on_record: Callable[[Record], object]) -> Ran:
        records = self._chat(list(arguments)) if arguments[0] == "voicecli" else self._work(json.loads(stdin))
        for record in records:
            on_record(record)
        spent_s = 0.5 if arguments[0] == "voicecli" else None
        return Ran(records=tuple(records), peak_bytes=1000 * len(self.order), processor_s=spent_s)

    def _chat(self, arguments: list[str]) -> list[Record]:
        files = [Path(value) for flag, value in pairwise(arguments) if flag == "--mic"]
        self.order.append(("chat", len(files)))
        self.chats.append(arguments)
        answers = [np.concatenate([silence(samples_of(SPEECH_MS + WAIT_MS)), tone(ANSWER_MS)]) for _ in files]
        padded = [np.concatenate([each, silence(samples_of(GAP_MS) - len(each))]) for each in answers]
        write(Path(arguments[arguments.index("--speaker") + 1]), np.concatenate(padded))
        records: list[Record] = [{"event": "ready", "models": {"stt": "base"}, "device": {"stt": "cpu"}}]
        records += [{"event": "file_started", "number": n + 1, "at_ms": n * GAP_MS} for n in range(len(files))]
        return [*records, {"event": "bye"}]

    def _work(self, job: dict[str, Any]) -> list[Record]:
        self.jobs.append(job)
        if job["job"] == "speak":
            for question in job["questions"]:
                write(Path(question["path"]), tone(SPEECH_MS))
            return [{"event": "spoken"} for _ in job["questions"]]
        if job["job"] == "naive":
            self.order.append(("naive", len(job["files"])))
            turn: Record = {"event": "turn", "heard": "", "answer": ""}
            turn |= {"stt_ms": 100.0, "llm_ms": 2000.0, "tts_ms": 300.0, "question_s": 2.0, "answer_s": 4.0}
            return [turn for _ in job["files"]]
        alone: Record = {"event": "turn", "question_s": 2.0, "stt_s": 0.5, "tokens": 30}
        alone |= {"write_s": 2.0, "answer_s": 5.0, "tts_s": 0.5}
        return [alone for _ in job["files"]]


class Counted:
    """Counts steps."""

    def __init__(self) -> None:
        self.steps = self.done = 0
        self.said: list[str] = []

    def begin(self, steps: int) -> None:
        self.steps = steps

    def doing(self, what: str) -> None:
        self.said.append(what)

    def step(self) -> None:
        self.done += 1


@pytest.fixture
def programs() -> Programs:
    return Programs()


def bench(
    folder: Path,
    programs: Programs,
    progress: Counted | None = None,
    *,
    turns: int,
    paused: int = 0,
    talked_over: int = 0,
    naive: bool = True,
    busy: int = 0,
) -> Findings:
    plan = Plan(
        questions=[Question(path=folder / f"q{n}.wav", clauses=(f"{n}?",)) for n in range(turns)],
        paused=[Question(path=folder / f"p{n}.wav", clauses=(f"{n},", "no?")) for n in range(paused)],
        talked_over=[
            Question(path=folder / f"t{n}.wav", clauses=(f"{n}.", "stop."), pause_ms=4000) for n in range(talked_over)
        ],
        naive=naive,
        busy_loops=busy,
        flags={"models.llm": "tiny", "models.device": "cpu", "models.stt": None},
    )
    return run(plan, progress or Counted(), programs)


def test_both_sides_take_turns_and_take_turns_at_being_first(tmp_path: Path, programs: Programs) -> None:
    bench(tmp_path, programs, turns=12)
    sides = [("chat", 5), ("naive", 5), ("naive", 5), ("chat", 5), ("chat", 2), ("naive", 2)]
    assert programs.order == sides


def test_every_question_is_measured_on_both_sides(tmp_path: Path, programs: Programs) -> None:
    found = bench(tmp_path, programs, turns=7, paused=3)
    assert [turn.question for turn in found.turns] == [f"{n}?" for n in range(7)]
    assert [turn.voice_to_voice_ms for turn in found.turns] == pytest.approx([WAIT_MS] * 7, abs=0.1)
    assert [turn.voice_to_voice_ms for turn in found.naive] == [3400.0] * 7
    assert [turn.question for turn in found.paused] == [f"{n}, no?" for n in range(3)]
    assert (found.models, found.devices) == ({"stt": "base"}, {"stt": "cpu"})
    # The memory of the paused block is the program's too; the last naive block was the third program.
    assert (found.peak_bytes, found.naive_peak_bytes) == (5000, 3000)
    assert found.barge_in_stop_ms == ()


def test_each_engine_is_timed_alone_with_some_of_the_questions(tmp_path: Path, programs: Programs) -> None:
    engines = bench(tmp_path, programs, turns=12).engines
    assert (engines.stt_rtf, engines.tts_rtf, engines.tokens_per_s) == (0.25, 0.1, 15.0)
    assert len(programs.jobs[-1]["files"]) == 5


def test_the_naive_pipeline_can_be_left_out(tmp_path: Path, programs: Programs) -> None:
    found = bench(tmp_path, programs, turns=6, naive=False)
    assert programs.order == [("chat", 5), ("chat", 1)]
    assert found.naive == ()
    assert found.naive_peak_bytes is None


def test_questions_are_spoken_once(tmp_path: Path, programs: Programs) -> None:
    bench(tmp_path, programs, turns=2, paused=1)
    bench(tmp_path, programs, turns=2, paused=1)
    spoken = [job["questions"] for job in programs.jobs if job["job"] == "speak"]
    assert [[question["clauses"] for question in each] for each in spoken] == [[["0?"], ["1?"], ["0,", "no?"]]]


def test_both_sides_are_given_the_same_settings(tmp_path: Path, programs: Programs) -> None:
    bench(tmp_path, programs, turns=1)
    (chat,) = programs.chats
    assert chat[chat.index("--llm") :] == ["--llm", "tiny", "--device", "cpu"]
    assert chat[:6] == ["voicecli", "chat", "--json", "--no-save", "--persona", "assistant"]
    flags = {"models.llm": "tiny", "models.device": "cpu", "models.stt": None}
    assert [job["flags"] for job in programs.jobs] == [flags] * 3


def test_the_progress_ends_at_its_end(tmp_path: Path, programs: Programs) -> None:
    progress = Counted()
    bench(tmp_path, programs, progress, turns=7, paused=2)
    assert progress.done == progress.steps == 9 + 7 + 7 + 2 + 5
    assert progress.said[0] == "speaking the questions"


def test_a_program_that_never_began_is_an_error(tmp_path: Path, programs: Programs) -> None:
    def silent(arguments: Sequence[str], **_: object) -> Ran:
        if arguments[0] != "voicecli":
            return programs(arguments, stdin=json.dumps({"job": "speak", "questions": []}), on_record=lambda _: None)
        write(Path(arguments[arguments.index("--speaker") + 1]), silence(RATE_HZ))
        return Ran(records=(), peak_bytes=None)

    plan = Plan(
        questions=[Question(path=tmp_path / "q.wav", clauses=("1?",))], paused=[], talked_over=[], naive=False, flags={}
    )
    with pytest.raises(VoiceCliError, match="ended before it was ready"):
        run(plan, Counted(), silent)


def test_answers_are_talked_over_after_everything_was_asked(tmp_path: Path, programs: Programs) -> None:
    found = bench(tmp_path, programs, turns=1, talked_over=2, naive=False)
    assert programs.order == [("chat", 1), ("chat", 2)]
    assert found.talked_over == 2
    assert found.barge_in_stop_ms == ()  # the programs of this test are never talked over
    assert {each["pause_ms"] for each in programs.jobs[0]["questions"]} == {700, 4000}


def test_processor_time_is_that_of_the_finished_questions(tmp_path: Path, programs: Programs) -> None:
    found = bench(tmp_path, programs, turns=10, paused=3)
    assert found.processor_ms == 100.0  # two sessions of 0.5 s each


def test_busy_loops_run_beside_all_that_is_measured(
    tmp_path: Path, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    running: list[int] = []

    @contextlib.contextmanager
    def loops(count: int) -> Iterator[None]:
        running.append(count)
        yield
        assert programs.order[-1] == ("chat", 2)

    monkeypatch.setattr("voicecli.bench.runner.busy_loops", loops)
    assert bench(tmp_path, programs, turns=2, paused=2, naive=False, busy=2).busy_loops == 2
    assert running == [2]
