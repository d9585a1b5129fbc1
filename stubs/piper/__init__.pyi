from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession
from piper.config import PiperConfig

class AudioChunk:
    audio_int16_array: NDArray[np.int16]

class PiperVoice:
    config: PiperConfig
    # Without a session it only makes phonemes.
    def __init__(self, session: InferenceSession | None, config: PiperConfig) -> None: ...
    @staticmethod
    def load(model_path: str | Path) -> PiperVoice: ...
    def phonemize(self, text: str) -> list[list[str]]: ...
    def phonemes_to_ids(self, phonemes: Sequence[str]) -> list[int]: ...
    def synthesize(self, text: str) -> Iterable[AudioChunk]: ...
