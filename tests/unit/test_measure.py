"""The document of figures says what was measured, omits what was not, and does not hide a busy machine."""

from __future__ import annotations

import dataclasses

import measure
from measure import Figures, Other, Program
from voicecli.bench.machine_info import Machine
from voicecli.bench.measure import Turn
from voicecli.bench.naive import NaiveTurn
from voicecli.bench.runner import Engines, Findings

TURN = Turn(
    question="What is the capital of France?",
    heard="What is the capital of France?",
    answer="Paris.",
    marks_ms={
        "endpoint": 400.0,
        "transcript": 300.0,
        "first_token": 350.0,
        "first_audio": 500.0,
        "first_sound": 523.0,
    },
    claimed_ms=480.0,
    speculative=True,
    cut_in=False,
    overlap_ms=0.0,
    answered_whole=True,
)
FINDINGS = Findings(
    machine=Machine(cpu="Processor 3000", cores=4, logical_cores=8, system="Linux x86_64", python="3.11.0"),
    load_before=0.1,
    load_after=2.0,
    models={"stt": "whisper-base"},
    devices={"stt": "cpu"},
    turns=(TURN,),
    paused=(TURN,),
    naive=(
        NaiveTurn(
            heard="",
            answer="",
            question_s=2.0,
            stt_ms=800.0,
            llm_ms=700.0,
            tts_ms=115.0,
            answer_s=1.0,
        ),
    ),
    engines=Engines(stt_rtf=0.05, tts_rtf=0.04, tokens_per_s=24.0),
    peak_bytes=1_200_000_000,
    naive_peak_bytes=None,
    barge_in_stop_ms=(230.0,),
    talked_over=2,
)
FIGURES = Figures(
    day="2026-01-02",
    usual=FINDINGS,
    slow=dataclasses.replace(FINDINGS, engines=Engines(stt_rtf=0.05, tts_rtf=0.04, tokens_per_s=8.0)),
    slowed_by="`VOICECLI_THREADS_LLM=1`",
    program=Program(help_ms=200.0, ready_s=4.5, idle_percent=1.5, idle_mb=1000.0),
)


def test_every_figure_is_in_it() -> None:
    text = measure.document(FIGURES)
    for figure in (
        "Processor 3000, 4 cores (8 threads)",
        "2026-01-02; load average before anything was started: 0.1.",
        "| 43 |",  # the gate's idea of the end: what is heard after what the program believes
        "| 300 |",  # recognition
        "| 50 |",  # the first token
        "| 150 |",  # the first piece
        "in 0 of 1 turns",
        "lets a person wait 5.0 times as long",
        "silent 230 ms (p95 230 ms)",
        "with `VOICECLI_THREADS_LLM=1`",
        "125 ms for a token instead of 42 ms",
        "| 1200 MB |",
        "| 1.5 % of one core |",
        "Not measured",
    ):
        assert figure in text, figure
    assert "busy" not in text


def test_a_busy_machine_is_told() -> None:
    busy = dataclasses.replace(FIGURES, usual=dataclasses.replace(FINDINGS, load_before=7.0))
    assert "busy with other work" in measure.document(busy)


def test_other_measurements_are_there_when_they_were_made_and_failures_are_told() -> None:
    assert "measure_keys" not in measure.document(FIGURES)
    others = (
        Other(heading="Drawing", command="python scripts/measure_drawing.py", said="80 columns", is_markdown=False),
        Other(heading="Noise", command="python scripts/measure_noise.py", said="| hum |", is_markdown=True),
        Other(heading="Keys", command="python scripts/measure_keys.py", said=None, is_markdown=False),
    )
    text = measure.document(dataclasses.replace(FIGURES, others=others))
    assert "```\n80 columns\n```" in text
    assert "\n\n| hum |\n" in text
    assert text.endswith("This could not be measured here: the script ended with an error.\n")


def test_without_a_turn_it_is_written_all_the_same() -> None:
    nothing = dataclasses.replace(
        FINDINGS, turns=(), paused=(), naive=(), barge_in_stop_ms=(), talked_over=0, peak_bytes=None
    )
    assert "unknown" in measure.document(dataclasses.replace(FIGURES, usual=nothing, slow=nothing))
