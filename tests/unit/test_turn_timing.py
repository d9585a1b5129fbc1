"""How the time of a turn was spent, from the end of speech on."""

from __future__ import annotations

from voicecli.pipeline.turn_timing import Ledger


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_times_count_from_the_end_of_speech() -> None:
    clock = Clock()
    ledger = Ledger(clock)
    clock.now_s = 10.0
    ledger.begin(speech_end_sample=16_000, now_sample=16_000 + 1_600)
    clock.now_s = 10.4
    ledger.mark("first_token")
    assert ledger.times.ms_since_speech("first_token") == 500
    assert ledger.times.ms_since_speech("first_sound") is None


def test_who_holds_the_key_in_silence_has_not_finished_before_it_is_released() -> None:
    clock = Clock()
    ledger = Ledger(clock)
    ledger.begin(speech_end_sample=0, now_sample=0)
    clock.now_s = 0.4
    ledger.mark("transcript")
    clock.now_s = 3.0
    ledger.mark("release")
    clock.now_s = 3.25
    ledger.mark("first_sound")
    assert ledger.times.ms_since_speech("first_sound") == 250
    assert ledger.times.ms_since_speech("transcript") == 0  # it was there
    ledger.begin(speech_end_sample=0, now_sample=0)
    clock.now_s = 4.0
    ledger.mark("transcript")
    assert ledger.times.ms_since_speech("transcript") == 750  # the release was of the turn before


def test_the_marks_of_an_answer_begun_early_count_once_it_is_taken_up() -> None:
    clock = Clock()
    ledger = Ledger(clock)
    clock.now_s = 1.0
    ledger.begin_early()
    ledger.mark("first_token", early=True)
    clock.now_s = 2.0
    ledger.begin(speech_end_sample=16_000, now_sample=16_000 + 1_600)
    assert ledger.times.ms_since_speech("first_token") is None
    ledger.take_up()
    assert ledger.times.ms_since_speech("first_token") == 0
    ledger.begin_early()
    ledger.begin(speech_end_sample=16_000, now_sample=16_000)
    ledger.mark("first_token")
    ledger.take_up()  # nothing of the answer before
    assert ledger.times.marks["first_token"] == 2.0
