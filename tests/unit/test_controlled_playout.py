"""A playout that is paused, skipped and changed in speed, word by word."""

from __future__ import annotations

import numpy as np
import pytest

from voicecli.audio.controlled_playout import ControlledPlayout
from voicecli.audio.playout_reports import ChunkEnded, ChunkStarted, PlayoutReport, TurnPlayed
from voicecli.pcm import Pcm, samples_of, silence
from voicecli.speech.word_timing import TimedWord
from voicecli.turn import Turn

RATE_HZ = 16_000
BLOCK = 320
FADE = samples_of(5, RATE_HZ)
WORD = 5 * BLOCK


def words(count: int) -> tuple[Pcm, list[TimedWord]]:
    """A chunk in which all samples of word n, from 0, are 1000 * (n + 1), and each word lasts five blocks."""
    sound = np.repeat((np.arange(count) + 1) * 1_000, WORD).astype(np.int16)
    return sound, [TimedWord(word=n, from_sample=n * WORD, to_sample=(n + 1) * WORD) for n in range(count)]


class Rig:
    def __init__(self) -> None:
        self.marks: list[PlayoutReport] = []
        self.playout = ControlledPlayout(RATE_HZ, on_report=self.marks.append)
        self.turn = Turn(1)
        self.playout.open(self.turn)

    def add(self, chunk: int, count: int, *, complete: bool = True) -> None:
        sound, timed = words(count)
        self.playout.time_words(self.turn, chunk, timed, RATE_HZ)
        self.playout.add(self.turn, chunk, sound, RATE_HZ)
        if complete:
            self.playout.end_chunk(self.turn, chunk)

    def pull(self, blocks: int) -> Pcm:
        return np.concatenate([silence(0), *(self.playout.pull(BLOCK) for _ in range(blocks))])


@pytest.fixture
def rig() -> Rig:
    return Rig()


def heard(sound: Pcm) -> list[int]:
    """The levels that fill at least one half block, in order, without repetitions."""
    levels: list[int] = []
    for start in range(0, len(sound) - BLOCK // 2, BLOCK // 2):
        part = sound[start : start + BLOCK // 2]
        if (part == part[0]).all() and levels[-1:] != [int(part[0])]:
            levels.append(int(part[0]))
    return levels


def test_it_goes_on_at_the_beginning_of_the_word_that_was_broken_off(rig: Rig) -> None:
    rig.add(0, 4)
    before = rig.pull(7)  # one word and two fifths of the next
    rig.playout.pause()
    pause = rig.pull(10)
    assert heard(pause[BLOCK:]) == [0]
    rig.playout.resume_at_word(rig.turn)
    after = rig.pull(15)
    assert heard(before) == [1_000, 2_000]
    assert heard(after) == [2_000, 3_000, 4_000]
    assert (after == 2_000).sum() == WORD - FADE  # all of the word but its rise
    assert (after == 3_000).sum() == (after == 4_000).sum() == WORD


def test_paused_between_two_words_it_goes_on_with_the_next(rig: Rig) -> None:
    rig.add(0, 3)
    rig.pull(5)
    rig.playout.pause()
    rig.pull(3)
    rig.playout.resume_at_word(rig.turn)
    assert heard(rig.pull(10)) == [2_000, 3_000]


def test_a_pause_is_silent_after_one_fade(rig: Rig) -> None:
    rig.add(0, 3)
    rig.pull(2)
    rig.playout.pause()
    sound = rig.pull(2)
    assert not sound[FADE:].any()
    assert (np.diff(sound[:FADE].astype(int)) <= 0).all()


def test_skipping_fades_out_and_goes_on_with_the_piece_behind(rig: Rig) -> None:
    rig.add(0, 4)
    rig.add(1, 4)
    rig.add(2, 2)
    rig.pull(2)
    rig.playout.skip(rig.turn, 1)
    sound = rig.pull(11)
    assert heard(sound) == [1_000, 2_000] or heard(sound[FADE:]) == [1_000, 2_000]
    assert sound[FADE - 1] == 0
    assert (sound == 2_000).sum() == WORD
    assert [mark.chunk for mark in rig.marks if isinstance(mark, ChunkStarted)] == [0, 2]
    assert [mark.chunk for mark in rig.marks if isinstance(mark, ChunkEnded)] == [0, 2]


def test_what_still_comes_of_a_skipped_piece_is_not_heard(rig: Rig) -> None:
    rig.add(0, 2, complete=False)
    rig.pull(2)
    rig.playout.skip(rig.turn, 0)
    rig.pull(1)
    rig.add(0, 3)
    rig.add(1, 1)
    rig.playout.finish(rig.turn)
    sound = rig.pull(8)
    assert (sound == 1_000).sum() == WORD
    assert not (sound > 1_000).any()
    assert isinstance(rig.marks[-1], TurnPlayed)


def test_skipping_while_paused_does_not_go_on(rig: Rig) -> None:
    rig.add(0, 2)
    rig.add(1, 1)
    rig.pull(2)
    rig.playout.pause()
    rig.pull(1)
    rig.playout.skip(rig.turn, 0)
    assert not rig.pull(5).any()
    rig.playout.resume_at_word(rig.turn)
    assert (rig.pull(6) == 1_000).sum() >= WORD - FADE


@pytest.mark.parametrize("factor", [2.0, 0.5])
def test_another_speed_begins_with_a_word_and_changes_the_rest_of_the_piece_only(rig: Rig, factor: float) -> None:
    rig.add(0, 10)
    rig.add(1, 1)
    rig.pull(2)
    rig.playout.change_speed(rig.turn, factor)
    sound = np.concatenate([rig.pull(1) for _ in range(120) if not rig.marks or rig.marks[-1] != _ended(rig, 0)])
    at_old = int((sound == 1_000).sum() + (sound == 2_000).sum())
    assert at_old == 2 * WORD - 2 * BLOCK  # the word that is heard, and the next, which begins too soon
    rest = len(np.trim_zeros(sound)) - at_old
    assert rest == pytest.approx(8 * WORD / factor, rel=0.15)


def _ended(rig: Rig, chunk: int) -> PlayoutReport:
    return ChunkEnded(turn=rig.turn, chunk=chunk)


def test_a_piece_that_still_grows_changes_its_speed_when_it_is_complete(rig: Rig) -> None:
    rig.add(0, 20, complete=False)
    rig.pull(2)
    rig.playout.change_speed(rig.turn, 2.0)
    before = rig.playout.buffered_ms(rig.turn)
    assert before == 20 * 100 - 40
    rig.playout.end_chunk(rig.turn, 0)
    assert rig.playout.buffered_ms(rig.turn) == pytest.approx(before / 2, rel=0.15)


def test_words_are_told_of_at_their_new_times(rig: Rig) -> None:
    rig.add(0, 10)
    rig.pull(2)
    rig.playout.change_speed(rig.turn, 2.0)
    position = None
    while not isinstance(rig.marks[-1], ChunkEnded):
        rig.pull(1)
        position = rig.playout.position(rig.turn)
    assert position is not None
    assert position.words_heard == 10
    assert len([mark for mark in rig.marks if type(mark).__name__ == "WordStarted"]) == 10
