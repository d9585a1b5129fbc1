import numpy as np
from ctranslate2 import models as models
from numpy.typing import NDArray

class StorageView:
    shape: list[int]
    @staticmethod
    def from_array(array: NDArray[np.float32]) -> StorageView: ...

def get_cuda_device_count() -> int: ...
def get_supported_compute_types(device: str, device_index: int = 0) -> set[str]: ...
