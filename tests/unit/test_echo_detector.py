"""Sound that was played a moment ago is found in the recorded sound; other voices are not."""

from __future__ import annotations

import numpy as np
import pytest

from voicecli.audio.echo_detector import HEARD_BLOCKS, EchoDetector
from voicecli.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, samples_of, silence

RANDOM = np.random.default_rng(7)


def voice(seconds: float, pitch_hz: float) -> Pcm:
    """Sound like speech: a pulse train through a changing filter, with pauses."""
    samples = round(seconds * RATE_HZ)
    at = np.arange(samples) / RATE_HZ
    pitch = pitch_hz * (1 + 0.1 * np.sin(2 * np.pi * 1.3 * at + RANDOM.uniform(0, 6)))
    pulses = np.diff(np.floor(np.cumsum(pitch) / RATE_HZ), prepend=0.0)
    sound = pulses + RANDOM.normal(0, 0.02, samples)
    for _ in range(3):
        response = RANDOM.normal(size=40) * np.exp(-np.arange(40) / 8)
        sound = np.convolve(sound, response, mode="same")
    sound *= 0.3 + 0.7 * (np.sin(2 * np.pi * 3.1 * at + RANDOM.uniform(0, 6)) > -0.5)
    spoken: Pcm = (sound / np.abs(sound).max() * 8000).astype(np.int16)
    return spoken


def asked(witness: EchoDetector, heard: Pcm, far: Pcm, delay: int = 0) -> list[bool]:
    answers = []
    for start in range(0, len(heard) - BLOCK_SAMPLES + 1, BLOCK_SAMPLES):
        block = slice(start, start + BLOCK_SAMPLES)
        witness.step(heard[block], far[block])
        answers.append(witness.is_echo([delay]) if start // BLOCK_SAMPLES > HEARD_BLOCKS else False)
    return answers


@pytest.mark.parametrize("delay_ms", [20, 100, 300, 480])
@pytest.mark.parametrize("gain", [0.05, 0.5])
def test_an_echo_is_known_however_late_and_soft_it_comes(delay_ms: int, gain: float) -> None:
    far = voice(3, 110)
    heard = np.concatenate([silence(samples_of(delay_ms)), far])[: len(far)]
    heard = (heard * gain + RANDOM.normal(0, 5, len(far))).astype(np.int16)
    delay = samples_of(delay_ms)
    answers = asked(EchoDetector(), heard, far, delay)[2 * HEARD_BLOCKS :]
    assert np.mean(answers) > 0.9
    elsewhere = asked(EchoDetector(), heard, far, delay - samples_of(15))[2 * HEARD_BLOCKS :]
    assert np.mean(elsewhere) < 0.1


@pytest.mark.parametrize("pitch_hz", [90, 111, 200])
def test_somebody_elses_voice_is_none(pitch_hz: float) -> None:
    assert not any(asked(EchoDetector(), voice(4, pitch_hz), voice(4, 110)))


def test_where_nothing_was_played_nothing_is_an_echo() -> None:
    witness = EchoDetector()
    sound = voice(2, 110)
    assert not any(asked(witness, sound, silence(len(sound))))


def test_where_there_has_been_no_echo_there_is_none_now() -> None:
    witness, far = EchoDetector(), voice(2, 110)
    asked(witness, far, far)
    assert witness.peak().delay == 0
    assert witness.is_echo([0])
    assert not witness.is_echo([])
