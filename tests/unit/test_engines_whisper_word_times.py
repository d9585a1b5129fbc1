# ruff: noqa: RUF001 - the marks of other scripts are what this is about
"""The sound of each word, by the attention of a decoder."""

from __future__ import annotations

import numpy as np

from voicecli.engines.ports import SpokenWord
from voicecli.engines.whisper_word_times import MARGIN_MS, begin_times, timed_words, trimmed, word_spans
from voicecli.pcm import RATE_HZ, Pcm, samples_of, silence

MARGIN = samples_of(MARGIN_MS)


def loud(seconds: float) -> Pcm:
    return np.full(round(seconds * RATE_HZ), 5_000, dtype=np.int16)


def quiet(seconds: float) -> Pcm:
    return silence(round(seconds * RATE_HZ))


def word(from_s: float, to_s: float) -> SpokenWord:
    return SpokenWord(start=0, end=1, from_sample=round(from_s * RATE_HZ), to_sample=round(to_s * RATE_HZ))


def test_marks_belong_to_their_word_and_wide_characters_stand_alone() -> None:
    text = 'He said: "Well-known, isn\'t it?"'
    spans = word_spans([" He", " said", ":", ' "', "Well", "-", "known", ",", " isn", "'t", " it", "?", '"'], text)
    assert [text[start:end] for start, end, _ in spans] == ["He", "said:", '"Well-known,', "isn't", 'it?"']
    assert [first for *_, first in spans] == [0, 1, 4, 8, 10]
    text = "Well - yes."
    assert [text[a:b] for a, b, _ in word_spans([" Well", " -", " yes", "."], text)] == ["Well -", "yes."]
    text = "你好，世界。"
    assert [text[a:b] for a, b, _ in word_spans(["你", "好", "，", "世", "界", "。"], text)] == [
        "你",
        "好，",
        "世",
        "界。",
    ]


def test_a_token_begins_no_earlier_than_the_one_before() -> None:
    assert begin_times([(0, 10), (1, 5), (2, 30), (2, 31)], 3, 2.0) == [0.2, 0.2, 0.6, 0.64]
    assert begin_times([(0, 10), (3, 90)], 3, 1.0) == [0.2, 0.2, 0.2, 1.0]


def test_silence_around_words_is_not_theirs() -> None:
    sound = np.concatenate([quiet(0.5), loud(0.5), quiet(1.0)])
    (found,) = trimmed([word(0, 2.0)], sound)
    assert found.from_sample == samples_of(500) - MARGIN
    assert found.to_sample == samples_of(1000) + MARGIN


def test_the_word_behind_a_pause_does_not_begin_before_it() -> None:
    sound = np.concatenate([loud(1.0), quiet(0.6), loud(0.4)])
    first, second = trimmed([word(0, 0.9), word(0.9, 2.0)], sound)
    assert first.to_sample == samples_of(1000) + MARGIN
    assert second.from_sample == samples_of(1600) - MARGIN


def test_noise_is_as_good_as_silence() -> None:
    noise = np.random.default_rng(0).integers(-500, 500, 2 * RATE_HZ).astype(np.int16)
    noise[RATE_HZ // 2 : RATE_HZ] = 5_000
    (found,) = trimmed([word(0, 2.0)], noise)
    assert found.from_sample == samples_of(500) - MARGIN
    assert found.to_sample == samples_of(1000) + MARGIN


def test_words_of_several_tokens_last_from_the_first_of_them_to_the_next_word() -> None:
    found = timed_words(
        "One twofold.", [" One", " two", "fold."], [1, 2, 1], [(0, 0), (1, 25), (2, 30), (3, 35), (4, 50)], loud(1.0)
    )
    assert [(each.start, each.end) for each in found] == [(0, 3), (4, 12)]
    assert [each.from_sample for each in found] == [0, RATE_HZ // 2]
    assert found[-1].to_sample == RATE_HZ
