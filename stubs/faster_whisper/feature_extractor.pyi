import numpy as np
from numpy.typing import NDArray

class FeatureExtractor:
    def __init__(self, feature_size: int = 80, sampling_rate: int = 16000, *, chunk_length: int = 30) -> None: ...
    def __call__(
        self, waveform: NDArray[np.float32], padding: int = 160, chunk_length: int | None = None
    ) -> NDArray[np.float32]: ...
