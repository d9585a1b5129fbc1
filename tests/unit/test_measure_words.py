"""The reference of a measurement is correct itself."""

from __future__ import annotations

import re

import numpy as np
import pytest

import measure_words
from measure_words import Seen
from voicecli.engines.ports import SpokenWord
from voicecli.pcm import RATE_HZ, Pcm


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


class Aligned:
    """Finds the words of a text half a second apart, the first after 0.3 s."""

    def word_times(self, utterance: Pcm, text: str, *, language: str) -> list[SpokenWord]:
        assert (len(utterance), language) == (round(2.3 * RATE_HZ), "en")
        return [
            SpokenWord(
                start=found.start(),
                end=found.end(),
                from_sample=round((0.3 + 0.5 * n) * RATE_HZ),
                to_sample=round((0.8 + 0.5 * n) * RATE_HZ),
            )
            for n, found in enumerate(re.finditer(r"\S+", text))
        ]


def test_every_word_of_an_answer_is_compared_with_where_it_is_in_the_sound() -> None:
    happened = [
        {"event": "file_started", "t": 1.0, "at_ms": 0.0},
        {"event": "reply", "turn": 1, "t": 3.0, "text": "Red sky."},
        {"event": "word", "turn": 1, "t": 4.0, "start": 0, "end": 3, "text": "Red"},
        {"event": "word", "turn": 1, "t": 4.5, "start": 4, "end": 8, "text": "sky."},
        {"event": "reply", "turn": 2, "t": 6.0, "text": "Nothing is heard of this."},
    ]
    found = measure_words.against_alignment(happened, np.zeros(10 * RATE_HZ, dtype=np.int16), Aligned())
    assert [(round(ms), word) for ms, word in found] == [(0, "red"), (0, "sky")]
