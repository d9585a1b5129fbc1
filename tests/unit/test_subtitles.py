"""Subtitles are valid, readable and complete."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.subtitle_files import parse_srt, parse_vtt
from voicecli.speech.subtitles import (
    GAP_MS,
    LINE_WIDTH,
    LINES,
    LONGEST_MS,
    SHORTEST_MS,
    VTT_HEAD,
    TimedText,
    cues_of,
    joined,
    srt,
    vtt,
)


def said(text: str, *, from_ms: float = 0.0, word_ms: float = 300.0) -> list[TimedText]:
    """Words without gaps between them."""
    return [
        TimedText(text=word, from_ms=from_ms + n * word_ms, to_ms=from_ms + (n + 1) * word_ms)
        for n, word in enumerate(text.split())
    ]


def test_each_sentence_is_a_subtitle() -> None:
    words = said("The first one is over. And this is the second. Dr. Smith says so.")
    cues = cues_of(words, end_ms=10_000)
    assert [cue.text for cue in cues] == ["The first one is over.", "And this is the second.", "Dr. Smith says so."]
    assert [cue.from_ms for cue in cues] == [0, 1500, 3000]


def test_a_silence_parts_subtitles() -> None:
    words = [*said("we wait"), *said("and go on", from_ms=600 + GAP_MS)]
    assert [cue.text for cue in cues_of(words, end_ms=5_000)] == ["we wait", "and go on"]
    words = [*said("we wait"), *said("and go on", from_ms=500 + GAP_MS)]
    assert [cue.text for cue in cues_of(words, end_ms=5_000)] == ["we wait and go on"]


def test_a_short_one_stands_long_enough_to_be_read_but_not_over_the_next_one() -> None:
    cues = cues_of([*said("Yes."), *said("No.", from_ms=800), *said("Fine.", from_ms=1_100)], end_ms=5_000)
    assert [(cue.from_ms, cue.to_ms) for cue in cues] == [(0, 800), (800, 1_100), (1_100, 1_100 + SHORTEST_MS)]
    assert cues_of(said("Yes."), end_ms=500)[0].to_ms == 500


@pytest.mark.parametrize("word_ms", [60.0, 300.0, 1_500.0])
def test_a_long_sentence_is_cut_so_that_it_can_be_read(word_ms: float) -> None:
    words = said(
        "and so it goes on and on without any mark at all until nobody can read it any more " * 5, word_ms=word_ms
    )
    cues = cues_of(words, end_ms=1e9)
    for cue in cues:
        lines = srt(1, cue).splitlines()[2:-1]
        assert len(lines) <= LINES
        assert all(len(line) <= LINE_WIDTH for line in lines)
        assert cue.words[-1].to_ms - cue.from_ms <= LONGEST_MS
    assert " ".join(cue.text for cue in cues) == joined(words)


def test_chinese_has_lines_of_half_as_many_characters_and_no_spaces() -> None:
    text = "今天天气很好我们一起去公园散步吧然后再去吃饭你觉得怎么样呢好的没问题我们走吧。"
    words = [
        TimedText(text=char, from_ms=100.0 * n, to_ms=100.0 * n + 100, is_joined=n > 0) for n, char in enumerate(text)
    ]
    cues = cues_of(words, end_ms=1e9)
    assert "".join(cue.text for cue in cues) == text
    assert all(len(line) <= LINE_WIDTH // 2 for cue in cues for line in srt(1, cue).splitlines()[2:])


def test_times_have_hours_and_thousandths_and_never_no_duration() -> None:
    cue = cues_of([TimedText(text="Late.", from_ms=3_723_004.6, to_ms=3_723_004.6)], end_ms=0)[0]
    assert srt(12, cue) == "12\n01:02:03,005 --> 01:02:03,006\nLate.\n\n"
    assert vtt(cue) == "01:02:03.005 --> 01:02:03.006\nLate.\n\n"


def test_signs_that_mean_something_to_a_player_are_made_harmless() -> None:
    cue = cues_of(said("a --> b <i> & c"), end_ms=2_000)[0]
    assert parse_srt(srt(1, cue))[0].text == "a -> b <i> & c"
    assert "a --&gt; b &lt;i&gt; &amp; c" in vtt(cue)
    assert parse_vtt(VTT_HEAD + vtt(cue))[0].text == "a --> b <i> & c"


def test_words_have_their_times_in_vtt() -> None:
    cue = cues_of(said("One two."), end_ms=2_000)[0]
    assert vtt(cue, words=True) == "00:00:00.000 --> 00:00:01.000\nOne <00:00:00.300>two.\n\n"


WORDS = st.lists(
    st.tuples(
        st.from_regex(re.compile(r"[a-zA-Z]{1,60}[.,?]?", re.ASCII), fullmatch=True),
        st.floats(1, 2_000),
        st.floats(0, 2_000),
    ),
    min_size=1,
    max_size=60,
)


@given(WORDS)
def test_whatever_was_said_it_can_be_parsed_and_nothing_is_missing(parts: list[tuple[str, float, float]]) -> None:
    words = []
    at_ms = 0.0
    for text, lasts_ms, pause_ms in parts:
        words.append(TimedText(text=text, from_ms=at_ms, to_ms=at_ms + lasts_ms))
        at_ms += lasts_ms + pause_ms
    cues = cues_of(words, end_ms=at_ms)
    parsed = parse_srt("".join(srt(n, cue) for n, cue in enumerate(cues, 1)))
    assert " ".join(each.text for each in parsed) == joined(words)
    assert all(before.to_ms <= after.from_ms + 1 for before, after in pairwise(parsed))
    assert [each.from_ms for each in parse_vtt(VTT_HEAD + "".join(map(vtt, cues)))] == [each.from_ms for each in parsed]


def test_no_words_make_no_subtitle() -> None:
    assert cues_of([], end_ms=1000) == []
