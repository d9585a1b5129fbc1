"""Speculation depends on the machine, unless the user sets it."""

from __future__ import annotations

import pytest

from voicecli.speech.speculation import Speculation, choose


@pytest.mark.parametrize(
    ("recognition_ms", "on_battery", "chosen"),
    [(150, False, "speech"), (150, True, "pauses"), (900, False, "pauses"), (3000, False, "off"), (3000, True, "off")],
)
def test_a_fast_machine_prepares_more(recognition_ms: float, on_battery: bool, chosen: Speculation) -> None:
    assert choose("auto", recognition_ms=recognition_ms, on_battery=on_battery) == chosen


@pytest.mark.parametrize("wanted", ["off", "pauses", "speech"])
def test_the_user_has_the_last_word(wanted: Speculation) -> None:
    assert choose(wanted, recognition_ms=5000, on_battery=True) == wanted
