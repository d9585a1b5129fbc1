"""The figures measured from the sound files of a conversation, with tones whose every sample is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from voicecli.bench.measure import Turn, stops_ms, turns
from voicecli.bench.questions import Question
from voicecli.bench.records import Record
from voicecli.errors import AudioError
from voicecli.pcm import Pcm, samples_of, silence

LEAD_MS, SPEECH_MS = 300.0, 1200.0
END_MS = LEAD_MS + SPEECH_MS


def tone(duration_ms: float) -> Pcm:
    return np.where(np.arange(samples_of(duration_ms)) // 40 % 2, 9000, -9000).astype(np.int16)


def heard(length_ms: float, *answers: tuple[float, float]) -> Pcm:
    """The sound sent to the speaker: silence, with tones at (start, duration)."""
    sound = silence(samples_of(length_ms))
    for start_ms, duration_ms in answers:
        sound[samples_of(start_ms) : samples_of(start_ms + duration_ms)] = tone(duration_ms)
    return sound


QUESTION = Question(path=Path("q.wav"), clauses=("If it rains tomorrow,", "what could I do?"))
SOUND = np.concatenate([silence(samples_of(LEAD_MS)), tone(SPEECH_MS), silence(samples_of(40))])


def started(number: int, at_ms: float) -> Record:
    return {"event": "file_started", "t": 0.0, "number": number, "name": "q.wav", "at_ms": at_ms}


def exchange(
    turn: int, question: str, answer: str, *, ended_ms: float, voice_ms: float | None = 640.0, cut: bool = False
) -> list[Record]:
    latency: Record = {
        "event": "latency",
        "turn": turn,
        "endpoint_ms": 600.0,
        "stt_ms": 400.0,
        "first_token_ms": 450.0,
        "first_audio_ms": None,
        "voice_to_voice_ms": voice_ms,
        "speculative": True,
    }
    return [
        {"event": "speech_started", "turn": turn, "at_ms": 0.0},
        {"event": "transcript", "turn": turn, "text": "a guess", "final": False},
        {"event": "speech_ended", "turn": turn, "at_ms": ended_ms, "duration_ms": 1.0, "reason": "silence"},
        {"event": "transcript", "turn": turn, "text": question, "final": True},
        latency,
        {"event": "spoken", "turn": turn, "text": answer, "cut": cut},
    ]


def measured(events: list[Record], speaker: Pcm) -> Turn:
    (found,) = turns([QUESTION], [SOUND], events, speaker)
    return found


WHOLE = "If it rains tomorrow, what could I do?"


def test_voice_to_voice_is_from_the_last_voiced_sample_to_the_first_audible_one() -> None:
    start_ms = 20_000.0
    events = [started(1, start_ms), *exchange(1, WHOLE, "Read.", ended_ms=start_ms + END_MS)]
    found = measured(events, heard(30_000, (start_ms + END_MS + 712.5, 800)))
    assert found.voice_to_voice_ms == pytest.approx(712.5, abs=0.1)
    assert found.claimed_ms == 640.0
    assert (found.question, found.heard, found.answer) == (WHOLE, WHOLE, "Read.")
    assert found.speculative
    assert not found.cut_in


def test_the_programs_marks_are_moved_to_the_true_end_of_speech() -> None:
    # The gate thought that speech ended 40 ms later than it did, so each of its marks is 40 ms later than it says.
    events = [started(1, 0.0), *exchange(1, WHOLE, "Read.", ended_ms=END_MS + 40)]
    found = measured(events, heard(5000, (3000, 500)))
    assert {step: round(at_ms) for step, at_ms in found.marks_ms.items()} == {
        "endpoint": 640,
        "transcript": 440,
        "first_token": 490,
        "first_sound": 1500,
    }


def test_each_question_is_measured_between_its_beginning_and_the_next() -> None:
    events = [
        started(1, 0.0),
        *exchange(1, "one", "First.", ended_ms=END_MS, voice_ms=700.0),
        started(2, 6000.0),
        *exchange(2, "two", "Second.", ended_ms=6000 + END_MS, voice_ms=900.0),
    ]
    speaker = heard(12_000, (END_MS + 750, 1000), (END_MS + 2500, 400), (6000 + END_MS + 950, 1000))
    found = turns([QUESTION, QUESTION], [SOUND, SOUND], events, speaker)
    assert [round(turn.voice_to_voice_ms or 0) for turn in found] == [750, 950]
    assert [turn.claimed_ms for turn in found] == [700.0, 900.0]
    assert [turn.answer for turn in found] == ["First.", "Second."]


def test_an_answer_that_begins_before_the_question_is_finished_cuts_in() -> None:
    events = [started(1, 0.0), *exchange(1, "If it rains tomorrow", "Stay.", ended_ms=800)]
    found = measured(events, heard(6000, (END_MS - 100, 300), (END_MS + 900, 500)))
    assert found.cut_in
    assert found.overlap_ms == pytest.approx(100, abs=0.1)
    assert found.voice_to_voice_ms is None
    assert found.answered_whole is False


def test_no_answer_is_no_latency() -> None:
    found = measured([started(1, 0.0)], heard(5000))
    assert found.voice_to_voice_ms is None
    assert found.marks_ms == {}
    assert not found.cut_in
    assert (found.heard, found.answer, found.answered_whole) == ("", "", False)


def parts(*given: tuple[str, str, bool]) -> list[Record]:
    """Exchanges of (recognised question, answer, whether the answer was cut)."""
    events: list[Record] = [started(1, 0.0)]
    for turn, (question, answer, cut) in enumerate(given, start=1):
        events += exchange(turn, question, answer, ended_ms=END_MS, cut=cut)
    return events


@pytest.mark.parametrize(
    ("given", "whole"),
    [
        ([("If it rains tomorrow, what could I do?", "Read.", False)], True),
        ([("if it rained tomorrow what could I do", "Read.", False)], True),
        ([("If it rains tomorrow.", "Take a coat.", False)], False),
        ([("If it rains tomorrow.", "Take a coat.", False), ("What could I do?", "What for?", False)], False),
        ([("If it rains tomorrow.", "", True), ("What could I do?", "Read.", False)], True),
        ([("If it rains tomorrow, what could I do?", "Re", True)], False),
    ],
    ids=["at once", "nearly", "half", "in two answers", "its first half unanswered", "stopped"],
)
def test_a_question_is_answered_whole_when_one_answer_was_to_all_of_it(
    given: list[tuple[str, str, bool]], whole: bool
) -> None:
    assert measured(parts(*given), heard(5000, (3000, 500))).answered_whole is whole


@pytest.mark.parametrize("withdrawn", [True, False])
def test_the_words_of_an_answer_that_was_withdrawn_count_for_the_next(withdrawn: bool) -> None:
    first, second = ("If it rains tomorrow.", "Take a", True), ("What could I do?", "Read.", False)
    events = parts(first, second)
    cut = next(at for at, event in enumerate(events) if event["event"] == "spoken")
    events.insert(cut, {"event": "interrupted", "t": 0.0, "turn": 1, "withdrawn": withdrawn})
    assert measured(events, heard(5000, (3000, 500))).answered_whole is withdrawn


def test_of_a_recording_nobody_knows_whether_it_was_answered_whole() -> None:
    (found,) = turns([Question(path=Path("mine.wav"))], [SOUND], parts(("hello", "Hi.", False)), heard(5000))
    assert found.answered_whole is None
    assert found.question == "mine.wav"


def test_a_question_that_the_program_did_not_take_up_is_an_error() -> None:
    with pytest.raises(AudioError, match="The program heard only 1 of 2 questions"):
        turns([QUESTION, QUESTION], [SOUND, SOUND], [started(1, 0.0)], heard(1000))


def test_a_silent_recording_is_an_error() -> None:
    with pytest.raises(AudioError, match=r"q\.wav contains only silence"):
        turns([QUESTION], [silence(16_000)], [started(1, 0.0)], heard(1000))


def test_an_answer_that_is_talked_over_is_measured_to_its_last_sample(tmp_path: Path) -> None:
    question = Question(path=tmp_path / "q.wav", clauses=("Go on.", "Stop."), pause_ms=2000)
    asked = np.concatenate([silence(4800), tone(1000), silence(32_000), tone(500)])
    onset = 4800 + 16_000 + 32_000
    # The answer has a comma in it, goes on for 120 ms after the onset, and the next answer is another matter.
    began, ended = onset - 16_000, onset + samples_of(120)
    speaker = np.concatenate(
        [silence(began), tone(300), silence(samples_of(200)), tone(1000)[: ended - began - samples_of(500)]]
    )
    speaker = np.concatenate([speaker, silence(samples_of(1500)), tone(800)])
    events: list[Record] = [{"event": "file_started", "number": 1, "at_ms": 0.0}]
    assert stops_ms([question], [asked], events, speaker) == [pytest.approx(120, abs=1)]


def test_where_no_answer_sounded_nothing_was_talked_over(tmp_path: Path) -> None:
    question = Question(path=tmp_path / "q.wav", clauses=("Go on.", "Stop."), pause_ms=2000)
    asked = np.concatenate([tone(1000), silence(32_000), tone(500)])
    events: list[Record] = [{"event": "file_started", "number": 1, "at_ms": 0.0}]
    assert stops_ms([question], [asked], events, silence(80_000)) == [None]
