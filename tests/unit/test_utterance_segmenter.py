"""Utterances are complete: first word, pauses, end. Time is counted in samples."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.segmenter_rig import Rig, kinds
from voicecli.pcm import BLOCK_SAMPLES, RATE_HZ
from voicecli.speech.utterance_segmenter import (
    EndTalk,
    SegmenterConfig,
    SpeechEnded,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
)


def test_an_utterance_has_its_pre_roll_and_a_tail() -> None:
    segments = Rig().feed("." * 20 + "#" * 30 + "." * 30)
    assert kinds(segments) == ["SpeechStarted", "SpeechPaused", "SpeechEnded"]
    started, paused, ended = segments
    assert isinstance(started, SpeechStarted)
    assert isinstance(paused, SpeechPaused)
    assert isinstance(ended, SpeechEnded)
    assert started.at_sample == 20 * BLOCK_SAMPLES
    said = ended.utterance
    assert said.first_sample == 15 * BLOCK_SAMPLES
    assert said.samples[0] == 15
    assert said.samples[-1] == 54  # 100 ms of the silence after block 49
    assert said.speech_end_sample == 50 * BLOCK_SAMPLES
    assert ended.reason == "silence"
    assert not said.samples.flags.writeable


def test_what_is_ended_after_a_pause_is_what_was_paused() -> None:
    _, paused, ended = Rig().feed("#" * 30 + "." * 30)
    assert isinstance(paused, SpeechPaused)
    assert isinstance(ended, SpeechEnded)
    assert ended.utterance is paused.utterance


def test_the_end_comes_after_exactly_the_silence_that_was_set() -> None:
    rig = Rig()
    rig.feed("#" * 30 + "." * 19)
    assert kinds(rig.feed(".")) == ["SpeechEnded"]


def test_a_pause_is_waited_out_as_long_as_was_said_of_it_and_only_that_one() -> None:
    rig = Rig()
    rig.feed("#" * 30 + "." * 5)
    rig.segmenter.end_after(200, speech_end_sample=30 * BLOCK_SAMPLES)
    assert kinds(rig.feed("." * 4)) == []
    assert kinds(rig.feed(".")) == ["SpeechEnded"]
    rig.feed("#" * 30 + "." * 5)
    rig.segmenter.end_after(200, speech_end_sample=30 * BLOCK_SAMPLES)  # too late: that pause is over
    assert kinds(rig.feed("." * 14)) == []
    assert kinds(rig.feed(".")) == ["SpeechEnded"]


def test_going_on_after_a_pause_takes_it_back_and_loses_nothing() -> None:
    segments = Rig().feed("#" * 20 + "." * 10 + "#" * 20 + "." * 30)
    assert kinds(segments) == ["SpeechStarted", "SpeechPaused", "SpeechResumed", "SpeechPaused", "SpeechEnded"]
    ended = segments[-1]
    assert isinstance(ended, SpeechEnded)
    assert sorted(set(ended.utterance.samples.tolist())) == list(range(55))
    assert isinstance(segments[2], SpeechResumed)


def test_a_short_sound_is_discarded() -> None:
    assert kinds(Rig().feed("####" + "." * 40)) == ["SpeechStarted", "SpeechPaused", "SpeechDiscarded"]


def test_the_longest_utterance_is_cut_and_the_next_one_begins_where_it_ended() -> None:
    rig = Rig()
    segments = rig.feed("#" * 250)
    ended = [segment for segment in segments if isinstance(segment, SpeechEnded)]
    assert [segment.reason for segment in ended] == ["limit", "limit"]
    assert len(ended[0].utterance.samples) == 2 * RATE_HZ
    first, second = ended
    assert second.utterance.first_sample == first.utterance.first_sample + len(first.utterance.samples)


def test_nothing_of_one_utterance_is_in_the_next() -> None:
    segments = Rig().feed("#" * 30 + "." * 20 + "#" * 30 + "." * 40)
    ended = [segment for segment in segments if isinstance(segment, SpeechEnded)]
    first, second = (set(segment.utterance.samples.tolist()) for segment in ended)
    assert not first & second


def test_a_key_ends_an_utterance_that_a_voice_began_after_a_tail() -> None:
    rig = Rig()
    rig.feed("...####")
    assert kinds(rig.key(EndTalk())) == []
    ended = rig.feed("#" * 10)
    assert kinds(ended) == ["SpeechEnded"]
    assert rig.key(EndTalk()) == []


def test_what_was_heard_while_muted_is_forgotten_pre_roll_and_all() -> None:
    rig = Rig()
    rig.feed("." * 10 + "#" * 10)
    assert kinds(rig.segmenter.drop("muted")) == ["SpeechDiscarded"]
    assert rig.segmenter.drop("muted") == []
    rig.gate.close()
    segments = rig.feed("#" * 30 + "." * 30)
    ended = segments[-1]
    assert isinstance(ended, SpeechEnded)
    assert ended.utterance.samples[0] == 20


@pytest.mark.parametrize("pre_roll_ms", [0, 20, 300])
def test_the_pre_roll_is_as_long_as_was_set_or_as_there_is(pre_roll_ms: int) -> None:
    config = SegmenterConfig(pre_roll_ms=pre_roll_ms, end_silence_ms=400)
    ended = Rig(config).feed("." * 10 + "#" * 30 + "." * 30)[-1]
    assert isinstance(ended, SpeechEnded)
    assert ended.utterance.first_sample == max(0, 10 * BLOCK_SAMPLES - pre_roll_ms * 16)


@given(st.lists(st.tuples(st.sampled_from("#."), st.integers(1, 40)), max_size=20))
def test_whatever_is_heard_segments_come_in_order_and_samples_are_never_given_twice(
    runs: list[tuple[str, int]],
) -> None:
    segments = Rig().feed("".join(sign * length for sign, length in runs) + "." * 60)
    allowed = {
        "SpeechStarted": {"SpeechPaused", "SpeechEnded"},
        "SpeechPaused": {"SpeechResumed", "SpeechEnded", "SpeechDiscarded"},
        "SpeechResumed": {"SpeechPaused", "SpeechEnded"},
        "SpeechEnded": {"SpeechStarted"},
        "SpeechDiscarded": {"SpeechStarted"},
    }
    names = kinds(segments)
    assert all(after in allowed[before] for before, after in pairwise(names))
    assert not names or names[0] == "SpeechStarted"
    assert not names or names[-1] in {"SpeechEnded", "SpeechDiscarded"}
    ended = [segment.utterance for segment in segments if isinstance(segment, SpeechEnded)]
    for before, after in pairwise(ended):
        assert before.first_sample + len(before.samples) <= after.first_sample
    for utterance in ended:
        first = utterance.first_sample // BLOCK_SAMPLES
        assert utterance.samples[::BLOCK_SAMPLES].tolist() == list(range(first, first + len(utterance.samples) // 320))
