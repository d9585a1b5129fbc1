"""Speech at another speed: the right length, the same pitch, however it is split."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voicecli.pcm import Pcm
from voicecli.speech.time_stretch import Stretcher

RATE_HZ = 22_050


def voice(duration_s: float, hz: float = 120.0) -> Pcm:
    """A buzz with the harmonics of a voice, and loudness that varies like syllables."""
    at = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    buzz = sum(np.sin(2 * np.pi * hz * n * at) / n for n in range(1, 9))
    return (6000 * buzz * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * at))).astype(np.int16)


def stretched(pcm: Pcm, speed: float, cuts: list[int] | None = None) -> Pcm:
    stretcher = Stretcher(speed, RATE_HZ)
    pieces = np.split(pcm, cuts or [])
    return np.concatenate([*(stretcher.feed(piece) for piece in pieces), stretcher.finish()])


def pitch_hz(pcm: Pcm) -> float:
    spectrum = np.abs(np.fft.rfft(pcm[4000:] * np.hanning(len(pcm) - 4000)))
    low = round(60 * (len(pcm) - 4000) / RATE_HZ)
    high = round(200 * (len(pcm) - 4000) / RATE_HZ)
    return (low + int(np.argmax(spectrum[low:high]))) * RATE_HZ / (len(pcm) - 4000)


@pytest.mark.parametrize("speed", [0.5, 0.8, 1.25, 2.0, 3.0])
def test_the_length_changes_and_the_pitch_does_not(speed: float) -> None:
    before = voice(2.0)
    after = stretched(before, speed)
    assert len(after) == round(len(before) / speed)
    assert pitch_hz(after) == pytest.approx(120.0, abs=3.0)
    loudness = [float(np.sqrt(np.mean(pcm.astype(float) ** 2))) for pcm in (before, after)]
    assert loudness[1] == pytest.approx(loudness[0], rel=0.1)


@pytest.mark.parametrize("speed", [0.5, 2.0])
def test_no_join_is_a_click(speed: float) -> None:
    before = voice(1.0)
    steepest = [int(np.abs(np.diff(pcm.astype(int))).max()) for pcm in (before, stretched(before, speed))]
    assert steepest[1] < 1.3 * steepest[0]


def test_at_its_own_speed_sound_goes_through_untouched() -> None:
    before = voice(0.3)
    assert np.array_equal(stretched(before, 1.0), before)


@given(cuts=st.lists(st.integers(0, 12_000), max_size=6), speed=st.sampled_from([0.5, 1.3, 2.0]))
@settings(max_examples=25, deadline=None)
def test_however_it_is_cut_up_the_same_comes_out(cuts: list[int], speed: float) -> None:
    before = voice(0.5)
    assert np.array_equal(stretched(before, speed, sorted(cuts)), stretched(before, speed))


@pytest.mark.parametrize("samples", [0, 1, 100, 400])
def test_very_short_sound_is_stretched_too(samples: int) -> None:
    assert len(stretched(voice(1.0)[:samples], 1.7)) == round(samples / 1.7)
