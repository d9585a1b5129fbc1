"""The naive pipeline: what one writes in an afternoon with the same three libraries.

It waits for one second of silence, recognises the whole utterance with `WhisperModel.transcribe` as it comes, lets llama.cpp write the whole answer,
lets Piper say all of it, and only then makes a sound. Models, device, threads and number format are the program's own, the language model is warm and
keeps its cache of the conversation, and nothing is counted for moving sound in and out: what is left is the difference that the pipeline makes.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from voicecli.bench.voiced import voiced
from voicecli.errors import AudioError, EngineNotInstalled
from voicecli.pcm import RATE_HZ, Pcm, ms_of, samples_of, silence, to_float

if TYPE_CHECKING:
    from pathlib import Path

    from voicecli.engines.ports import Device

END_SILENCE_MS = 1000.0
"""The silence after which it takes the question for finished; what tutorials wait, and what it takes not to cut people off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NaiveTurn:
    """Where the time of a turn went. `question_s` and `answer_s`: how long the question and the answer sound."""

    stt_ms: float
    llm_ms: float
    tts_ms: float
    heard: str
    answer: str
    question_s: float
    answer_s: float

    @property
    def voice_to_voice_ms(self) -> float:
        """From the last voiced sample of the question to the first sample of the answer, which may be silent: in its favour."""
        return END_SILENCE_MS + self.stt_ms + self.llm_ms + self.tts_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class NaivePipeline:
    """Three steps, one after the other.

    Attributes:
        hear: Recognises all of an utterance, shape (n,) at 16 kHz.
        think: Writes all of an answer.
        say: Gives all of its sound, and the rate of that.
        clock: Seconds.
    """

    hear: Callable[[Pcm], str]
    think: Callable[[str], str]
    say: Callable[[str], tuple[Pcm, int]]
    clock: Callable[[], float] = time.perf_counter

    def turn(self, question: Pcm) -> NaiveTurn:
        """Answers `question`, shape (n,) at 16 kHz.

        Raises:
            AudioError: There is nothing to be heard in it.
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
    """`WhisperModel.transcribe` with its defaults: a beam of five, timestamps, the window of 30 s.

    Args:
        directory: The model.
        device: Where it runs.
        threads: Threads, on the CPU.
        language: ISO 639-1 code where the user set one, None to find out.

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
    kind = "float16" if device == "cuda" else "int8"  # as the program has it
    model = WhisperModel(
        str(directory), device=device, compute_type=kind, cpu_threads=threads, num_workers=1, local_files_only=True
    )

    def hear(utterance: Pcm) -> str:
        segments, _ = model.transcribe(to_float(utterance), language=language)
        return "".join(segment.text for segment in segments).strip()

    hear(np.random.default_rng(0).normal(0, 300, RATE_HZ).astype(np.int16))
    return hear


def piper(path: Path) -> Callable[[str], tuple[Pcm, int]]:
    """`PiperVoice.synthesize` with its defaults, to its end.

    Args:
        path: The voice's .onnx file.

    Raises:
        EngineNotInstalled: piper-tts cannot be imported.
    """
    try:
        from piper import PiperVoice
    except ImportError as error:
        raise EngineNotInstalled("piper-tts cannot be imported.", "pip install piper-tts") from error
    logging.getLogger("piper").setLevel(logging.CRITICAL)  # it would write down what is being said
    voice = PiperVoice.load(path)

    def say(text: str) -> tuple[Pcm, int]:
        chunks = [chunk.audio_int16_array for chunk in voice.synthesize(text)]
        return np.concatenate([silence(0), *chunks]), int(voice.config.sample_rate)

    say("Ready.")
    return say
