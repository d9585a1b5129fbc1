"""The reference of a measurement is correct itself."""

from __future__ import annotations

import numpy as np
import pytest

import measure_words
from measure_words import Seen


@pytest.mark.parametrize("rate_hz", [16_000, 22_050])
def test_an_onset_is_found_where_the_sound_begins_however_late_in_the_file(rate_hz: int) -> None:
    sound = np.zeros(100 * rate_hz, dtype=np.int16)
    for begins_s in (1.0, 50.0, 99.0):
        sound[round(begins_s * rate_hz) : round((begins_s + 0.5) * rate_hz)] = 8000
    assert measure_words.onsets_s(sound, rate_hz) == pytest.approx([1.0, 50.0, 99.0], abs=0.006)


def test_words_are_on_the_clock_of_the_sound_file() -> None:
    happened = [
        {"event": "file_started", "t": 5.2, "at_ms": 0.0},
        {"event": "word", "t": 7.0, "text": "**Paris**,"},
        {"event": "file_started", "t": 9.1, "at_ms": 4000.0},
    ]
    (word,) = measure_words.lit_words(happened)
    assert word.at_s == pytest.approx(1.9)
    assert word.text == "paris"


def test_words_are_compared_with_the_same_ones() -> None:
    lit = [Seen(at_s=1.0, text="a"), Seen(at_s=2.0, text="b"), Seen(at_s=3.0, text="c")]
    heard = [Seen(at_s=0.9, text="a"), Seen(at_s=3.2, text="c")]
    found = measure_words.against_whisper(lit, heard)
    assert [(round(ms), word) for ms, word in found] == [(100, "a"), (-200, "c")]
    assert [(round(ms), word) for ms, word in measure_words.against_onsets(lit, [1.95, 9.0])] == [(50, "b")]
