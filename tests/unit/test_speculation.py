"""Speculation depends on the machine, unless the user sets it."""

from __future__ import annotations

import pytest

from voicecli.speech.speculation import Pace, Speculation, choose


@pytest.mark.parametrize(
    ("recognition_ms", "on_battery", "chosen"),
    [(150, False, "speech"), (150, True, "pauses"), (900, False, "pauses"), (3000, False, "off"), (3000, True, "off")],
)
def test_a_fast_machine_prepares_more(recognition_ms: float, on_battery: bool, chosen: Speculation) -> None:
    assert choose("auto", recognition_ms=recognition_ms, on_battery=on_battery) == chosen


@pytest.mark.parametrize("wanted", ["off", "pauses", "speech"])
def test_the_user_has_the_last_word(wanted: Speculation) -> None:
    assert choose(wanted, recognition_ms=5000, on_battery=True) == wanted


def test_speculation_steps_down_in_order_as_results_come_later() -> None:
    levels = [(each.early, each.partials, each.drafts) for each in (Pace(late_ms=ms) for ms in (200, 400, 900, 3000))]
    assert levels == [(True, True, True), (False, True, True), (False, False, True), (False, False, False)]


def test_one_late_result_is_not_enough_and_a_long_utterance_says_nothing() -> None:
    pace = Pace(adapts=True).heard(200, length_ms=2000).heard(600, length_ms=2000)
    assert pace.partials
    assert not pace.heard(700, length_ms=2000).partials
    assert pace.heard(5000, length_ms=20_000) is pace


def test_the_choice_of_the_user_is_kept_under_load() -> None:
    assert Pace(most="speech").heard(5000, length_ms=2000).early
    assert not Pace(most="pauses").partials
    assert not Pace(most="off").drafts
