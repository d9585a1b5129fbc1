from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicecli.audio.resample import Blocker, Resampler, mixed, resample
from voicecli.pcm import BLOCK_SAMPLES, Pcm

RATES = [8_000, 11_025, 16_000, 22_050, 44_100, 48_000]


def tone(samples: int, rate_hz: int, hz: float = 440.0) -> Pcm:
    wave: Pcm = np.rint(10_000 * np.sin(2 * np.pi * hz * np.arange(samples) / rate_hz)).astype(np.int16)
    return wave


def in_chunks(pcm: Pcm, cuts: list[int]) -> list[Pcm]:
    return np.split(pcm, sorted(cut % (len(pcm) + 1) for cut in cuts))


@given(
    st.sampled_from(RATES), st.sampled_from(RATES), st.integers(0, 3_000), st.lists(st.integers(0, 3_000), max_size=8)
)
def test_a_stream_gives_the_same_samples_however_it_is_cut_up(
    from_hz: int, to_hz: int, samples: int, cuts: list[int]
) -> None:
    pcm = tone(samples, from_hz)
    whole = Resampler(from_hz, to_hz, "LQ")
    expected = np.concatenate([whole.feed(pcm), whole.finish()])

    stream = Resampler(from_hz, to_hz, "LQ")
    parts = [stream.feed(part) for part in in_chunks(pcm, cuts)]

    assert np.array_equal(np.concatenate([*parts, stream.finish()]), expected)
    assert len(expected) == round(samples * to_hz / from_hz)


@pytest.mark.parametrize("quality", ["LQ", "HQ"])
def test_a_tone_keeps_its_pitch_and_loudness(quality: str) -> None:
    stream = Resampler(48_000, 16_000, "LQ" if quality == "LQ" else "HQ")
    out = np.concatenate([stream.feed(tone(48_000, 48_000)), stream.finish()])
    middle = slice(1_000, 15_000)

    assert np.abs(out[middle] - tone(16_000, 16_000)[middle].astype(int)).max() <= 2


def test_what_lies_above_half_the_new_rate_is_taken_out() -> None:
    out = resample(tone(48_000, 48_000, hz=9_500), 48_000, 16_000)

    assert np.abs(out[1_000:15_000]).max() <= 1


def test_a_resampler_that_was_finished_begins_anew() -> None:
    stream = Resampler(22_050, 48_000, "HQ")
    pcm = tone(2_205, 22_050)
    first = np.concatenate([stream.feed(pcm), stream.finish()])

    assert np.array_equal(np.concatenate([stream.feed(pcm), stream.finish()]), first)


def test_equal_rates_hand_the_samples_through() -> None:
    stream = Resampler(16_000, 16_000, "HQ")
    pcm = tone(100, 16_000)

    assert stream.feed(pcm) is pcm
    assert len(stream.finish()) == 0


def test_channels_are_mixed_without_overflow() -> None:
    loud = np.full((4, 2), 32_767, dtype=np.int16)

    assert mixed(loud).tolist() == [32_767] * 4
    assert mixed(np.array([[100, -50], [3, 5]], dtype=np.int16)).tolist() == [25, 4]
    assert mixed(loud[:, :1]).shape == (4,)


@given(st.lists(st.integers(0, 1_000), max_size=12))
def test_blocks_are_exact_and_lose_nothing(sizes: list[int]) -> None:
    pcm = np.arange(sum(sizes), dtype=np.int64).astype(np.int16)
    blocker, blocks, at = Blocker(), [], 0
    for size in sizes:
        blocks += list(blocker.feed(pcm[at : at + size]))
        at += size

    assert all(block.shape == (BLOCK_SAMPLES,) for block in blocks)
    assert len(blocks) == len(pcm) // BLOCK_SAMPLES
    if blocks:
        assert np.array_equal(np.concatenate(blocks), pcm[: len(blocks) * BLOCK_SAMPLES])
