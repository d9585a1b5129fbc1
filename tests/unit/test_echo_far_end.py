"""The far end: pairs of played and recorded sound, whatever the two devices do."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from voicecli.audio.far_end import KEPT_MS, RESERVE_SAMPLES, WATCH_BLOCKS, FarEnd
from voicecli.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, silence


def numbered(first: int, samples: int = BLOCK_SAMPLES) -> Pcm:
    """Samples that contain their numbers."""
    return (np.arange(first, first + samples) % 30_000 + 1).astype(np.int16)


class Rig:
    """A speaker, a microphone and a listener that are stepped one by one. The speaker runs at 16 kHz."""

    def __init__(self) -> None:
        self.far = FarEnd(RATE_HZ)
        self.played = 0
        self.heard = 0
        self.taken = 0

    def play(self, blocks: int = 1) -> None:
        for _ in range(blocks):
            self.far.tap(numbered(self.played))
            self.played += BLOCK_SAMPLES

    def hear(self, blocks: int = 1) -> None:
        for _ in range(blocks):
            self.far.arrived(self.heard)
            self.heard += BLOCK_SAMPLES

    def take(self) -> Pcm:
        block = self.far.take(self.taken)
        self.taken += BLOCK_SAMPLES
        return block

    def tick(self, ticks: int = 1) -> None:
        for _ in range(ticks):
            self.play()
            self.hear()
            self.block = self.take()

    @property
    def lag(self) -> int:
        """How many samples ago the sample that is taken now was passed to the speaker."""
        self.tick()
        return (self.played - BLOCK_SAMPLES + 1 - int(self.block[0])) % 30_000


def test_on_one_clock_every_block_meets_the_one_that_was_played_in_its_tick() -> None:
    far = FarEnd(RATE_HZ)
    for tick in range(200):
        far.tap(numbered(tick * BLOCK_SAMPLES))
        far.arrived(tick * BLOCK_SAMPLES)
        assert np.array_equal(far.take(tick * BLOCK_SAMPLES), numbered(tick * BLOCK_SAMPLES))
    assert far.moves == 0


@pytest.mark.parametrize("rate_hz", [22_050, 24_000, 44_100, 48_000])
def test_another_rate_is_resampled_with_less_than_a_millisecond_of_delay(rate_hz: int) -> None:
    far = FarEnd(rate_hz)
    time = np.arange(rate_hz) / rate_hz
    tone = np.rint(10_000 * np.sin(2 * np.pi * 1000 * time)).astype(np.int16)
    taken = []
    for tick in range(50):
        far.tap(tone[tick * rate_hz // 50 : (tick + 1) * rate_hz // 50])
        far.arrived(tick * BLOCK_SAMPLES)
        taken.append(far.take(tick * BLOCK_SAMPLES))
    got = np.concatenate(taken)[BLOCK_SAMPLES:].astype(float)
    heard_s = np.arange(BLOCK_SAMPLES, RATE_HZ) / RATE_HZ
    delays = np.arange(17) / RATE_HZ
    errors = [np.std(got - 10_000 * np.sin(2 * np.pi * 1000 * (heard_s - delay))) for delay in delays]
    assert min(errors) < 10  # 57 dB below the tone
    assert delays[int(np.argmin(errors))] <= 0.0009
    assert far.moves == 0


def test_what_only_a_faster_clock_can_play_does_not_fold_back() -> None:
    far = FarEnd(48_000)
    tone = np.rint(10_000 * np.sin(2 * np.pi * 9500 * np.arange(48_000) / 48_000)).astype(np.int16)
    taken = []
    for tick in range(50):
        far.tap(tone[tick * 960 : (tick + 1) * 960])
        taken.append(far.take(tick * BLOCK_SAMPLES))
    assert np.abs(np.concatenate(taken[2:])).max() < 100


def test_before_the_speaker_has_begun_there_is_silence() -> None:
    rig = Rig()
    rig.hear(3)
    assert not any(rig.take().any() for _ in range(3))
    assert rig.far.moves == 0


def test_a_listener_that_stalls_gets_the_right_pairs_afterwards() -> None:
    rig = Rig()
    rig.tick(10)
    for _ in range(100):
        rig.play()
        rig.hear()
    for number in range(10, 110):
        assert np.array_equal(rig.take(), numbered(number * BLOCK_SAMPLES))
    assert rig.lag == 0
    assert rig.far.moves == 0


def test_blocks_that_the_microphone_lost_take_their_far_end_with_them() -> None:
    rig = Rig()
    rig.tick(5)
    rig.play(3)
    rig.heard += 2 * BLOCK_SAMPLES
    rig.taken += 2 * BLOCK_SAMPLES
    rig.hear()
    assert np.array_equal(rig.take(), numbered(7 * BLOCK_SAMPLES))
    assert rig.far.moves == 0


def test_a_late_speaker_moves_the_far_end_back_once_and_for_all() -> None:
    rig = Rig()
    rig.tick(5)
    rig.hear()
    assert not rig.take().any()  # nobody knows yet what will be played
    rig.play(2)
    rig.hear()
    assert np.array_equal(rig.take(), numbered(5 * BLOCK_SAMPLES))
    assert rig.lag == BLOCK_SAMPLES
    rig.hear()  # late again, and this time something is in reserve
    assert rig.take().any()
    assert rig.far.moves == 1


def test_a_speaker_that_stands_still_is_silent_and_is_followed_again_when_it_wakes() -> None:
    rig = Rig()
    rig.tick(5)
    for _ in range(500):
        rig.hear()
        assert not rig.take().any()
    assert rig.far.moves == 1
    assert rig.lag == 0


def test_what_has_waited_needlessly_is_skipped_while_nothing_sounds() -> None:
    rig = Rig()
    rig.tick()
    for _ in range(3):  # a speaker that fills its buffer when it starts
        rig.far.tap(silence(BLOCK_SAMPLES))
    for _ in range(2 * WATCH_BLOCKS):
        rig.far.tap(silence(BLOCK_SAMPLES))
        rig.hear()
        rig.take()
    assert rig.far.moves == 1
    rig.tick()
    assert rig.lag == RESERVE_SAMPLES


def test_a_backlog_within_the_latency_of_a_card_is_left_alone_while_something_sounds() -> None:
    rig = Rig()
    rig.tick()
    rig.play(3)
    rig.tick(2 * WATCH_BLOCKS)
    assert rig.far.moves == 0
    assert rig.lag == 3 * BLOCK_SAMPLES


def test_a_backlog_beyond_the_latency_of_a_card_is_skipped_in_any_case() -> None:
    rig = Rig()
    rig.tick()
    rig.play(6)
    rig.tick(2 * WATCH_BLOCKS)
    assert rig.lag == RESERVE_SAMPLES
    assert rig.far.moves == 1


@pytest.mark.parametrize("ppm", [-300, 300])
def test_clocks_that_drift_for_hours_stay_within_the_latency_of_a_card(ppm: int) -> None:
    far = FarEnd(RATE_HZ)
    played = 0
    lags = []
    for tick in range(20_000):  # a drift as of hours between two ordinary cards
        while played * BLOCK_SAMPLES <= tick * BLOCK_SAMPLES * (1 + ppm * 1e-6):
            far.tap(numbered(played * BLOCK_SAMPLES))
            played += 1
        far.arrived(tick * BLOCK_SAMPLES)
        block = far.take(tick * BLOCK_SAMPLES)
        if tick > WATCH_BLOCKS and block.any():
            lags.append((played * BLOCK_SAMPLES - BLOCK_SAMPLES + 1 - int(block[0])) % 30_000)
    assert max(lags) <= 6 * BLOCK_SAMPLES
    assert far.moves <= abs(ppm) * 1e-6 * 20_000 + 2


def test_a_listener_that_is_away_for_long_costs_a_bounded_amount_of_memory() -> None:
    rig = Rig()
    rig.play(5000)
    assert rig.far._waiting_samples <= KEPT_MS * RATE_HZ // 1000
    rig.hear(5000)
    assert len(rig.far._arrivals) <= KEPT_MS // 20


def test_three_threads_at_once_lose_nothing() -> None:
    far = FarEnd(RATE_HZ)
    total = 2000

    def speaker() -> None:
        for tick in range(total):
            far.tap(numbered(tick * BLOCK_SAMPLES))

    def microphone() -> None:
        for tick in range(total):
            far.arrived(tick * BLOCK_SAMPLES)

    threads = [threading.Thread(target=speaker), threading.Thread(target=microphone)]
    for thread in threads:
        thread.start()
    for tick in range(total // 4):
        assert len(far.take(tick * BLOCK_SAMPLES)) == BLOCK_SAMPLES
    for thread in threads:
        thread.join()
    assert far._played_samples == total * BLOCK_SAMPLES
