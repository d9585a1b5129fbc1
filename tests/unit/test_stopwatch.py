"""How long jobs wait and take: from the graph to the trace."""

from __future__ import annotations

import json
from dataclasses import dataclass

from fakes.session_rig import Rig
from voicecli import events
from voicecli.bench.records import Record
from voicecli.bench.trace import as_trace
from voicecli.config.documents import build
from voicecli.events import as_json
from voicecli.pipeline.stopwatch import MOST_QUEUED, Stopwatch
from voicecli.timing import StageRan
from voicecli.turn import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAheadJob:
    turn: Turn


def test_a_job_is_reported_with_its_time_in_the_channel_and_in_the_stage() -> None:
    reports: list[StageRan] = []
    now = [10.0]
    watch = Stopwatch(reports.append, clock=lambda: now[0])
    job = ReadAheadJob(turn=Turn(3, 2))
    watch.queued(job)
    job.turn.cancel()
    watch.of("respond")(job, 10.25, 10.75)
    assert reports == [
        StageRan(stage="respond", job="read-ahead", turn=3, attempt=2, waited_ms=250.0, ran_ms=500.0, cancelled=True)
    ]


def test_what_only_wakes_a_stage_is_not_reported_and_what_never_comes_out_is_forgotten() -> None:
    reports: list[StageRan] = []
    watch = Stopwatch(reports.append, clock=lambda: 1.0)
    watch.of("respond")(object(), 1.0, 2.0)
    assert reports == []
    jobs = [ReadAheadJob(turn=Turn(1)) for _ in range(2 * MOST_QUEUED)]
    for job in jobs:
        watch.queued(job)
    watch.of("respond")(jobs[0], 5.0, 6.0)
    watch.of("respond")(jobs[-1], 5.0, 6.0)
    assert [report.waited_ms for report in reports] == [0.0, 4000.0]


def test_every_stage_of_a_turn_is_told_where_somebody_measures_and_nowhere_else() -> None:
    for timed in (True, False):
        with Rig(transcripts=["What is the time?"], replies=[["It is ", "noon."]], timed=timed) as rig:
            rig.ask()
            rig.until_spoken(1)
            told = rig.told(events.StageTimed)
        assert {(each.stage, each.job) for each in told} >= (
            {("transcribe", "transcribe"), ("respond", "respond"), ("synthesize", "speak")} if timed else set()
        )
        assert bool(told) is timed
        assert all(each.waited_ms >= 0 and each.ran_ms >= 0 for each in told)


def test_a_trace_shows_work_waits_and_what_ran_meanwhile() -> None:
    def stage(stage: str, job: str, ended_s: float, waited_ms: float, ran_ms: float) -> Record:
        event = events.StageTimed(
            t_s=ended_s, turn=1, stage=stage, job=job, attempt=1, waited_ms=waited_ms, ran_ms=ran_ms, cancelled=False
        )
        told = as_json(event)
        assert told is not None
        return build(Record, told)

    records: list[Record] = [
        stage("respond", "read-ahead", 2.0, 0.0, 500.0),
        stage("transcribe", "transcribe", 2.3, 100.0, 400.0),
        {"event": "latency", "t": 3.0, "turn": 1},
    ]
    entries = json.loads(as_trace([records]))["traceEvents"]
    spans = {entry["name"]: entry for entry in entries if entry["ph"] == "X"}
    assert spans["transcribe 1.1"]["ts"] == 1.9e6
    assert spans["transcribe 1.1"]["dur"] == 400_000
    waits = spans["transcribe 1.1 waits"]
    assert (round(waits["ts"]), round(waits["dur"])) == (1_800_000, 100_000)
    assert waits["args"]["meanwhile"] == ["respond read-ahead"]
    assert [entry["name"] for entry in entries if entry["ph"] == "i"] == ["first sound"]
