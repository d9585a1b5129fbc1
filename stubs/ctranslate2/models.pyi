from collections.abc import Sequence

from ctranslate2 import StorageView

class WhisperGenerationResult:
    sequences_ids: list[list[int]]
    scores: list[float]
    no_speech_prob: float

class WhisperAlignmentResult:
    alignments: list[tuple[int, int]]
    text_token_probs: list[float]

class Whisper:
    is_multilingual: bool
    n_mels: int
    def encode(self, features: StorageView, to_cpu: bool = False) -> StorageView: ...
    def detect_language(self, features: StorageView) -> list[list[tuple[str, float]]]: ...
    def align(
        self,
        features: StorageView,
        start_sequence: Sequence[int],
        text_tokens: Sequence[Sequence[int]],
        num_frames: int | Sequence[int],
        *,
        median_filter_width: int = 7,
    ) -> list[WhisperAlignmentResult]: ...
    def generate(
        self,
        features: StorageView,
        prompts: Sequence[Sequence[int]],
        *,
        beam_size: int = 5,
        max_length: int = 448,
        return_scores: bool = False,
        return_no_speech_prob: bool = False,
        suppress_blank: bool = True,
        suppress_tokens: Sequence[int] | None = ...,
    ) -> list[WhisperGenerationResult]: ...
