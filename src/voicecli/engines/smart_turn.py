"""Smart Turn v3: estimates from intonation and wording whether a person who has fallen silent has finished."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from voicecli.engines.onnx_session import open_session
from voicecli.errors import EngineNotInstalled, ModelInvalid
from voicecli.pcm import RATE_HZ, Float, Pcm, silence, to_float

if TYPE_CHECKING:
    from faster_whisper.feature_extractor import FeatureExtractor

WINDOW_S = 8
"""The model's input is the last 8 seconds. Shorter sound is preceded by silence."""

WINDOW_SAMPLES = WINDOW_S * RATE_HZ
SMALLEST_VARIANCE = 1e-7
"""Keeps the normalisation of pure silence finite. It is the value of Whisper's own feature extractor."""


class SmartTurn:
    """A Whisper-tiny encoder with a classifier, by pipecat (BSD-2-Clause).

    Args:
        path: The ONNX file, or a folder that contains exactly one.
        threads: Threads for one run.

    Raises:
        EngineNotInstalled: onnxruntime or faster-whisper (for the spectrogram) is missing.
        ModelNotFound: The file is missing.
        ModelInvalid: The file is not this model.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        if path.is_dir():
            path = next(iter(sorted(path.glob("*.onnx"))), path / "smart-turn.onnx")
        self._path = path
        self._session = open_session(path, threads=threads, what="turn detector")
        self._log_mel = _feature_extractor()(chunk_length=WINDOW_S)
        self._input = self._session.get_inputs()[0].name
        self.probability(silence(RATE_HZ))

    def probability(self, utterance: Pcm) -> float:
        """Returns how likely the person has finished, 0.0 to 1.0. The model's authors use a threshold of 0.5.

        Args:
            utterance: The utterance so far, shape (n,) at 16 kHz, with the silence after it.

        Raises:
            ModelInvalid: The model's inputs or outputs are not those of Smart Turn.
        """
        features = self._log_mel(window_of(utterance), padding=0)[np.newaxis].astype(np.float32)
        try:
            answer = float(self._session.run(None, {self._input: features})[0].ravel()[0])
        except Exception as error:  # onnxruntime's exceptions share no other base class
            raise ModelInvalid(f"{self._path} is not a turn detector that is known here.") from error
        return min(1.0, max(0.0, answer))


def _feature_extractor() -> type[FeatureExtractor]:
    """The spectrogram of faster-whisper. Its file is loaded alone: the package would bring along the recogniser, 0.1 s and 36 MB."""
    package = importlib.util.find_spec("faster_whisper")
    folders = package.submodule_search_locations or [] if package is not None else []
    file = next((Path(folder, "feature_extractor.py") for folder in folders), Path())
    spec = importlib.util.spec_from_file_location("voicecli_feature_extractor", file)
    if not file.is_file() or spec is None or spec.loader is None:
        raise EngineNotInstalled("faster-whisper cannot be imported.", "pip install faster-whisper")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    extractor: type[FeatureExtractor] = module.FeatureExtractor
    return extractor


def window_of(utterance: Pcm) -> Float:
    """Returns the last 8 s, preceded by silence if there is less, with zero mean and unit variance; shape (128000,)."""
    sound = to_float(utterance[-WINDOW_SAMPLES:])
    padded = np.pad(sound, (WINDOW_SAMPLES - len(sound), 0))
    normalised: Float = ((padded - padded.mean()) / np.sqrt(padded.var() + SMALLEST_VARIANCE)).astype(np.float32)
    return normalised
