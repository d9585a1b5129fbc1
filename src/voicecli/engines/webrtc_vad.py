"""webrtcvad: the first stage of the voice gate, cheap and always available."""

from __future__ import annotations

from voicecli.errors import ModelInvalid, not_importable
from voicecli.pcm import RATE_HZ, Pcm

MODES = range(4)
"""How strict the detector is; see `WebrtcVad`."""


class WebrtcVad:
    """Voice detector of the WebRTC project: compares the energies of six bands with slowly adapting models of speech and noise.

    It cannot distinguish speech from music, keys or hum, so a second detector confirms it. It takes 2 µs per block.

    Args:
        mode: 0 scores nearly everything as speech, 3 the least.

    Raises:
        EngineNotInstalled: `webrtcvad` cannot be imported.
        ValueError: There is no such mode.
    """

    def __init__(self, mode: int = 3) -> None:
        if mode not in MODES:
            raise ValueError(f"mode must be 0 to 3, not {mode}")
        try:
            import webrtcvad
        except ImportError as error:
            raise not_importable("webrtcvad-wheels", error) from error
        self._make = webrtcvad.Vad
        self._mode = mode
        self._vad = webrtcvad.Vad(mode)

    def score(self, block: Pcm) -> float:
        """Returns 1.0 if it detects speech in `block`, shape (BLOCK_SAMPLES,), otherwise 0.0. It has no probabilities.

        Raises:
            ModelInvalid: The library failed.
        """
        try:
            return 1.0 if self._vad.is_speech(block.tobytes(), RATE_HZ) else 0.0
        except Exception as error:  # its C library raises an error of its own, which no module names
            raise ModelInvalid("webrtcvad failed on a block of sound.", "voicecli doctor") from error

    def reset(self) -> None:
        """Resets the noise model."""
        self._vad = self._make(self._mode)
