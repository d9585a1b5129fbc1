from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from voicecli.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, silence
from voicecli.speech.level import FLOOR_DBFS, Ballistics, LevelMeter, dbfs, peak_dbfs

blocks = npst.arrays(np.int16, st.integers(0, BLOCK_SAMPLES))


def sine(amplitude: float, samples: int = RATE_HZ) -> Pcm:
    return np.rint(amplitude * np.sin(2 * np.pi * 440 * np.arange(samples) / RATE_HZ)).astype(np.int16)


def constant(value: int, samples: int = BLOCK_SAMPLES) -> Pcm:
    return np.full(samples, value, dtype=np.int16)


def test_silence_and_nothing_at_all_are_at_the_floor() -> None:
    assert dbfs(silence(BLOCK_SAMPLES)) == peak_dbfs(silence(BLOCK_SAMPLES)) == FLOOR_DBFS
    assert dbfs(silence(0)) == peak_dbfs(silence(0)) == FLOOR_DBFS


def test_the_loudest_square_wave_is_zero_and_such_a_sine_three_decibels_less() -> None:
    assert dbfs(constant(-32768)) == 0.0
    assert dbfs(sine(32767)) == pytest.approx(-3.01, abs=0.01)
    assert peak_dbfs(sine(32767)) == pytest.approx(0.0, abs=0.01)


def test_half_the_amplitude_is_six_decibels_less() -> None:
    assert dbfs(sine(16000)) - dbfs(sine(8000)) == pytest.approx(6.02, abs=0.01)


def test_the_peak_of_the_lowest_sample_does_not_overflow() -> None:
    block = silence(BLOCK_SAMPLES)
    block[7] = -32768
    assert peak_dbfs(block) == 0.0


@given(blocks)
def test_loudness_is_between_the_floor_and_the_peak(block: Pcm) -> None:
    assert FLOOR_DBFS <= dbfs(block) <= peak_dbfs(block) + 1e-9 <= 1e-9


@given(st.lists(blocks, max_size=20))
def test_the_meter_stays_on_its_scale(several: list[Pcm]) -> None:
    meter = LevelMeter()
    for block in several:
        assert FLOOR_DBFS <= meter.update(block) == meter.dbfs <= 0.0


def test_the_meter_rises_within_two_blocks_and_falls_half_a_decibel_a_block() -> None:
    meter = LevelMeter()
    loud = constant(-32768)
    assert meter.update(loud) == pytest.approx(0.3 * FLOOR_DBFS)
    assert meter.update(loud) > -10
    for _ in range(20):
        meter.update(loud)
    top = meter.dbfs
    assert meter.update(silence(BLOCK_SAMPLES)) == pytest.approx(top - 0.5)


def test_the_meter_does_not_fall_below_what_is_there() -> None:
    meter = LevelMeter(Ballistics(attack=1.0, release_db=50.0))
    meter.update(constant(-32768))
    quiet = constant(100)
    meter.update(quiet)
    assert meter.update(quiet) == dbfs(quiet)


def test_a_meter_starts_at_the_floor() -> None:
    assert LevelMeter().dbfs == FLOOR_DBFS
