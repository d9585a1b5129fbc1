"""Long recordings are cut in pauses, without any loss."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from voicecli.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, silence
from voicecli.speech.recording_passages import LONGEST_MS, Passage, passages


class LoudIsSpeech:
    """Scores loud blocks as speech. `faint` blocks score between the thresholds."""

    resets = 0

    def score(self, block: Pcm) -> float:
        return min(1.0, float(np.abs(block).max()) / 1000)

    def reset(self) -> None:
        self.resets += 1


def voice(seconds: float, loud: int = 1000) -> Pcm:
    return np.full(round(seconds * RATE_HZ), loud, dtype=np.int16)


def cut(*parts: Pcm, step: int = 777) -> list[Passage]:
    whole = np.concatenate(parts)
    pieces: Iterator[Pcm] = (whole[at : at + step] for at in range(0, len(whole), step))
    return list(passages(pieces, LoudIsSpeech()))


def seconds(found: list[Passage]) -> list[tuple[float, float]]:
    return [(round(each.from_sample / RATE_HZ, 1), round(each.to_sample / RATE_HZ, 1)) for each in found]


def test_silence_is_left_out_and_the_edges_of_speech_are_kept() -> None:
    assert seconds(cut(silence(RATE_HZ * 5), voice(2), silence(RATE_HZ * 5))) == [(4.6, 7.4)]


def test_a_long_pause_ends_a_passage_and_a_short_one_does_not() -> None:
    found = cut(voice(2), silence(RATE_HZ // 2), voice(2), silence(RATE_HZ * 3 // 2), voice(2))
    assert seconds(found) == [(0.0, 4.9), (5.6, 8.0)]


def test_the_longer_a_passage_is_the_shorter_a_pause_may_end_it() -> None:
    short = silence(RATE_HZ * 7 // 10)
    assert len(cut(voice(5), short, voice(5))) == 1
    assert len(cut(voice(9), short, voice(5))) == 2
    assert len(cut(voice(23), silence(RATE_HZ * 4 // 10), voice(5))) == 2


def test_who_never_pauses_is_cut_where_it_is_least_likely_speech_and_nothing_is_lost() -> None:
    found = cut(voice(24), voice(0.1, loud=400), voice(26))
    assert [round(each.to_sample / RATE_HZ, 1) for each in found] == [24.0, 50.1]
    assert all(len(each.samples) <= LONGEST_MS * RATE_HZ // 1000 for each in found)
    assert sum(len(each.samples) for each in found) == pytest.approx(50.1 * RATE_HZ, abs=BLOCK_SAMPLES)
    assert found[1].from_sample == found[0].to_sample


def test_how_the_sound_was_cut_up_does_not_matter() -> None:
    parts = (silence(5000), voice(2), silence(30_001), voice(1))
    one, other = ([(each.from_sample, len(each.samples)) for each in cut(*parts, step=step)] for step in (1 << 20, 333))
    assert one == other
    assert len(one) == 2


@pytest.mark.parametrize("sound", [silence(0), silence(100), silence(RATE_HZ * 60)])
def test_where_nobody_speaks_there_is_no_passage(sound: Pcm) -> None:
    assert cut(sound) == []
