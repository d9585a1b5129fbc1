"""The naive pipeline: a simple program with the same three libraries, for comparison.

It waits for one second of silence, recognises the whole utterance with an unmodified `WhisperModel.transcribe`, has llama.cpp write the whole
answer and Piper synthesize all of it, and only then plays it. It uses the models, device, threads and number format of voicecli. The language
model is warm and keeps its prefix cache of the conversation, and moving sound in and out is not counted. The remaining difference is due to
the pipeline.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from voicecli.bench.voiced_spans import voiced
from voicecli.errors import AudioError, EngineNotInstalled
from voicecli.pcm import RATE_HZ, Pcm, ms_of, samples_of, silence, to_float

if TYPE_CHECKING:
    from pathlib import Path

    from voicecli.engines.ports import Device

END_SILENCE_MS = 1000.0
"""The silence after which a question counts as finished. Tutorials use this value, and shorter ones cut people off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NaiveTurn:
    """The time of each step of a turn. `question_s` and `answer_s`: durations of the question's and the answer's sound."""

    stt_ms: float
    llm_ms: float
    tts_ms: float
    heard: str
    answer: str
    question_s: float
    answer_s: float

    @property
    def voice_to_voice_ms(self) -> float:
        """From the last voiced sample of the question to the first sample of the answer. That sample may be silent, which favours this pipeline."""
        return END_SILENCE_MS + self.stt_ms + self.llm_ms + self.tts_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class NaivePipeline:
    """Three steps in sequence.

    Attributes:
        hear: Recognises a whole utterance, shape (n,) at 16 kHz.
        think: Writes a whole answer.
        say: Returns the whole sound of an answer, and its sample rate.
        clock: Returns the time in seconds.
    """

    hear: Callable[[Pcm], str]
    think: Callable[[str], str]
    say: Callable[[str], tuple[Pcm, int]]
    clock: Callable[[], float] = time.perf_counter

    def turn(self, question: Pcm) -> NaiveTurn:
        """Answers `question`, shape (n,) at 16 kHz.

        Raises:
            AudioError: The question is silent.
        """
        span = voiced(question)
        if span is None:
            raise AudioError("A question contains only silence.", "Record it again.")
        utterance = np.concatenate([question[: span.end], silence(samples_of(END_SILENCE_MS))])
        times_s = [self.clock()]
        heard = self.hear(utterance)
        times_s.append(self.clock())
        answer = self.think(heard)
        times_s.append(self.clock())
        sound, rate_hz = self.say(answer)
        times_s.append(self.clock())
        stt_ms, llm_ms, tts_ms = np.diff(times_s) * 1000
        return NaiveTurn(
            stt_ms=float(stt_ms),
            llm_ms=float(llm_ms),
            tts_ms=float(tts_ms),
            heard=heard,
            answer=answer,
            question_s=ms_of(len(utterance)) / 1000,
            answer_s=len(sound) / rate_hz,
        )


def whisper(directory: Path, *, device: Device, threads: int, language: str | None) -> Callable[[Pcm], str]:
    """Loads `WhisperModel` and returns a function that calls `transcribe` with its defaults: a beam of five, timestamps, the window of 30 s.

    Args:
        directory: The folder of the model.
        device: The device it runs on.
        threads: The number of threads on the CPU.
        language: ISO 639-1 code if the user set one, None to detect it.

    Raises:
        EngineNotInstalled: faster-whisper cannot be imported.
    """
    try:
        from voicecli.engines.hardware import load_cuda_libraries

        if device == "cuda":
            load_cuda_libraries()
        from faster_whisper import WhisperModel
    except (ImportError, OSError) as error:
        raise EngineNotInstalled("faster-whisper cannot be imported.", "pip install faster-whisper") from error
    kind = "float16" if device == "cuda" else "int8"  # as in voicecli
    model = WhisperModel(
        str(directory), device=device, compute_type=kind, cpu_threads=threads, num_workers=1, local_files_only=True
    )

    def hear(utterance: Pcm) -> str:
        segments, _ = model.transcribe(to_float(utterance), language=language)
        return "".join(segment.text for segment in segments).strip()

    hear(np.random.default_rng(0).normal(0, 300, RATE_HZ).astype(np.int16))
    return hear


def piper(path: Path) -> Callable[[str], tuple[Pcm, int]]:
    """Loads a voice and returns a function that synthesizes a whole text with the defaults of `PiperVoice.synthesize`.

    Args:
        path: The voice's .onnx file.

    Raises:
        EngineNotInstalled: piper-tts cannot be imported.
    """
    try:
        from piper import PiperVoice
    except ImportError as error:
        raise EngineNotInstalled("piper-tts cannot be imported.", "pip install piper-tts") from error
    logging.getLogger("piper").setLevel(logging.CRITICAL)  # it would log what is being said
    voice = PiperVoice.load(path)

    def say(text: str) -> tuple[Pcm, int]:
        chunks = [chunk.audio_int16_array for chunk in voice.synthesize(text)]
        return np.concatenate([silence(0), *chunks]), int(voice.config.sample_rate)

    say("Ready.")
    return say
