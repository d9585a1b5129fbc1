from pathlib import Path

from onnxruntime import InferenceSession

class OOV:
    def __init__(self, path: Path | None = None, session: InferenceSession | None = None) -> None: ...
