"""Household sounds through the voice gate and the recogniser: noise gets no answer, and speech gets one without delay."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from measure_noise import Ear
from noises import MAKERS, at_level, loudness, loudness_of_speech
from voicecli.engines.faster_whisper import FasterWhisperTranscriber
from voicecli.pcm import RATE_HZ, Pcm, samples_of, to_float
from voicecli.speech.endpoint import Patience
from voicecli.speech.utterance_segmenter import SpeechEnded

pytestmark = pytest.mark.engines

SPEECH_DBFS = -28.0


@pytest.mark.parametrize("name", MAKERS)
def test_it_opens_no_turn(name: str, tiny: FasterWhisperTranscriber) -> None:
    sound = at_level(MAKERS[name](15 * RATE_HZ, np.random.default_rng(7)), -30.0)
    assert [each.text for each in Ear(tiny).hear(sound) if each.text] == []


@pytest.mark.parametrize("name", ["hum 50 Hz", "white noise", "pink noise", "keys", "breath", "chords", "melody"])
def test_it_does_not_keep_a_turn_open(name: str, base: FasterWhisperTranscriber, say: Callable[[str], Pcm]) -> None:
    said = to_float(say("What is the capital of France?")).astype(np.float64)
    speech = np.concatenate([np.zeros(RATE_HZ), said, np.zeros(5 * RATE_HZ)])
    noise = MAKERS[name](len(speech), np.random.default_rng(7))
    mixed = speech / loudness_of_speech(speech) + noise / loudness(noise) * 10 ** (-15 / 20)
    ended = [each for each in Ear(base).hear(at_level(mixed, SPEECH_DBFS)) if isinstance(each.segment, SpeechEnded)]
    assert len(ended) == 1
    assert "france" in (ended[0].text or "").lower()
    assert ended[0].now_sample <= RATE_HZ + len(said) + samples_of(Patience().end_silence_ms)
