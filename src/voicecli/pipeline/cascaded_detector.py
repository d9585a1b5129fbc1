"""Combines two voice detectors. The second sleeps while the first hears nothing."""

from __future__ import annotations

from collections import deque

from voicecli.engines.ports import VoiceDetector
from voicecli.pcm import Pcm, blocks_of

AWAKE_BLOCKS = blocks_of(1000)
"""How long the second detector stays awake after the last sign of speech."""

BACKLOG_BLOCKS = blocks_of(400)
"""How much earlier sound the second detector gets when it wakes. The first fires up to 200 ms later than the second would, and a recurrent network
needs some sound before its score is valid."""


class CascadedDetector:
    """Runs both detectors on every block that may be speech, and only the first in silence.

    An idle session then costs a few microseconds per block and no inference.

    Thread: the listener's.

    Args:
        first_stage: A cheap detector that fires too often rather than too rarely.
        confirming: The second detector, or None.
    """

    def __init__(self, first_stage: VoiceDetector, confirming: VoiceDetector | None) -> None:
        self.fault: Exception | None = None
        """Why the second detector is no longer used."""
        self._first_stage = first_stage
        self._confirming = confirming
        self._awake_blocks = 0
        self._backlog: deque[Pcm] = deque(maxlen=BACKLOG_BLOCKS)

    @property
    def awake(self) -> bool:
        """Whether there was a sign of speech lately."""
        return self._awake_blocks > 0

    def score(self, block: Pcm, *, attentive: bool) -> tuple[float, float | None]:
        """Returns both scores of the next block, shape (BLOCK_SAMPLES,). The second is None without a second detector, or after it has failed.

        Args:
            block: Pass every block, or the detectors' state has gaps.
            attentive: Whether somebody may be speaking, whatever the first detector says.
        """
        first = self._first_stage.score(block)
        self._awake_blocks = AWAKE_BLOCKS if first or attentive else max(0, self._awake_blocks - 1)
        if self._confirming is None:
            return first, None
        if not self._awake_blocks:
            self._backlog.append(block)
            return first, 0.0
        try:
            return first, self._confirmed(self._confirming, block)
        except Exception as error:  # noqa: BLE001 - after any error one detector suffices
            self.fault, self._confirming = error, None
            return first, None

    def _confirmed(self, confirming: VoiceDetector, block: Pcm) -> float:
        if self._backlog:
            confirming.reset()
            for earlier in self._backlog:
                confirming.score(earlier)
            self._backlog.clear()
        return confirming.score(block)
