from collections.abc import Mapping, Sequence
from enum import StrEnum

class PhonemeType(StrEnum):
    ESPEAK = "espeak"
    TEXT = "text"

class PiperConfig:
    num_speakers: int
    sample_rate: int
    espeak_voice: str
    phoneme_id_map: Mapping[str, Sequence[int]]
    phoneme_type: PhonemeType
    speaker_id_map: Mapping[str, int]
    length_scale: float
    noise_scale: float
    noise_w_scale: float
    default_speaker_id: int
    @staticmethod
    def from_dict(config: object) -> PiperConfig: ...
