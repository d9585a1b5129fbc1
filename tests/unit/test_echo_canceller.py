"""The combination of the two cancellers, with scripted cancellers."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from voicecli.audio.echo_canceller import (
    AEC3_DELAY_SAMPLES,
    BYPASS_BLOCKS,
    PRIMING_BLOCKS,
    DualEchoCanceller,
    make_canceller,
)
from voicecli.errors import EngineNotInstalled
from voicecli.pcm import BLOCK_SAMPLES, Pcm, blocks, silence

PLAYED = np.full(BLOCK_SAMPLES, 1000, dtype=np.int16)


class Subtracting:
    """Subtracts the far end, with a delay of `delay_samples`, as real cancellers have."""

    name = "subtracting"

    def __init__(self, delay_samples: int = 0) -> None:
        self.calls: list[tuple[Pcm, Pcm]] = []
        self._held = silence(delay_samples)

    def cancel(self, near: Pcm, far: Pcm) -> Pcm:
        self.calls.append((near, far))
        cleaned: Pcm = near - far
        joined = np.concatenate([self._held, cleaned])
        self._held = joined[BLOCK_SAMPLES:]
        return joined[:BLOCK_SAMPLES]


def pair() -> tuple[DualEchoCanceller, Subtracting, Subtracting]:
    deciding, transcribing = Subtracting(AEC3_DELAY_SAMPLES), Subtracting()
    return DualEchoCanceller(deciding, transcribing), deciding, transcribing


def tone(block_count: int) -> Pcm:
    time = np.arange(block_count * BLOCK_SAMPLES)
    wave: Pcm = np.rint(8000 * np.sin(0.05 * time)).astype(np.int16)
    return wave


def run(canceller: DualEchoCanceller, near: Pcm, far: list[Pcm]) -> tuple[Pcm, Pcm]:
    cleaned = [canceller.process(block, played) for block, played in zip(blocks(near), far, strict=True)]
    return np.concatenate([each.decide for each in cleaned]), np.concatenate([each.transcribe for each in cleaned])


def test_while_something_plays_it_is_taken_out_of_both() -> None:
    canceller, _, _ = pair()
    near = tone(20)
    played = [PLAYED] * 20
    decide, transcribe = run(canceller, near + 1000, played)
    settled = 2 * BLOCK_SAMPLES
    assert np.array_equal(transcribe[settled:], near[settled:])
    assert np.array_equal(decide[settled:], near[settled - AEC3_DELAY_SAMPLES : -AEC3_DELAY_SAMPLES])


def test_what_is_transcribed_keeps_its_place_and_what_decides_its_delay_whether_bypassed_or_not() -> None:
    canceller, _, _ = pair()
    near = tone(3 * BYPASS_BLOCKS)
    far = [silence(BLOCK_SAMPLES)] * len(range(0, len(near), BLOCK_SAMPLES))
    # One sample that counts as played and cancels next to nothing: bypassed, cancelling, bypassed again.
    spark = silence(BLOCK_SAMPLES)
    spark[0] = 1
    far[BYPASS_BLOCKS] = spark
    decide, transcribe = run(canceller, near, far)
    assert np.abs(transcribe - near).max() <= 1
    assert np.abs(decide[AEC3_DELAY_SAMPLES:] - near[:-AEC3_DELAY_SAMPLES]).max() <= 1
    assert not decide[:AEC3_DELAY_SAMPLES].any()


def test_one_second_after_the_last_sound_nothing_is_computed_any_more() -> None:
    canceller, deciding, transcribing = pair()
    quiet = silence(BLOCK_SAMPLES)
    canceller.process(quiet, PLAYED)
    for _ in range(BYPASS_BLOCKS):
        canceller.process(quiet, quiet)
    calls = len(deciding.calls)
    assert calls == len(transcribing.calls) == PRIMING_BLOCKS + 1 + BYPASS_BLOCKS
    canceller.process(quiet, quiet)
    assert len(deciding.calls) == calls


def test_before_anything_was_played_nothing_is_computed() -> None:
    canceller, deciding, _ = pair()
    cleaned = canceller.process(PLAYED, silence(BLOCK_SAMPLES))
    assert not deciding.calls
    assert np.array_equal(cleaned.transcribe, PLAYED)


def test_a_canceller_that_wakes_up_is_given_what_it_has_missed() -> None:
    canceller, deciding, _ = pair()
    near = tone(6)
    far = [silence(BLOCK_SAMPLES)] * 5 + [PLAYED]
    run(canceller, near, far)
    given = [block for block, _ in deciding.calls]
    assert np.array_equal(np.concatenate(given), near[-(PRIMING_BLOCKS + 1) * BLOCK_SAMPLES :])


def test_a_pause_within_an_answer_does_not_put_it_to_sleep() -> None:
    canceller, deciding, _ = pair()
    far = [PLAYED, *[silence(BLOCK_SAMPLES)] * (BYPASS_BLOCKS - 1), PLAYED]
    run(canceller, tone(len(far)), far)
    assert len(deciding.calls) == PRIMING_BLOCKS + len(far)


def test_without_a_linear_canceller_the_other_one_is_transcribed_and_never_the_raw_microphone() -> None:
    canceller = DualEchoCanceller(Subtracting(AEC3_DELAY_SAMPLES), None)
    for block in blocks(tone(BYPASS_BLOCKS)):
        cleaned = canceller.process(block, PLAYED)
        assert cleaned.transcribe is cleaned.decide or np.array_equal(cleaned.transcribe, cleaned.decide)
    assert canceller.name == "subtracting"


@pytest.mark.parametrize("mode", ["auto", "on"])
def test_without_aec3_there_is_no_canceller(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pywebrtc_audio", None)
    with pytest.raises(EngineNotInstalled, match="pywebrtc-audio"):
        make_canceller("auto" if mode == "auto" else "on")


@pytest.mark.parametrize("missing", ["package", "library"])
def test_without_the_linear_canceller_auto_makes_do_and_on_refuses(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if missing == "package":
        monkeypatch.setitem(sys.modules, "pyaec", None)
    else:
        import pyaec

        monkeypatch.setattr(pyaec, "lib", None)
    assert make_canceller("auto").name == "AEC3"
    with pytest.raises(EngineNotInstalled, match="pyaec"):
        make_canceller("on")
