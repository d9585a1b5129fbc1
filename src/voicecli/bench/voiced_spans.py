"""Finds sound in a recording: the last voiced sample of a question, the first audible sample of an answer.

The recording is divided into frames of 10 ms. A frame is loud if its level (RMS) is above a threshold relative to the loudest frame of the
recording. It counts only if a neighbour is loud too, so that clicks are ignored. The threshold is `PEAK_DB` below the loudest frame. If the
recording has noise in its pauses, it is raised to `NOISE_DB` above that noise, but never above `HIGHEST_DB` below the loudest frame, so that
the soft end of a word is not treated as noise. In the outermost frames, the outermost sample whose magnitude reaches the threshold is used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voicecli.pcm import FULL_SCALE, RATE_HZ, Pcm, samples_of

FRAME_MS = 10.0
PEAK_DB = 35.0
"""Sound this far below the loudest frame is not speech. Vowels and soft consonants are up to 30 dB apart; breath and echo are softer."""

NOISE_DB = 10.0
HIGHEST_DB = 20.0
NOISE_PERCENTILE = 10
"""The percentile of the frame levels that estimates the noise of the room: a tenth of the frames are below it."""

SILENT_DBFS = -70.0
"""A recording whose loudest frame is below this is silent: it holds only dither and rounding errors."""

FEWEST_FRAMES = 2
"""This many loud frames in a row are sound; fewer are a click."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A span of sound, from sample `start` to before sample `end`."""

    start: int
    end: int


def spans(pcm: Pcm, rate_hz: int = RATE_HZ) -> list[Span]:
    """All spans of sound in `pcm`, shape (n,), in order. Empty if it is silent."""
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
    """The span from the first to the last sound in `pcm`; None if it is silent."""
    found = spans(pcm, rate_hz)
    return Span(start=found[0].start, end=found[-1].end) if found else None


def _levels(pcm: Pcm, size: int) -> NDArray[np.float64]:
    """The level of each frame in dBFS. The last frame is padded with zeros. Digital silence is -inf."""
    frames = np.pad(pcm.astype(np.float64), (0, -len(pcm) % size)).reshape(-1, size) / FULL_SCALE
    with np.errstate(divide="ignore"):
        levels: NDArray[np.float64] = 10 * np.log10(np.mean(np.square(frames), axis=1))
    return levels


def _threshold_db(levels: NDArray[np.float64]) -> float | None:
    """The level from which a frame is loud, in dBFS; None if the recording is silent."""
    peak = float(np.max(levels, initial=-np.inf))
    if peak < SILENT_DBFS:
        return None
    noise = float(np.percentile(levels, NOISE_PERCENTILE, method="lower"))
    return min(max(peak - PEAK_DB, noise + NOISE_DB), peak - HIGHEST_DB)
