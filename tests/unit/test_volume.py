"""The volume: changed without a click, never clipped, and what the echo canceller gets."""

from __future__ import annotations

import numpy as np
import pytest

from voicecli.audio.playout import Playout
from voicecli.audio.volume import LOUDEST, Volume
from voicecli.pcm import FULL_SCALE, Pcm
from voicecli.turn import Turn

RATE_HZ = 16_000
BLOCK = 320


def tone(blocks: int, level: float, hz: float = 200.0) -> Pcm:
    at = np.arange(blocks * BLOCK) / RATE_HZ
    return (level * FULL_SCALE * np.sin(2 * np.pi * hz * at)).astype(np.int16)


def played(volume: Volume, sound: Pcm) -> Pcm:
    return np.concatenate([volume.apply(sound[at : at + BLOCK]) for at in range(0, len(sound), BLOCK)])


def test_at_a_hundred_percent_nothing_is_touched() -> None:
    sound = tone(3, 0.9)
    assert np.array_equal(played(Volume(RATE_HZ), sound), sound)


@pytest.mark.parametrize("percent", [0, 10, 50, 140])
def test_it_scales(percent: float) -> None:
    sound = tone(3, 0.4)
    assert np.abs(played(Volume(RATE_HZ, percent), sound) - sound * (percent / 100)).max() <= 1.5


def test_a_change_is_no_click_and_counts_within_a_block() -> None:
    volume, sound = Volume(RATE_HZ), tone(6, 0.3)
    before = played(volume, sound[: 3 * BLOCK])
    volume.percent = 20
    after = played(volume, sound[3 * BLOCK :])
    both = np.concatenate([before, after]).astype(int)
    assert np.abs(np.diff(both)).max() <= np.abs(np.diff(sound.astype(int))).max() + 1
    assert np.abs(after[BLOCK:]).max() == pytest.approx(0.06 * FULL_SCALE, rel=0.02)


@pytest.mark.parametrize("hz", [80.0, 200.0, 3000.0])
def test_the_loudest_is_limited_and_never_clipped(hz: float) -> None:
    quiet, loud = tone(5, 0.1, hz), tone(20, 0.95, hz)
    heard = played(Volume(RATE_HZ, LOUDEST), np.concatenate([quiet, loud]))
    assert np.abs(heard.astype(int)).max() < FULL_SCALE - 1
    assert np.abs(heard[2 * BLOCK : 5 * BLOCK]).max() == pytest.approx(0.2 * FULL_SCALE, rel=0.02)
    # What is limited is still the same tone: turned down, not squared off.
    settled = heard[-4 * BLOCK :].astype(float)
    spectrum = np.abs(np.fft.rfft(settled * np.hanning(len(settled))))
    fundamental = int(np.argmax(spectrum))
    harmonic = spectrum[3 * fundamental - 2 : 3 * fundamental + 3]
    assert not len(harmonic) or harmonic.max() < 0.02 * spectrum.max()


def test_the_canceller_is_told_of_what_is_really_played() -> None:
    tapped: list[Pcm] = []
    playout, turn = Playout(RATE_HZ, tap=tapped.append, volume=50), Turn(1)
    playout.add(turn, 0, tone(4, 0.5), RATE_HZ)
    playout.open(turn)
    first = playout.pull(BLOCK)
    playout.set_volume(100)
    rest = [playout.pull(BLOCK) for _ in range(3)]
    assert np.abs(first).max() == pytest.approx(0.25 * FULL_SCALE, rel=0.02)
    assert np.abs(rest[-1]).max() == pytest.approx(0.5 * FULL_SCALE, rel=0.02)
    assert all(np.array_equal(a, b) for a, b in zip(tapped, [first, *rest], strict=True))
    assert not any(block.flags.writeable for block in tapped)


def test_set_in_silence_it_counts_from_the_first_sample_on() -> None:
    playout, turn = Playout(RATE_HZ), Turn(1)
    playout.pull(BLOCK)
    playout.set_volume(10)
    playout.pull(BLOCK)
    playout.add(turn, 0, np.full(BLOCK, 10_000, dtype=np.int16), RATE_HZ)
    playout.open(turn)
    assert playout.pull(BLOCK)[0] == 1000
