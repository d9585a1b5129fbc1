"""Finds where sound is in a recording: the last voiced sample of a question, the first audible sample of an answer.

Sound is cut into frames of 10 ms. A frame is loud when its level (RMS) is above a threshold that is relative to the loudest frame
of the recording, and it counts when its neighbour is loud too, so that a click is no sound. The threshold is `PEAK_DB` below the loudest
frame; where the recording has noise in its pauses it is raised to `NOISE_DB` above that noise, but never to less than `HIGHEST_DB` below the
loudest frame, so that the soft end of a word is not taken for noise. Within the outermost frames the sample is the outermost one whose magnitude
reaches the threshold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voicecli.pcm import FULL_SCALE, RATE_HZ, Pcm, samples_of

FRAME_MS = 10.0
PEAK_DB = 35.0
"""What is so far below the loudest frame is no speech any more: vowels and soft consonants are up to 30 dB apart, breath and echo follow."""

NOISE_DB = 10.0
HIGHEST_DB = 20.0
NOISE_PERCENTILE = 10
"""The level that a tenth of the frames stay below is taken for the noise of the room."""

SILENT_DBFS = -70.0
"""A recording whose loudest frame is below this holds nothing: dither and rounding."""

FEWEST_FRAMES = 2
"""So many loud frames in a row are sound; fewer are a click."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of sound: from sample `start` to before sample `end`."""

    start: int
    end: int


def spans(pcm: Pcm, rate_hz: int = RATE_HZ) -> list[Span]:
    """Every stretch of sound in `pcm`, shape (n,), in order; none when it is silent."""
    size = samples_of(FRAME_MS, rate_hz)
    levels = _levels(pcm, size)
    threshold = _threshold_db(levels)
    if threshold is None:
        return []
    loud = np.concatenate([[False], levels >= threshold, [False]])
    edges = np.flatnonzero(loud[1:] != loud[:-1])
    amplitude = FULL_SCALE * 10 ** (threshold / 20)
    found = []
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        if last - first >= FEWEST_FRAMES:
            within = np.abs(pcm[first * size : last * size].astype(np.int32)) >= amplitude
            reached = np.flatnonzero(within) + first * size
            found.append(Span(start=int(reached[0]), end=int(reached[-1]) + 1))
    return found


def voiced(pcm: Pcm, rate_hz: int = RATE_HZ) -> Span | None:
    """From the first to the last sound in `pcm`; None when it is silent."""
    found = spans(pcm, rate_hz)
    return Span(start=found[0].start, end=found[-1].end) if found else None


def _levels(pcm: Pcm, size: int) -> NDArray[np.float64]:
    """The level of each frame in dBFS, the last one filled up with zeros; digital silence is -inf."""
    frames = np.pad(pcm.astype(np.float64), (0, -len(pcm) % size)).reshape(-1, size) / FULL_SCALE
    with np.errstate(divide="ignore"):
        levels: NDArray[np.float64] = 10 * np.log10(np.mean(np.square(frames), axis=1))
    return levels


def _threshold_db(levels: NDArray[np.float64]) -> float | None:
    """The level from which a frame is loud, in dBFS; None when none is."""
    peak = float(np.max(levels, initial=-np.inf))
    if peak < SILENT_DBFS:
        return None
    noise = float(np.percentile(levels, NOISE_PERCENTILE, method="lower"))
    return min(max(peak - PEAK_DB, noise + NOISE_DB), peak - HIGHEST_DB)
