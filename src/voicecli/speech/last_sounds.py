"""How the last sounds before a pause were spoken: whether the last one was held, and how fast the voice grew softer.

A person who looks for a word holds the last sound ("the aaand"), and lets the voice drop at once where the thought breaks off. At an end the last
sound is shorter and fades slowly. Both are measured on the newest two seconds, against themselves, so that neither the voice nor the
microphone matters (docs/decisions/0036-turns-of-real-people.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from voicecli.pcm import RATE_HZ, Pcm, samples_of, to_float

Frames: TypeAlias = NDArray[np.float32]

WINDOW_MS = 2000
"""How much sound before the pause is looked at."""

FRAME = samples_of(40)
HOP = samples_of(10)
HOP_MS = 10.0
FFT = 2048
PITCH_LAGS = slice(RATE_HZ // 400, RATE_HZ // 65)
"""Periods of voices, in samples: from 400 Hz down to 65 Hz."""

PERIODIC = 0.5
"""Autocorrelation from which a frame counts as voiced."""

AUDIBLE_DB = 30.0
"""A frame that is this far below the loudest ones does not count as voiced."""

FEWEST_FRAMES = 8
"""With fewer voiced frames nothing is said."""

BANDS_HZ = np.geomspace(150.0, 3800.0, 17)
"""Edges of the bands in which sounds are compared. A telephone carries them, too."""

ALIKE = 0.85
"""Correlation of two spectra in dB from which they are the same sound."""

SOFTER_DB = 12.0
"""A sound that is this far below the last one is another sound."""

FALL_MS = 300.0
"""Over how much of the last voiced sound the fall of its loudness is measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastSounds:
    """How the last sounds before a pause were spoken.

    Attributes:
        held_ms: For how long the last voiced sound stayed the same sound.
        change_db_s: How fast the loudness of the last 300 ms of voice changed, in dB per second; mostly negative.
    """

    held_ms: float
    change_db_s: float


def last_sounds(said: Pcm) -> LastSounds | None:
    """Returns how the end of `said` was spoken; None where there is too little voice to tell. Takes about 6 ms.

    Args:
        said: Shape (n,) at 16 kHz, up to the last voiced block before the pause.
    """
    frames = _frames(said[-samples_of(WINDOW_MS) :])
    if frames is None:
        return None
    middle = frames[:, FRAME // 4 : 3 * FRAME // 4]
    levels = 10 * np.log10((middle**2).mean(axis=1) + 1e-10)
    power = _power(frames)
    voiced = np.flatnonzero((_periodicity(power) > PERIODIC) & (levels > np.quantile(levels, 0.95) - AUDIBLE_DB))
    if len(voiced) < FEWEST_FRAMES:
        return None
    return LastSounds(held_ms=_held_ms(power, levels, int(voiced[-1])), change_db_s=_change_db_s(levels, voiced))


def _frames(said: Pcm) -> Frames | None:
    count = 1 + (len(said) - FRAME) // HOP
    if count < FEWEST_FRAMES:
        return None
    return np.lib.stride_tricks.sliding_window_view(to_float(said), FRAME)[::HOP][:count]


def _power(frames: Frames) -> Frames:
    """Returns the power spectrum of each frame."""
    window = np.hanning(FRAME).astype(np.float32)
    spectrum = np.fft.rfft((frames - frames.mean(axis=1, keepdims=True)) * window, FFT)
    return (np.abs(spectrum) ** 2).astype(np.float32)


def _periodicity(power: Frames) -> Frames:
    """Returns the highest autocorrelation of each frame at the period of a voice, corrected for the window."""
    window = np.hanning(FRAME)
    own = np.fft.irfft(np.abs(np.fft.rfft(window, FFT)) ** 2, FFT)
    found = np.fft.irfft(power, FFT)
    ratio = found[:, PITCH_LAGS] / (found[:, :1] + 1e-9) / (own[PITCH_LAGS] / own[0])
    highest: Frames = ratio.max(axis=1).astype(np.float32)
    return highest


def _held_ms(power: Frames, levels: Frames, last: int) -> float:
    bins = (BANDS_HZ * FFT / RATE_HZ).astype(int)
    bands = np.stack([power[:, low : max(low + 1, high)].mean(axis=1) for low, high in pairwise(bins)], axis=1)
    shapes = 10 * np.log10(bands + 1e-9)
    shapes -= shapes.mean(axis=1, keepdims=True)
    sound = shapes[max(0, last - 6) : max(1, last - 1)].mean(axis=0)
    sound -= sound.mean()
    held = 0
    for frame in range(last - 3, -1, -1):
        alike = shapes[frame] @ sound / (np.linalg.norm(shapes[frame]) * np.linalg.norm(sound) + 1e-9)
        if alike < ALIKE or levels[frame] < levels[max(0, last - 3)] - SOFTER_DB:
            break
        held += 1
    return held * HOP_MS


def _change_db_s(levels: Frames, voiced: NDArray[np.intp]) -> float:
    """Returns the slope of the level over the last voiced frames, by least squares."""
    recent = voiced[voiced >= voiced[-1] - round(FALL_MS / HOP_MS)]
    if len(recent) < FEWEST_FRAMES:
        return 0.0
    times_s = (recent - recent.mean()) * HOP_MS / 1000
    return float(times_s @ (levels[recent] - levels[recent].mean()) / (times_s @ times_s))
