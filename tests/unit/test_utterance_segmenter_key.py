"""Utterances that start and end with a key: exact to the block, whatever the voice gate says meanwhile."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.segmenter_rig import CONFIG, Rig, kinds
from voicecli.pcm import BLOCK_SAMPLES
from voicecli.speech.utterance_segmenter import (
    BeginTalk,
    DropTalk,
    EndTalk,
    Segment,
    SegmenterConfig,
    SpeechDiscarded,
    SpeechEnded,
    SpeechGrown,
    SpeechPaused,
    SpeechStarted,
    TalkOrder,
)

PRE_ROLL, TAIL, LONGEST = 5, 10, 100  # blocks, as in CONFIG
KEY_ONLY = SegmenterConfig(
    pre_roll_ms=100, end_silence_ms=400, shortest_speech_ms=100, longest_utterance_s=2.0, voice_opens=False
)


def blocks_in(segment: Segment) -> list[int]:
    """The numbers of the blocks in an utterance."""
    assert isinstance(segment, SpeechEnded | SpeechPaused)
    assert int(segment.utterance.samples[0]) * BLOCK_SAMPLES == segment.utterance.first_sample
    return list(segment.utterance.samples[::BLOCK_SAMPLES].tolist())


@pytest.mark.parametrize("config", [CONFIG, KEY_ONLY])
def test_it_is_what_was_heard_from_the_pre_roll_of_the_press_to_the_tail_of_the_release(
    config: SegmenterConfig,
) -> None:
    rig = Rig(config)
    rig.feed("." * 20)
    started = rig.key(BeginTalk())
    assert started == [SpeechStarted(at_sample=20 * BLOCK_SAMPLES, by_key=True)]
    assert rig.segmenter.open
    rig.feed("#" * 30)
    assert rig.key(EndTalk()) == []
    assert rig.feed("#" * (TAIL - 1)) == []
    (ended,) = rig.feed("#")
    assert isinstance(ended, SpeechEnded)
    assert ended.reason == "key"
    assert blocks_in(ended) == list(range(20 - PRE_ROLL, 50 + TAIL))


def test_no_silence_ends_it_while_the_key_is_down() -> None:
    rig = Rig()
    rig.key(BeginTalk())
    assert kinds(rig.feed("#" * 10 + "." * 40 + "#" * 10 + "." * 20)) == [
        "SpeechPaused",
        "SpeechResumed",
        "SpeechPaused",
    ]
    rig.segmenter.end_after(100, speech_end_sample=60 * BLOCK_SAMPLES)
    assert rig.feed(".") == []


def test_let_go_in_a_pause_it_ends_at_once_and_is_what_was_paused() -> None:
    rig = Rig()
    rig.key(BeginTalk())
    (paused,) = rig.feed("#" * 20 + "." * 20)
    (ended,) = rig.key(EndTalk())
    assert isinstance(paused, SpeechPaused)
    assert isinstance(ended, SpeechEnded)
    assert ended.utterance is paused.utterance
    assert not rig.segmenter.open


def test_a_silence_cuts_the_tail_short_when_the_last_word_must_be_whole() -> None:
    rig = Rig()
    rig.key(BeginTalk())
    rig.feed("#" * 20 + "..")
    rig.key(EndTalk())
    assert kinds(rig.feed("." * 5)) == ["SpeechPaused"]
    assert kinds(rig.feed(".")) == ["SpeechEnded"]  # after 160 ms


def test_let_go_in_the_closure_before_a_final_t_it_is_still_heard() -> None:
    rig = Rig()
    rig.key(BeginTalk())
    assert kinds(rig.feed("#" * 20 + "." * 6)) == ["SpeechPaused"]
    assert rig.key(EndTalk()) == []
    *_, ended = rig.feed("###" + "." * 8)
    assert blocks_in(ended)[-1] >= 28


def test_a_key_that_is_pressed_while_somebody_speaks_keeps_the_beginning() -> None:
    rig = Rig()
    rig.feed("." * 10 + "#" * 10)
    assert kinds(rig.key(BeginTalk())) == ["SpeechStarted"]
    rig.feed("." * 40 + "#" * 10)
    rig.key(EndTalk())
    (ended,) = [segment for segment in rig.feed("#" * 20) if isinstance(segment, SpeechEnded)]
    assert blocks_in(ended) == list(range(5, 70 + TAIL))


def test_pressed_again_within_the_tail_it_goes_on() -> None:
    rig = Rig()
    rig.key(BeginTalk())
    rig.feed("#" * 10)
    rig.key(EndTalk())
    rig.feed("##")
    rig.key(BeginTalk())
    assert rig.feed("#" * 30) == []


def test_voice_alone_opens_nothing_where_only_a_key_does() -> None:
    rig = Rig(KEY_ONLY)
    assert rig.feed("#" * 200 + "." * 40 + "#" * 20) == []
    rig.key(BeginTalk())
    rig.feed("#" * 10)
    rig.key(EndTalk())
    ended = rig.feed("#" * 40)
    assert kinds(ended) == ["SpeechEnded"]
    assert blocks_in(ended[0])[0] == 260 - PRE_ROLL


@pytest.mark.parametrize("earliest", [0, 18, 20, 33])
def test_what_was_heard_too_early_is_no_pre_roll(earliest: int) -> None:
    rig = Rig()
    rig.feed("." * 20)
    rig.key(BeginTalk(), earliest=earliest)
    rig.feed("#" * 10)
    rig.key(EndTalk())
    (ended,) = rig.feed("#" * TAIL)
    assert blocks_in(ended)[0] == max(20 - PRE_ROLL, min(earliest, 20))


def test_without_pre_roll_it_begins_with_the_key() -> None:
    rig = Rig()
    rig.feed("." * 20)
    rig.key(BeginTalk(pre_roll=False))
    rig.feed("#" * 10)
    rig.key(EndTalk())
    (ended,) = rig.feed("#" * TAIL)
    assert blocks_in(ended)[0] == 20


def test_nothing_said_is_no_utterance_but_a_single_voiced_block_is() -> None:
    rig = Rig()
    rig.feed("." * 10)
    rig.key(BeginTalk())
    rig.feed("." * 10)
    rig.key(EndTalk())
    assert rig.feed("." * TAIL) == [
        SpeechDiscarded(at_sample=(20 + TAIL) * BLOCK_SAMPLES, because="nothing-said"),
    ]
    rig.key(BeginTalk())
    rig.feed(".#........")
    rig.key(EndTalk())
    assert kinds(rig.feed("." * TAIL)) == ["SpeechEnded"]


def test_a_word_said_as_the_key_goes_down_is_something_said() -> None:
    rig = Rig(KEY_ONLY)
    rig.feed("." * 10 + "#" * 5)
    rig.key(BeginTalk())
    rig.key(EndTalk())
    (ended,) = rig.feed("." * TAIL)[-1:]
    assert isinstance(ended, SpeechEnded)
    assert ended.utterance.speech_end_sample == 15 * BLOCK_SAMPLES


def test_it_is_ended_at_the_longest_length() -> None:
    rig = Rig()
    rig.key(BeginTalk())
    segments = rig.feed("#" * LONGEST)
    assert [segment.reason for segment in segments if isinstance(segment, SpeechEnded)] == ["limit"]
    assert rig.key(EndTalk()) == []


def test_it_is_thrown_away_pre_roll_and_all() -> None:
    rig = Rig()
    rig.key(BeginTalk())
    rig.feed("#" * 20)
    assert rig.key(DropTalk()) == [SpeechDiscarded(at_sample=20 * BLOCK_SAMPLES, because="discarded")]
    assert rig.key(DropTalk()) == []
    rig.key(BeginTalk())
    rig.feed("#")
    rig.key(EndTalk())
    assert blocks_in(rig.feed("#" * TAIL)[-1])[0] == 20


ACTIONS = st.one_of(
    st.tuples(st.sampled_from("#."), st.integers(1, 40)),
    st.tuples(st.sampled_from(["press", "release", "drop"]), st.just(0)),
)


@given(st.lists(ACTIONS, max_size=30), st.booleans())
def test_whatever_is_pressed_and_said_utterances_are_whole_and_never_overlap(
    actions: list[tuple[str, int]], voice_opens: bool
) -> None:
    rig = Rig(CONFIG if voice_opens else KEY_ONLY)
    orders: dict[str, TalkOrder] = {
        "press": BeginTalk(),
        "release": EndTalk(),
        "drop": DropTalk(),
    }
    segments: list[Segment] = []
    for sign, length in [*actions, ("release", 0), (".", 60)]:
        segments += rig.key(orders[sign]) if sign in orders else rig.feed(sign * length)
    assert not rig.segmenter.open
    is_open = False
    for segment in segments:
        match segment:
            case SpeechStarted():
                assert not is_open or segment.by_key
                assert voice_opens or segment.by_key
                is_open = True
            case SpeechEnded() | SpeechDiscarded():
                assert is_open
                is_open = False
            case _:
                assert is_open
    ended = [segment for segment in segments if isinstance(segment, SpeechEnded)]
    for utterance in ended:
        blocks = blocks_in(utterance)
        assert blocks == list(range(blocks[0], blocks[0] + len(blocks)))
        assert len(blocks) <= LONGEST
        assert utterance.utterance.speech_end_sample <= utterance.utterance.now_sample
    for before, after in pairwise(ended):
        assert blocks_in(before)[-1] < blocks_in(after)[0]


def test_what_was_said_so_far_is_told_only_while_somebody_speaks() -> None:
    rig = Rig(dataclasses.replace(CONFIG, grown_ms=200))
    rig.key(BeginTalk())
    assert rig.feed("." * 40) == []
    assert kinds(rig.feed("#" * 21)) == ["SpeechGrown"] * 3


def test_a_dip_of_the_voice_is_reported_before_it_is_a_pause() -> None:
    rig = Rig(dataclasses.replace(CONFIG, grown_ms=1000))
    rig.feed("#" * 10)
    assert kinds(rig.feed("..##...##")) == ["SpeechGrown"] * 2  # each once
    (grown,) = rig.feed("#..")
    assert isinstance(grown, SpeechGrown)
    assert grown.dipped
    (paused,) = rig.feed("...")
    assert isinstance(paused, SpeechPaused)
    assert paused.utterance.speech_end_sample == grown.utterance.speech_end_sample < grown.utterance.now_sample
    assert kinds(Rig(CONFIG).feed("#" * 10 + "..##")) == ["SpeechStarted"]
