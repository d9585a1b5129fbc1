"""Whether a voice is the speaker's own: what a canceller left of an echo still has the far end's fine structure, whatever it did to its level.

A canceller that was thrown out of step (a lost block, a jump of a device's delay, a volume that was turned up) lets a voice through that no voice
detector can tell from a person's. But sound that was played a moment ago can be found again in the far end, and a person's words cannot: the
cross-correlation of the two, with all frequencies weighted alike (generalized cross-correlation with phase transform, C. Knapp and G. Carter, 1976),
has a peak at the echo's delay.

By chance somebody's words resemble what was played as well, most of all where both are the same synthetic voice: at any one of 8000 delays.
An echo has one delay, that of the devices and the room, and the microphone as it is tells which; so a peak elsewhere proves nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voicecli.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, blocks_of, samples_of, silence

HEARD_BLOCKS = blocks_of(320)
"""How much of what is heard is looked for. Half of it gives a person's speech peaks as high as an echo's."""

LONGEST_DELAY_BLOCKS = blocks_of(500)
"""How long ago it may have been played."""

BAND_HZ = (250.0, 4000.0)
"""Where speech is, and a small loudspeaker plays it."""

FOUND = 0.11
"""From what height on a peak, as the mean of `PEAKS`, is an echo. In simulated rooms whose delay jumped by 40 to 200 ms, the voice that came through
had 0.08 to 0.45, in the median 0.15 to 0.25; of ten people who talked into an answer six never had more than 0.1, and none more than
0.12, and that for less than a tenth of what they said."""

PEAKS = 5

NEAR_SAMPLES = samples_of(3)
"""How far from an echo's delay its peak may be: the first reflections of a desk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """How surely something was played before, 0.0 to 1.0, and how many samples before it was heard."""

    height: float
    delay: int


class EchoWitness:
    """Keeps what was heard and played lately.

    Thread: the one that listens.
    """

    def __init__(self) -> None:
        quiet = silence(BLOCK_SAMPLES)
        self._heard: deque[Pcm] = deque([quiet] * HEARD_BLOCKS, maxlen=HEARD_BLOCKS)
        far_blocks = HEARD_BLOCKS + LONGEST_DELAY_BLOCKS
        self._far: deque[Pcm] = deque([quiet] * far_blocks, maxlen=far_blocks)
        samples = far_blocks * BLOCK_SAMPLES
        self._size = 1 << (samples + HEARD_BLOCKS * BLOCK_SAMPLES - 1).bit_length()
        frequencies = np.fft.rfftfreq(self._size, 1 / RATE_HZ)
        self._band = (frequencies > BAND_HZ[0]) & (frequencies < BAND_HZ[1])
        self._peaks: deque[float] = deque(maxlen=PEAKS)
        self._unasked_blocks = 0
        self._window = np.hanning(HEARD_BLOCKS * BLOCK_SAMPLES)

    def step(self, heard: Pcm, far: Pcm) -> None:
        """Takes the next block of both, shape (BLOCK_SAMPLES,)."""
        self._heard.append(heard)
        self._far.append(far)
        self._unasked_blocks += 1
        if self._unasked_blocks > PEAKS:
            self._peaks.clear()

    def peak(self) -> Peak:
        """Of the newest 320 ms that were heard, at any delay; takes a millisecond."""
        heights = self._heights()
        delay = int(heights.argmax())
        return Peak(height=float(heights[delay]), delay=delay)

    def is_echo(self, delays: Iterable[int]) -> bool:
        """Whether the voice that is heard now is the speaker's own; to be asked for every block of it.

        Args:
            delays: At which there has been an echo lately, in samples; without any there is none now.
        """
        delays = tuple(delays)
        self._unasked_blocks = 0
        if not delays or not any(block.any() for block in self._far):
            return False
        heights = self._heights()
        around = [heights[max(0, delay - NEAR_SAMPLES) : delay + NEAR_SAMPLES + 1].max() for delay in delays]
        self._peaks.append(float(max(around)))
        return sum(self._peaks) / len(self._peaks) >= FOUND

    def _heights(self) -> NDArray[np.float64]:
        """By delay in samples, shape (longest delay + 1,)."""
        heard, far = self._spectrum(self._heard, self._window), self._spectrum(self._far, 1.0)
        cross = heard * np.conj(far)
        size = np.abs(cross)
        cross = np.where(self._band & (size > 0), cross / np.maximum(size, np.finfo(float).tiny), 0.0)
        correlation = np.abs(np.fft.irfft(cross, self._size)) / self._band.mean()
        # What was heard begins so much later than the far end that is kept: a delay of d lies at index d - longest.
        longest = samples_of(LONGEST_DELAY_BLOCKS * BLOCK_SAMPLES * 1000 / RATE_HZ)
        return np.concatenate([correlation[-longest:], correlation[:1]])

    def _spectrum(self, blocks: deque[Pcm], window: NDArray[np.float64] | float) -> NDArray[np.complex128]:
        return np.asarray(np.fft.rfft(np.concatenate(blocks).astype(np.float64) * window, self._size))
