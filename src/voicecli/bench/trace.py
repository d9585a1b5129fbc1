"""A trace of the benchmark's conversations in the format of Chrome and Perfetto: what each stage did, and what waited for it.

https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU describes the format.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from voicecli.bench.records import Claim, Record

Entry: TypeAlias = dict[str, object]

STAGES: Final = ("listen", "transcribe", "judge", "respond", "synthesize")
MARKS: Final = {
    "speech_started": "speech begins",
    "speech_ended": "endpoint",
    "latency": "first sound",
    "spoken": "answer heard",
    "interrupted": "interrupted",
}
"""Events that are shown as moments, and their names."""

SPEECH_ENDS: Final = "speech ends"
STEPS: Final[dict[Claim, str]] = {
    "stt_ms": "transcript",
    "first_token_ms": "first token",
    "first_audio_ms": "first audio",
}
"""Steps of a turn that are shown as moments, and their names. Their times are in its `latency` event."""


def as_trace(conversations: Sequence[Sequence[Record]]) -> str:
    """Returns one trace of several conversations, each as a process of its own. No words are in it.

    Args:
        conversations: The events of `chat --json` with the setting `log.stages`.
    """
    entries = [entry for number, records in enumerate(conversations, start=1) for entry in _entries(number, records)]
    return json.dumps({"traceEvents": entries, "displayTimeUnit": "ms"})


def _entries(number: int, records: Sequence[Record]) -> Iterable[Entry]:
    yield _named("process_name", number, 0, f"conversation {number}")
    for track, stage in enumerate(STAGES):
        yield _named("thread_name", number, 2 * track + 1, stage)
        yield _named("thread_name", number, 2 * track + 2, f"{stage}: waiting")
    spans = [record for record in records if record["event"] == "stage"]
    for record in records:
        if record["event"] == "stage":
            yield from _span(number, record, spans)
        elif record["event"] in MARKS:
            if record["event"] == "latency":
                yield from _steps(number, record)
            yield _moment(MARKS[record["event"]], number, record["t"] * 1e3, record)


def _steps(number: int, record: Record) -> Iterable[Entry]:
    """Yields the last sound of the person, and the steps up to the first sound of the answer. All times count from that last sound."""
    waited_ms = record.get("voice_to_voice_ms")
    if waited_ms is None:
        return
    over_ms = record["t"] * 1e3 - waited_ms
    yield _moment(SPEECH_ENDS, number, over_ms, record)
    for claim, name in STEPS.items():
        after_ms = record[claim]
        if after_ms is not None:
            yield _moment(name, number, over_ms + after_ms, record)


def _moment(name: str, number: int, at_ms: float, record: Record) -> Entry:
    args = {"turn": record["turn"]}
    return {"name": name, "args": args, "ph": "i", "s": "p", "ts": at_ms * 1e3, "pid": number, "tid": 0}


def _span(number: int, record: Record, others: Iterable[Record]) -> Iterable[Entry]:
    began_s = record["t"] - record["ran_ms"] / 1000
    track = 2 * STAGES.index(record["stage"]) + 1
    known = {"turn": record["turn"], "attempt": record["attempt"], "cancelled": record["cancelled"]}
    yield {
        "name": f"{record['job']} {record['turn']}.{record['attempt']}",
        "ph": "X",
        "ts": began_s * 1e6,
        "dur": record["ran_ms"] * 1e3,
        "pid": number,
        "tid": track,
        "args": known,
    }
    if record["waited_ms"] <= 0:
        return
    queued_s = began_s - record["waited_ms"] / 1000
    meanwhile = {
        f"{other['stage']} {other['job']}": True
        for other in others
        if other is not record and other["t"] > queued_s and other["t"] - other["ran_ms"] / 1000 < began_s
    }
    yield {
        "name": f"{record['job']} {record['turn']}.{record['attempt']} waits",
        "ph": "X",
        "ts": queued_s * 1e6,
        "dur": record["waited_ms"] * 1e3,
        "pid": number,
        "tid": track + 1,
        "args": {**known, "meanwhile": sorted(meanwhile)},
    }


def _named(what: str, process: int, thread: int, name: str) -> Entry:
    return {"name": what, "ph": "M", "pid": process, "tid": thread, "args": {"name": name}}
