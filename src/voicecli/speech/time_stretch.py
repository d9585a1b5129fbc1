"""Makes speech faster or slower without changing its pitch.

WSOLA (Verhelst and Roelands 1993): the output is assembled from short stretches of the input. Each is taken from the input's position at that time,
within a few milliseconds, such that its waveform continues the stretch before it.
"""

from __future__ import annotations

import numpy as np

from voicecli.pcm import Float, Pcm, samples_of, silence, to_float, to_pcm

STRETCH_MS = 15.0
"""Length of a stretch. It is longer than a period of a deep voice (12 ms at 80 Hz) and shorter than a stop consonant."""

SEARCH_MS = 8.0
"""How far a stretch may be from its position, in both directions, so that it can match any phase of a deep voice."""

_QUIET = 1e-9
"""Keeps the division finite where there is no sound."""


class Stretcher:
    """Converts a stream of speech to another speed.

    A stream yields `round(samples in / speed)` samples in total, however it was split.

    Thread: one at a time.

    Args:
        speed: 2.0 is twice as fast; at 1.0 sound passes unchanged.
        rate_hz: Rate of the sound.
    """

    def __init__(self, speed: float, rate_hz: int) -> None:
        self.speed = speed
        self._step = samples_of(STRETCH_MS, rate_hz)
        self._search = samples_of(SEARCH_MS, rate_hz)
        self._rise: Float = (np.sin(np.linspace(0.0, np.pi / 2, self._step, endpoint=False)) ** 2).astype(np.float32)
        self._held: Float = np.zeros(0, dtype=np.float32)
        self._first = 0  # index of the first sample of `_held`
        self._steps = 0
        self._goes_on = 0  # index of what follows the last stretch in the input
        self._fed = 0
        self._given = 0

    def feed(self, pcm: Pcm) -> Pcm:
        """Takes the next samples. Returns the samples that are ready, possibly none."""
        if self.speed == 1.0:
            return pcm
        self._fed += len(pcm)
        self._held = np.concatenate([self._held, to_float(pcm)])
        return self._ready()

    def finish(self) -> Pcm:
        """Returns the remaining samples. Nothing can be fed after it."""
        if self.speed == 1.0:
            return silence(0)
        total = round(self._fed / self.speed)
        missing = total - self._given
        # The last stretch begins before the end of the input, or continues one that began at most `search` after its place.
        room = round(self._step * self.speed) + 2 * self._search + 3 * self._step
        self._held = np.concatenate([self._held, np.zeros(room, dtype=np.float32)])
        return self._ready()[:missing]

    def _ready(self) -> Pcm:
        out = []
        while (stretch := self._next()) is not None:
            out.append(stretch)
        ready = to_pcm(np.concatenate(out)) if out else silence(0)
        self._given += len(ready)
        return ready

    def _next(self) -> Float | None:
        """Returns the next stretch, shape (step,), or None if more input is needed."""
        place = round(self._steps * self._step * self.speed)
        end = max(place + self._search, self._goes_on) + self._step
        if end > self._first + len(self._held):
            return None
        self._steps += 1
        following = self._input(self._goes_on)
        start = self._best(place, following)
        self._goes_on = start + self._step
        keep = min(self._goes_on, round(self._steps * self._step * self.speed) - self._search)
        stretch: Float = following + self._rise * (self._input(start) - following)
        drop = max(0, keep - self._first)
        self._held, self._first = self._held[drop:], self._first + drop
        return stretch

    def _input(self, start: int) -> Float:
        return self._held[start - self._first : start - self._first + self._step]

    def _best(self, place: int, following: Float) -> int:
        """Returns the position near `place` at which the input is most similar to `following`."""
        if self._steps == 1:
            return 0
        first = max(place - self._search, self._first)
        window = self._held[first - self._first : place + self._search + self._step - self._first]
        likeness = np.correlate(window, following, "valid")
        squares = np.concatenate([[0.0], np.cumsum(window.astype(np.float64) ** 2)])
        energy = squares[self._step :] - squares[: -self._step]
        return first + int(np.argmax(likeness / np.sqrt(energy + _QUIET)))
