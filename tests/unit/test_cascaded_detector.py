"""The second detector sleeps in silence and misses no speech."""

from __future__ import annotations

import numpy as np

from voicecli.pcm import BLOCK_SAMPLES, Pcm, silence
from voicecli.pipeline.cascaded_detector import AWAKE_BLOCKS, BACKLOG_BLOCKS, CascadedDetector

LOUD = np.full(BLOCK_SAMPLES, 5000, dtype=np.int16)


class Ear:
    """Detects loud blocks, and stores what it received since its last reset."""

    def __init__(self) -> None:
        self.given: list[bool] = []

    def score(self, block: Pcm) -> float:
        self.given.append(bool(block.any()))
        return float(block.any())

    def reset(self) -> None:
        self.given.clear()


def test_the_second_is_not_asked_in_silence() -> None:
    second = Ear()
    detectors = CascadedDetector(Ear(), second)
    assert {detectors.score(silence(BLOCK_SAMPLES), attentive=False) for _ in range(100)} == {(0.0, 0.0)}
    assert second.given == []
    assert not detectors.awake


def test_when_it_wakes_it_is_told_what_came_before() -> None:
    second = Ear()
    detectors = CascadedDetector(Ear(), second)
    for _ in range(100):
        detectors.score(silence(BLOCK_SAMPLES), attentive=False)
    assert detectors.score(LOUD, attentive=False) == (1.0, 1.0)
    assert second.given == [False] * BACKLOG_BLOCKS + [True]


def test_it_stays_awake_for_a_while_and_hears_every_block() -> None:
    second = Ear()
    detectors = CascadedDetector(Ear(), second)
    detectors.score(LOUD, attentive=False)
    for _ in range(AWAKE_BLOCKS - 1):
        detectors.score(silence(BLOCK_SAMPLES), attentive=False)
    assert len(second.given) == AWAKE_BLOCKS
    detectors.score(silence(BLOCK_SAMPLES), attentive=False)
    assert len(second.given) == AWAKE_BLOCKS


def test_an_attentive_listener_wakes_it_whatever_the_first_says() -> None:
    second = Ear()
    CascadedDetector(Ear(), second).score(silence(BLOCK_SAMPLES), attentive=True)
    assert second.given == [False]


def test_without_a_second_there_is_no_second_opinion() -> None:
    assert CascadedDetector(Ear(), None).score(LOUD, attentive=False) == (1.0, None)
