"""Silero VAD: confirms what webrtcvad detects. The model is part of the faster-whisper package."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voicecli.engines.onnx_session import open_session
from voicecli.errors import EngineNotInstalled, ModelInvalid, ModelNotFound
from voicecli.pcm import Float, Pcm, to_float

FRAME_SAMPLES = 512
"""The model's input, 32 ms at a time."""

CONTEXT_SAMPLES = 64
"""The end of the previous frame, which precedes each frame."""

STATE_SHAPE = (1, 1, 128)


class SileroVad:
    """A small recurrent network trained on speech in many languages and noises. It takes 90 µs per frame.

    Blocks of 320 samples are collected into frames of 512, so `score` repeats its result until the next frame is full.

    Args:
        path: The ONNX file; None for the one in faster-whisper.
        threads: Threads for one run; more than one costs more than it gains.

    Raises:
        EngineNotInstalled: onnxruntime or faster-whisper is missing.
        ModelNotFound: The file is missing.
        ModelInvalid: The file is not this model.
    """

    def __init__(self, path: Path | None = None, threads: int = 1) -> None:
        self._path = path or bundled_model()
        self._session = open_session(self._path, threads=threads, what="Silero voice detector")
        self._pending: Float
        self._context: Float
        self._h: NDArray[np.float32]
        self._c: NDArray[np.float32]
        self._probability = 0.0
        self.reset()
        self._run(np.zeros(FRAME_SAMPLES, dtype=np.float32))
        self.reset()

    def score(self, block: Pcm) -> float:
        """Returns the probability of speech in the newest full frame, 0.0 to 1.0. `block` has shape (BLOCK_SAMPLES,)."""
        self._pending = np.concatenate([self._pending, to_float(block)])
        while len(self._pending) >= FRAME_SAMPLES:
            frame, self._pending = self._pending[:FRAME_SAMPLES], self._pending[FRAME_SAMPLES:]
            self._run(frame)
        return self._probability

    def reset(self) -> None:
        """Resets the state."""
        self._pending = np.zeros(0, dtype=np.float32)
        self._context = np.zeros(CONTEXT_SAMPLES, dtype=np.float32)
        self._h = np.zeros(STATE_SHAPE, dtype=np.float32)
        self._c = np.zeros(STATE_SHAPE, dtype=np.float32)
        self._probability = 0.0

    def _run(self, frame: Float) -> None:
        sound = np.concatenate([self._context, frame])[np.newaxis, :]
        try:
            probability, self._h, self._c = self._session.run(None, {"input": sound, "h": self._h, "c": self._c})
        except Exception as error:  # onnxruntime's exceptions share no other base class
            raise ModelInvalid(f"{self._path} is not a Silero voice detector that is known here.") from error
        self._context = frame[-CONTEXT_SAMPLES:]
        self._probability = float(probability.ravel()[-1])


def bundled_model() -> Path:
    """Returns the path of the model in faster-whisper, found without importing that package.

    Raises:
        EngineNotInstalled: faster-whisper is not installed.
        ModelNotFound: It is installed without such a file. The name contains the model's version, so any version is accepted.
    """
    spec = importlib.util.find_spec("faster_whisper")
    if spec is None or not spec.submodule_search_locations:
        raise EngineNotInstalled(
            "faster-whisper, which brings the Silero voice detector, is not installed.", "pip install faster-whisper"
        )
    assets = Path(spec.submodule_search_locations[0]) / "assets"
    found = sorted(assets.glob("silero_vad_*.onnx"))
    if not found:
        raise ModelNotFound(
            f"There is no Silero voice detector in {assets}.", "pip install --force-reinstall faster-whisper==1.2.1"
        )
    return found[-1]
