"""Two turns are chosen from traces and drawn, and the document keeps what was drawn."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import draw_turns
from voicecli import events
from voicecli.bench.records import Record
from voicecli.bench.trace import as_trace
from voicecli.config.documents import build
from voicecli.events import as_json

SVG = "{http://www.w3.org/2000/svg}"


def record(event: events.StageTimed | events.SpeechStarted | events.Latency | events.Interrupted) -> Record:
    told = as_json(event)
    assert told is not None
    return build(Record, told)


def stage(turn: int, stage: str, job: str, ended_s: float, ran_ms: float, waited_ms: float = 0.0) -> Record:
    return record(
        events.StageTimed(
            t_s=ended_s,
            turn=turn,
            stage=stage,
            job=job,
            attempt=1,
            waited_ms=waited_ms,
            ran_ms=ran_ms,
            cancelled=job == "read-ahead",
        )
    )


def asked(turn: int, wait_ms: float) -> list[Record]:
    """A turn whose last sound is at `turn * 10` s."""
    over_s = turn * 10.0
    return [
        record(events.SpeechStarted(t_s=over_s - 2, turn=turn, at_ms=0.0)),
        stage(turn, "respond", "read-ahead", over_s + 0.12, 300),
        stage(turn, "transcribe", "transcribe", over_s + 0.3, 150, waited_ms=50),
        record(
            events.Latency(
                t_s=over_s + wait_ms / 1000,
                turn=turn,
                endpoint_ms=340.0,
                stt_ms=300.0,
                first_token_ms=350.0,
                first_audio_ms=450.0,
                voice_to_voice_ms=wait_ms,
                speculative=True,
            )
        ),
        stage(turn, "respond", "respond", over_s + 3, 2650),
    ]


def test_the_median_and_a_slow_turn_are_drawn_and_every_bar_is_explained(tmp_path: Path) -> None:
    quiet = [each for turn, wait_ms in enumerate((900, 500, 700), start=1) for each in asked(turn, wait_ms)]
    loaded = [each for turn in range(1, 12) for each in asked(turn, 1000 + 100 * turn)]
    for name, records in (("quiet.json", quiet), ("loaded.json", loaded)):
        (tmp_path / name).write_text(as_trace([records]), encoding="utf-8")
    (tmp_path / "latency.md").write_text("# Latency\n", encoding="utf-8")
    traces = [str(tmp_path / "quiet.json"), str(tmp_path / "loaded.json")]
    assert draw_turns.main([*traces, "--docs", str(tmp_path), "--conditions", "On this machine."]) == 0
    text = (tmp_path / "latency.md").read_text(encoding="utf-8")
    assert "heard 700 ms after" in text
    assert "heard 2000 ms after" in text
    assert "**2**, 100 to 150 ms, transcribe: a job (transcribe) waits" in text
    assert "while these ran: respond read-ahead" in text
    assert "the work was cancelled" in text
    picture = ET.parse(tmp_path / "turn-good.svg").getroot()  # noqa: S314 - it was written above
    bars = [each for each in picture.iter(f"{SVG}rect") if each.get("class") != "back"]
    assert len(bars) == 4
    names = {each.text for each in picture.iter(f"{SVG}text")}
    assert names >= {"speech ends", "transcript", "first token", "first audio", "first sound", "respond", "1"}
    draw_turns.main([*traces, "--docs", str(tmp_path)])
    assert (tmp_path / "latency.md").read_text(encoding="utf-8").count(draw_turns.BEGIN) == 1


def test_a_turn_counts_only_if_it_was_asked_once_and_answered_without_an_interruption() -> None:
    interrupted = events.Interrupted(t_s=25.0, turn=2, by="voice")
    twice = record(events.SpeechStarted(t_s=28.5, turn=3, at_ms=0.0))
    records = [*asked(1, 500), *asked(2, 600), record(interrupted), twice, *asked(3, 700), *asked(4, 800)[:-2]]
    found = draw_turns.turns(as_trace([records]))
    assert [turn.wait_ms for turn in found] == [500]


def test_the_pictures_stay_when_the_rest_of_the_document_is_written_anew() -> None:
    old = draw_turns.put_into("# Latency\n", f"{draw_turns.BEGIN}\npictures\n{draw_turns.END}")
    assert "pictures" in draw_turns.put_into("# New\n", draw_turns.section_of(old))
    assert draw_turns.section_of("# Latency\n") == ""


def test_no_words_are_in_a_trace() -> None:
    said: Record = {"event": "transcript", "t": 1.0, "turn": 1, "text": "secret", "final": True}
    assert "secret" not in json.dumps(as_trace([[said, *asked(1, 500)]]))
