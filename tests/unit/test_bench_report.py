"""The report of a benchmark, for users and for programs."""

from __future__ import annotations

import dataclasses
import io
import json

import pytest
from rich.console import Console

from voicecli.bench import report
from voicecli.bench.machine_info import Machine
from voicecli.bench.measure import Turn
from voicecli.bench.naive import NaiveTurn
from voicecli.bench.runner import Engines, Findings


def ours(voice_ms: float | None, *, cut_in: bool = False, answered_whole: bool = True, overlap_ms: float = 0.0) -> Turn:
    marks = {"endpoint": 600.0, "transcript": 300.0, "first_token": 400.0, "first_audio": 500.0}
    return Turn(
        question="Why?",
        heard="Why?",
        answer="So.",
        marks_ms={**marks, **({"first_sound": voice_ms} if voice_ms is not None else {})},  # type: ignore[dict-item] # the names of steps
        claimed_ms=610.0,
        speculative=True,
        cut_in=cut_in,
        overlap_ms=overlap_ms,
        answered_whole=answered_whole,
    )


def theirs(llm_ms: float) -> NaiveTurn:
    return NaiveTurn(stt_ms=400.0, llm_ms=llm_ms, tts_ms=600.0, heard="why", answer="So.", question_s=2.0, answer_s=6.0)


FINDINGS = Findings(
    machine=Machine(cpu="Processor 3000", cores=4, logical_cores=8, system="Linux x86_64", python="3.11.0"),
    load_before=0.2,
    load_after=3.5,
    models={"stt": "whisper-base", "llm": "llama", "turn": "smart"},
    devices={"stt": "cpu", "llm": "cuda"},
    turns=(ours(620.0), ours(640.0), ours(900.0)),
    paused=(ours(None, cut_in=True, answered_whole=False, overlap_ms=140.0), ours(650.0)),
    naive=(theirs(1000.0), theirs(1200.0), theirs(3000.0)),
    engines=Engines(stt_rtf=0.05, tts_rtf=0.04, tokens_per_s=25.0),
    peak_bytes=1_200_000_000,
    naive_peak_bytes=1_500_000_000,
)


def shown(findings: Findings = FINDINGS, *, plain: bool = True) -> str:
    console = Console(file=io.StringIO(), width=120, force_terminal=not plain, color_system="standard")
    console.print(report.render(findings, plain=plain), soft_wrap=plain)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def row(text: str, label: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if line.strip().startswith(label) and " ms" not in line]
    return line.replace(label, "").split()


@pytest.mark.parametrize(
    ("values", "p50", "p95"),
    [([3.0], 3.0, 3.0), ([1.0, None, 2.0], 1.5, 2.0), ([float(n) for n in range(1, 21)], 10.5, 19.0)],
)
def test_the_spread_is_the_median_and_the_nearest_rank(values: list[float | None], p50: float, p95: float) -> None:
    assert report.spread(values) == report.Spread(p50=p50, p95=p95)


def test_nothing_has_no_spread() -> None:
    assert report.spread([]) is None
    assert report.spread([None]) is None


def test_the_ratio_is_that_of_the_medians() -> None:
    assert report.ratio(FINDINGS) == pytest.approx((1000 + 400 + 1200 + 600) / 640)
    assert report.ratio(dataclasses.replace(FINDINGS, naive=())) is None


def test_the_table_says_where_the_time_goes_and_what_it_was_measured_on() -> None:
    text = shown()
    assert "Processor 3000, 4 cores (8 threads), Linux x86_64, Python 3.11.0" in text
    assert "stt whisper-base (cpu), llm llama (cuda), turn smart\n" in text
    assert "Load average 0.2 before, 3.5 after." in text
    assert row(text, "endpoint") == ["600", "600"]
    assert row(text, "first sound: voice to voice") == ["640", "900"]
    assert row(text, "as the program reports it") == ["610", "610"]
    assert row(text, "naive: voice to voice") == ["3200", "5000"]
    assert row(text, "naive / voicecli, medians") == ["5.0"]
    assert row(text, "recognition, real-time factor") == ["0.050", "0.200"]
    assert row(text, "speech, real-time factor") == ["0.040", "0.100"]
    assert row(text, "tokens a second, writing") == ["25.0"]
    assert row(text, "most memory, MB") == ["1200", "1500"]
    assert row(text, "finished questions: answered") == ["3/3"]
    assert row(text, "finished questions: cut in") == ["0/3"]
    assert row(text, "pause of 0.7 s inside: cut in") == ["1/2"]
    assert row(text, "pause of 0.7 s inside: answered whole") == ["1/2"]


def test_a_busy_machine_is_warned_of() -> None:
    assert "busy" not in shown()
    assert "The machine was already busy" in shown(dataclasses.replace(FINDINGS, load_before=5.0))


def test_what_was_not_measured_is_not_shown() -> None:
    text = shown(dataclasses.replace(FINDINGS, naive=(), paused=(), peak_bytes=None, load_before=None, load_after=None))
    assert "naive /" not in text
    assert "pause of" not in text
    assert "talked over" not in text
    assert "Load average unknown before" in text
    assert row(text, "most memory, MB") == ["-"]


def test_how_soon_an_answer_stops_has_its_place() -> None:
    text = shown(dataclasses.replace(FINDINGS, barge_in_stop_ms=(180.0, 220.0, 400.0), talked_over=4))
    assert row(text, "talked over (3 of 4): silent after, p50 and p95") == ["220", "/", "400"]


def test_on_a_pipe_everything_is_plain_ascii() -> None:
    text = shown()
    assert text.isascii()
    assert "\x1b" not in text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_on_a_terminal_bars_are_drawn() -> None:
    text = shown(plain=False)
    assert "█" in text
    assert "\x1b[" in text


@pytest.mark.parametrize(
    ("terminal", "no_color", "encoding", "plain"),
    [
        (True, False, "utf-8", False),
        (False, False, "utf-8", True),
        (True, True, "utf-8", True),
        (True, False, "ascii", True),
    ],
)
def test_plain_is_for_pipes_for_no_color_and_for_terminals_that_know_only_ascii(
    terminal: bool, no_color: bool, encoding: str, plain: bool
) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    console = Console(file=stream, force_terminal=terminal, no_color=no_color)
    assert report.is_plain(console) is plain


def bars(findings: Findings) -> dict[str, tuple[int, int]]:
    """Label -> the first column of its bar and the column after its last."""
    found = {}
    for line in (text.plain for text in report.plot(findings, plain=True)):
        if "#" in line:
            found[line[2:15].strip()] = (line.index("#") - 15, line.rindex("#") + 1 - 15)
    return found


def test_the_plot_has_both_sides_on_one_scale() -> None:
    drawn = bars(FINDINGS)
    assert drawn["whole speech"][1] == report.BAR_COLUMNS  # 3200 ms
    assert drawn["silence"] == (0, 14)
    assert drawn["recognition"][0] == 13
    assert drawn["first sound"][1] == 9  # 640 ms
    assert [line.plain for line in report.plot(FINDINGS, plain=True)][-1].endswith(" 3200 ms")


def test_a_step_begins_where_the_one_that_it_waits_for_ended() -> None:
    alone = bars(dataclasses.replace(FINDINGS, naive=()))
    assert alone["endpoint"][0] == 0
    assert alone["transcript"][0] == 0
    assert alone["first token"][0] == alone["transcript"][1] - 1 or alone["first token"][0] == alone["transcript"][1]
    assert alone["first sound"][0] >= alone["endpoint"][1] - 1


def test_there_is_no_plot_of_nothing() -> None:
    assert report.plot(dataclasses.replace(FINDINGS, turns=(), naive=()), plain=True) == []


def test_the_object_for_programs_has_everything_in_it() -> None:
    record = json.loads(report.as_json(FINDINGS))
    summary = record["summary"]
    assert summary["voice_to_voice_ms"] == {"p50": 640.0, "p95": 900.0}
    assert summary["voicecli"]["first_token_ms"] == {"p50": 400.0, "p95": 400.0}
    assert summary["naive_to_voicecli"] == 5.0
    assert (summary["paused_cut_in"], summary["paused_answered_whole"]) == (1, 1)
    assert summary["overlap_ms"] == {"p50": 140.0, "p95": 140.0}
    assert record["paused"][0]["overlap_ms"] == 140.0
    assert summary["barge_in_stop_ms"] is None
    assert record["turns"][0]["first_sound_ms"] == 620.0
    assert record["paused"][0]["first_sound_ms"] is None
    assert record["naive"][2]["voice_to_voice_ms"] == 5000.0
    assert record["machine"]["cpu"] == "Processor 3000"
    assert record["busy"] is False
    assert record["models"]["stt"] == "whisper-base"
    assert record["engines"]["tokens_per_s"] == 25.0
    assert (record["peak_bytes"], record["naive_peak_bytes"]) == (1_200_000_000, 1_500_000_000)


def test_processor_time_and_busy_loops_are_told() -> None:
    text = shown(dataclasses.replace(FINDINGS, processor_ms=2345.6, busy_loops=2))
    assert "processor time a question, ms 2346" in " ".join(text.split())
    assert "2 busy loops ran beside it" in text
    assert "busy loop" not in shown()
    record = json.loads(report.as_json(dataclasses.replace(FINDINGS, processor_ms=2345.6, busy_loops=1)))
    assert (record["processor_ms_per_turn"], record["busy_loops"]) == (2345.6, 1)


def test_it_is_told_for_how_long_both_spoke_where_an_answer_cut_in() -> None:
    assert row(shown(), "cut in (1): both spoke")[-3:] == ["140", "/", "140"]
    assert "both spoke" not in shown(dataclasses.replace(FINDINGS, paused=()))
