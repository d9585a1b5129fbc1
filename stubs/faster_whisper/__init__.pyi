from collections.abc import Iterable

import numpy as np
from ctranslate2.models import Whisper
from faster_whisper.feature_extractor import FeatureExtractor
from faster_whisper.tokenizer import TextTokenizer
from numpy.typing import NDArray

class Word:
    start: float
    end: float
    word: str

class Segment:
    text: str
    words: list[Word] | None

class TranscriptionInfo:
    language: str

class WhisperModel:
    model: Whisper
    feature_extractor: FeatureExtractor
    hf_tokenizer: TextTokenizer
    @property
    def supported_languages(self) -> list[str]: ...
    def __init__(
        self,
        model_size_or_path: str,
        device: str = "auto",
        *,
        compute_type: str = "default",
        cpu_threads: int = 0,
        num_workers: int = 1,
        local_files_only: bool = False,
    ) -> None: ...
    def transcribe(
        self,
        audio: str | NDArray[np.float32],
        language: str | None = None,
        *,
        word_timestamps: bool = False,
        vad_filter: bool = False,
    ) -> tuple[Iterable[Segment], TranscriptionInfo]: ...
