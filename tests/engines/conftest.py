"""Real engines, loaded once, and speech for them. The starter voice speaks it, so that no recordings need to be stored."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from voicecli.engines.faster_whisper import FasterWhisperTranscriber
from voicecli.engines.llama_cpp import LlamaChatModel
from voicecli.engines.piper import PiperSpeaker
from voicecli.pcm import RATE_HZ, Pcm, silence, to_float, to_pcm

THREADS = 2


@pytest.fixture(scope="session")
def joe(model_path: Callable[[str, str], Path]) -> PiperSpeaker:
    """The starter voice without random noise, so that it always speaks a text the same way."""
    voice = PiperSpeaker(model_path("voice", "en_US-joe-medium"), name="joe", threads=THREADS)
    voice._config.noise_scale = voice._config.noise_w_scale = 0.0
    return voice


@pytest.fixture(scope="session")
def say(joe: PiperSpeaker) -> Callable[[str], Pcm]:
    """Speech at 16 kHz with 0.3 s of silence before it and 0.5 s after it. There are no extra pauses between sentences."""
    import soxr

    def speech(text: str) -> Pcm:
        sentences = re.split(r"(?<=[.?!]) ", text)
        spoken = np.concatenate([chunk for each in sentences for chunk in joe.speak(each, is_cancelled=lambda: False)])
        resampled = to_pcm(np.asarray(soxr.resample(to_float(spoken), joe.rate_hz, RATE_HZ), dtype=np.float32))
        return np.concatenate([silence(RATE_HZ * 3 // 10), resampled, silence(RATE_HZ // 2)])

    return speech


@pytest.fixture(scope="session")
def tiny(model_path: Callable[[str, str], Path]) -> FasterWhisperTranscriber:
    return FasterWhisperTranscriber(model_path("stt", "whisper-tiny.en"), name="tiny.en", device="cpu", threads=THREADS)


@pytest.fixture(scope="session")
def base(model_path: Callable[[str, str], Path]) -> FasterWhisperTranscriber:
    return FasterWhisperTranscriber(model_path("stt", "whisper-base"), name="base", device="cpu", threads=THREADS)


@pytest.fixture(scope="session")
def smol(model_path: Callable[[str, str], Path]) -> LlamaChatModel:
    return LlamaChatModel(
        model_path("llm", "smollm2-135m"), name="smol", device="cpu", threads=THREADS, context_tokens=1024
    )
