"""Detects whether a voice is the speaker's own. A residual echo keeps the fine structure of the far end, whatever the canceller did to its level.

A canceller that has lost its adaptation (a lost block, a jump of a device's delay, a higher volume) lets a voice through that no voice
detector can tell from a person's. But an echo correlates with the far end of a moment ago, and a person's words do not. The cross-correlation of
the two with all frequencies weighted equally (generalized cross-correlation with phase transform, C. Knapp and G. Carter, 1976) has a peak at the
echo's delay.

Somebody's words also resemble what was played by chance, most of all if both are the same synthetic voice, but at any one of 8000 delays.
An echo has one delay, that of the devices and the room, and the unprocessed microphone signal reveals it. A peak elsewhere therefore proves nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voicecli.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, blocks_of, samples_of, silence

HEARD_BLOCKS = blocks_of(320)
"""How much recorded sound is searched for. With half of it, a person's speech peaks as high as an echo."""

LONGEST_DELAY_BLOCKS = blocks_of(500)
"""The longest echo delay that is searched."""

BAND_HZ = (250.0, 4000.0)
"""The band of speech that a small loudspeaker can play."""

FOUND = 0.11
"""Mean height of `PEAKS` peaks from which the voice is an echo. In simulated rooms whose delay jumped by 40 to 200 ms, the voice that came through
had 0.08 to 0.45, with medians of 0.15 to 0.25. Of ten people who talked over an answer, six never exceeded 0.1 and none exceeded 0.12, and those
that exceeded 0.1 did so in less than a tenth of what they said."""

PEAKS = 5
"""How many peaks are averaged."""

NEAR_SAMPLES = samples_of(3)
"""How far from an echo's delay its peak may be. It covers the first reflections of a desk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """How certain it is that the sound was played before, 0.0 to 1.0, and the delay in samples."""

    height: float
    delay: int


class EchoDetector:
    """Keeps recent blocks of the recorded and the played sound.

    Thread: the listener's.
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
        """Takes the next block of both signals, shape (BLOCK_SAMPLES,)."""
        self._heard.append(heard)
        self._far.append(far)
        self._unasked_blocks += 1
        if self._unasked_blocks > PEAKS:
            self._peaks.clear()

    def peak(self) -> Peak:
        """Returns the highest peak of the newest 320 ms at any delay. Takes a millisecond."""
        heights = self._heights()
        delay = int(heights.argmax())
        return Peak(height=float(heights[delay]), delay=delay)

    def is_echo(self, delays: Iterable[int]) -> bool:
        """Whether the current voice is the speaker's own. Call it for every block of the voice.

        Args:
            delays: The delays at which there was an echo lately, in samples. Without any, the voice is not an echo.
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
        """Returns the correlation by delay in samples, shape (longest delay + 1,)."""
        heard, far = self._spectrum(self._heard, self._window), self._spectrum(self._far, 1.0)
        cross = heard * np.conj(far)
        size = np.abs(cross)
        cross = np.where(self._band & (size > 0), cross / np.maximum(size, np.finfo(float).tiny), 0.0)
        correlation = np.abs(np.fft.irfft(cross, self._size)) / self._band.mean()
        # The recorded sound begins `longest` samples later than the kept far end, so a delay of d is at index d - longest.
        longest = samples_of(LONGEST_DELAY_BLOCKS * BLOCK_SAMPLES * 1000 / RATE_HZ)
        return np.concatenate([correlation[-longest:], correlation[:1]])

    def _spectrum(self, blocks: deque[Pcm], window: NDArray[np.float64] | float) -> NDArray[np.complex128]:
        return np.asarray(np.fft.rfft(np.concatenate(blocks).astype(np.float64) * window, self._size))
