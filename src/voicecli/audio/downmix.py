"""Mixes many channels into one: their mean, or the loudest channel if the mean would lose what is said."""

from __future__ import annotations

import numpy as np

from voicecli.pcm import Float, samples_of

LOSS_DB = 9.0
"""How much softer than its loudest channel the mean may be. If one of two channels is silent, the mean is 6 dB softer. It is much softer
if channels cancel each other, or if only one of many carries the voice."""

BACK_DB = 6.5
"""The mean is used again when it loses less than this."""

LOUDER_DB = 6.0
"""How much louder another channel must be to replace the chosen one. Two channels that cancel each other are equally loud."""

FADE_MS = 10.0
"""How long a change from one way of mixing to another takes, so that it does not click."""

SILENT_POWER = 1e-10
"""Mean power below which a channel counts as silent: -100 dBFS."""


class Downmix:
    """Mixes a stream of many channels into one channel. The choice may change with every piece, with a short crossfade.

    Thread: one at a time.

    Args:
        rate_hz: Rate of the frames.
    """

    def __init__(self, rate_hz: int) -> None:
        self.cancelled = False
        """Whether a single channel was ever used in place of the mean."""
        self._fade = samples_of(FADE_MS, rate_hz)
        self._channel: int | None = None  # None: the mean

    def feed(self, frames: Float) -> Float:
        """Takes frames of shape (n, channels), about half a second, and returns shape (n,)."""
        if frames.shape[1] == 1 or not len(frames):
            mono: Float = frames[:, 0]
            return mono
        before = self._channel
        powers = np.einsum("nc,nc->c", frames, frames, dtype=np.float64) / len(frames)
        mean: Float = frames.mean(axis=1, dtype=np.float32)
        loudest = int(np.argmax(powers))
        if powers[loudest] > SILENT_POWER:
            loss_db = 10 * np.log10(powers[loudest] / max(float(np.mean(mean.astype(np.float64) ** 2)), 1e-20))
            if loss_db <= (BACK_DB if before is not None else LOSS_DB):
                self._channel = None
            elif before is None or powers[loudest] > powers[before] * 10 ** (LOUDER_DB / 10):
                self._channel = loudest
        self.cancelled = self.cancelled or self._channel is not None
        taken = mean if self._channel is None else frames[:, self._channel]
        if self._channel != before and self._fade < len(frames):
            old = mean if before is None else frames[:, before]
            ramp = np.linspace(0.0, 1.0, self._fade, dtype=np.float32)
            taken = taken.copy()
            taken[: self._fade] = ramp * taken[: self._fade] + (1 - ramp) * old[: self._fade]
        return taken
