"""A sound that is held is told from one that is not, and a voice that fades from one that breaks off."""

from __future__ import annotations

import numpy as np
import pytest

from voicecli.messages import JudgeJob
from voicecli.pcm import RATE_HZ, Float, Pcm, samples_of, silence, to_pcm
from voicecli.pipeline.recognition import Judge
from voicecli.speech.last_sounds import WINDOW_MS, last_sounds
from voicecli.speech.utterance_segmenter import Utterance
from voicecli.turn import Turn

RNG_SEED = 7


def vowel(duration_ms: float, formants_hz: tuple[float, ...], *, pitch_hz: float = 120.0, level: float = 0.2) -> Float:
    """A buzz with resonances, which is what a vowel is."""
    at = np.arange(samples_of(duration_ms)) / RATE_HZ
    sound = np.zeros(len(at))
    for harmonic in range(1, 30):
        frequency = harmonic * pitch_hz
        strength = sum(1 / (1 + ((frequency - formant) / 120) ** 2) for formant in formants_hz)
        sound += strength * np.sin(2 * np.pi * frequency * at)
    scaled: Float = (level * sound / np.abs(sound).max()).astype(np.float32)
    return scaled


AH, EE, OO = (750.0, 1200.0), (300.0, 2300.0), (320.0, 800.0)


def speech(*parts: Float) -> Pcm:
    noise = np.random.default_rng(RNG_SEED).normal(0, 1e-4, sum(map(len, parts)))
    return to_pcm((np.concatenate(parts) + noise).astype(np.float32))


def syllables() -> list[Float]:
    return [vowel(90, each) for each in (AH, EE, OO, AH, OO, EE, AH, EE)]


def test_a_sound_that_is_held_is_longer() -> None:
    short = last_sounds(speech(*syllables(), vowel(80, OO)))
    held = last_sounds(speech(*syllables(), vowel(450, OO)))
    assert short is not None
    assert held is not None
    assert short.held_ms < 120
    assert held.held_ms == pytest.approx(400, abs=80)


def test_a_voice_that_fades_changes_more_slowly_than_one_that_drops() -> None:
    def change(last_db: float) -> float:
        last = vowel(300, AH)
        found = last_sounds(
            speech(*syllables(), last * 10 ** (np.linspace(0, last_db, len(last)) / 20).astype(np.float32))
        )
        assert found is not None
        return found.change_db_s

    assert change(0) == pytest.approx(0, abs=25)
    assert change(-20) == pytest.approx(-67, abs=25)
    assert change(0) > change(-10) > change(-20)


def test_neither_loudness_nor_what_was_said_long_before_matters() -> None:
    end = [*syllables(), *syllables(), *syllables(), vowel(200, EE)]
    usual = last_sounds(speech(*end))
    soft = last_sounds(speech(*[each * np.float32(0.2) for each in end]))
    assert usual is not None
    assert soft is not None
    assert soft.held_ms == pytest.approx(usual.held_ms, abs=30)
    longer = np.concatenate([speech(*syllables()), speech(*end)])
    assert len(longer) > samples_of(WINDOW_MS)
    assert last_sounds(longer) == usual


@pytest.mark.parametrize("said", [silence(0), silence(100), silence(RATE_HZ)])
def test_without_a_voice_nothing_is_said(said: Pcm) -> None:
    assert last_sounds(said) is None


def test_noise_is_no_voice() -> None:
    noise = np.random.default_rng(RNG_SEED).normal(0, 0.05, RATE_HZ).astype(np.float32)
    assert last_sounds(to_pcm(noise)) is None


class Undecided:
    """A turn model that cannot tell."""

    def probability(self, utterance: Pcm) -> float:  # noqa: ARG002 - the port's name
        return 0.5


def test_the_stage_that_asks_the_turn_model_looks_at_what_was_said_and_not_at_the_silence() -> None:
    said = speech(*syllables(), vowel(450, OO))
    utterance = Utterance(
        samples=np.concatenate([said, silence(samples_of(160))]),
        first_sample=500,
        speech_end_sample=500 + len(said),
        now_sample=500 + len(said) + samples_of(160),
    )
    (judged,) = Judge(Undecided())(JudgeJob(turn=Turn(1), utterance=utterance))
    assert judged.last == last_sounds(said)
    assert judged.last is not None
