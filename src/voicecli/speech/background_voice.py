"""Distinguishes the person who talks to the assistant from voices in the background, by loudness.

A television sounds like a person who speaks, so no voice detector tells the two apart. But it is softer than the person at the microphone. The
listener learns how loud that person is, and ignores a voice that stays far below. No calibration is needed: the loudness is learned from
questions that were answered, and a key always overrides it.
"""

from __future__ import annotations

from bisect import insort
from collections import deque
from dataclasses import dataclass

from voicecli.pcm import blocks_of


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundVoiceConfig:
    """What counts as background.

    Attributes:
        below_db: A voice that stays this far below the person's own loudness is in the background; 0: every voice counts. In 30 utterances of
            people and voices, none stayed below for `going_on_ms`. With 10 dB two did, and so did two with 12 dB for 400 ms.
        loudness_ms: A person's loudness is the level of the softest block of the loudest speech of this length. It is longer than a slammed door.
            Of a short utterance, its loudest fifth is used.
        opening_ms: While nobody speaks, a voice counts as near if it was loud enough within this time, about a vowel and a stop. It may still turn
            out to be distant.
        going_on_ms: The same while somebody speaks. A person becomes loud again within this time, except at the end of a sentence that trails off.
        sure_ms: Length of speech after which an utterance that began loud is judged as a whole, unless there is a pause before.
        rise: Weight of a louder utterance in the estimate of the person's loudness. It is below 1 because a person may shout once.
        fall: Weight of a softer utterance. It counts only if it is softer by less than `same_db`: a much softer voice may be another person, who
            must not replace the first in the estimate.
        same_db: See `fall`.
    """

    below_db: float = 12.0
    loudness_ms: int = 300
    opening_ms: int = 160
    going_on_ms: int = 500
    sure_ms: int = 800
    rise: float = 0.5
    fall: float = 0.2
    same_db: float = 6.0


LOUDEST_SHARE = 0.2
"""The share of the loudest blocks by which the level of an utterance is judged."""

LOUD_BLOCKS = 3
"""How many blocks must be loud. A vowel has this many; the loudest crack of a distant voice has fewer."""


class BackgroundVoiceFilter:
    """Tracks how loud a person is, and counts the blocks without a near voice, one block at a time.

    Thread: the listener's.
    """

    def __init__(self, config: BackgroundVoiceConfig) -> None:
        self._config = config
        self._loudest_blocks = blocks_of(config.loudness_ms)
        self._opening_blocks = blocks_of(config.opening_ms)
        self._going_on_blocks = blocks_of(config.going_on_ms)
        self._usual_dbfs: float | None = None  # the person's loudness; None before the first question
        self._spoken_dbfs: float | None = None  # of the last utterance
        self._loudest: list[float] = []  # the loudest blocks of this utterance, in ascending order
        self._levels: deque[float] = deque(maxlen=max(self._opening_blocks, self._going_on_blocks))
        self._voiced_blocks = 0
        self._sure_blocks = blocks_of(config.sure_ms)
        self._by_key = False

    @property
    def unlike(self) -> bool:
        """Whether the current utterance, as far as it goes, is by a far voice, although its beginning was loud enough."""
        usual = self._usual_dbfs
        if usual is None or self._by_key or not self._config.below_db or self._voiced_blocks < self._loudest_blocks:
            return False
        return self._loudness_dbfs() < usual - self._config.below_db

    @property
    def sure(self) -> bool:
        """Whether the utterance is long enough for that judgement to be final."""
        return self._voiced_blocks >= self._sure_blocks

    def step(self, level_dbfs: float, *, voiced: bool, speaking: bool) -> int:
        """Processes the next block.

        Args:
            level_dbfs: Its level, without what the speaker plays.
            voiced: Whether it may contain a voice.
            speaking: Whether an utterance is being collected.

        Returns:
            For how many blocks, including this one, no near voice was heard. 0 while one is heard, or while the loudness of a near voice is unknown.
        """
        self._levels.append(level_dbfs)
        far = self._far_blocks(speaking=speaking)
        if speaking and voiced and not far:
            self._voiced_blocks += 1
            insort(self._loudest, level_dbfs)
            del self._loudest[: -self._loudest_blocks]
        return far

    def begin_by_key(self) -> None:
        """Accepts any loudness for the current utterance, because a key was pressed."""
        self._by_key = True

    def end(self, *, spoken: bool) -> None:
        """Ends the utterance. `spoken` is False if it was a noise."""
        self._spoken_dbfs = self._loudness_dbfs() if spoken and self._voiced_blocks >= LOUD_BLOCKS else None
        if spoken and self._by_key:
            self._usual_dbfs = None  # the user who presses a key is the person, however loud others were before
        self._loudest = []
        self._voiced_blocks = 0
        self._by_key = False

    def know(self) -> None:
        """Updates the estimate from the last utterance, which was understood and answered."""
        config, spoken, usual = self._config, self._spoken_dbfs, self._usual_dbfs
        self._spoken_dbfs = None
        if spoken is None:
            return
        if usual is None:
            self._usual_dbfs = spoken
        elif spoken > usual - config.same_db:
            self._usual_dbfs = usual + (config.rise if spoken > usual else config.fall) * (spoken - usual)

    def forget(self) -> None:
        """Resets the estimate, because the microphone changed. Every voice counts until an utterance was understood."""
        self._usual_dbfs = self._spoken_dbfs = None

    def _loudness_dbfs(self) -> float:
        blocks = round(LOUDEST_SHARE * self._voiced_blocks)
        return self._loudest[-min(self._loudest_blocks, max(LOUD_BLOCKS, blocks))]

    def _far_blocks(self, *, speaking: bool) -> int:
        if not self._config.below_db:
            return 0
        # Once there is enough speech, the utterance itself sets the reference. It also suits a person who speaks more softly than before.
        enough = speaking and len(self._loudest) == self._loudest_blocks
        known = self._loudest[0] if enough else None
        if known is None and not self._by_key:
            known = self._usual_dbfs
        if known is None:
            return 0
        within = self._going_on_blocks if speaking else self._opening_blocks
        levels = list(self._levels)[-within:]
        loud = [at for at, level in enumerate(levels) if level >= known - self._config.below_db]
        if len(loud) >= LOUD_BLOCKS or len(levels) < within:
            return 0
        return len(levels) - (loud[-1] + 1 if loud else 0)  # 0 for a loud block: an answer pauses at the first sign
