"""Who is near: the person who talks to the assistant, or a voice in the background.

By its sound a television is a person who speaks, so no voice detector tells the two apart. But it is softer than whoever sits at the microphone: the
listener learns how loud that person is, and what stays far below it is not meant. Nobody is asked to speak up for it: it is learned from what was
asked and answered, and a key always counts.
"""

from __future__ import annotations

from bisect import insort
from collections import deque
from dataclasses import dataclass

from voicecli.pcm import blocks_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ForegroundConfig:
    """What is far.

    Attributes:
        below_db: A voice that stays so far below the person's own loudness is in the background; 0: every voice counts. Inside 30 utterances of
            people and voices none ever did for `going_on_ms`; 10 dB did twice, and so did 12 dB for 400 ms.
        loudness_ms: A person is as loud as the softest block of the loudest speech of this length: longer than a door that is slammed meanwhile.
            Of a short utterance, of its loudest fifth.
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

LOUD_BLOCKS = 3
"""How many blocks must be loud. A vowel has this many; the loudest crack of a distant voice has fewer."""


class Foreground:
    """Follows how loud a person is, and tells how long no near voice was heard; one block at a time.

    Thread: the one that listens.
    """

    def __init__(self, config: ForegroundConfig) -> None:
        self._config = config
        self._loudest_blocks = blocks_of(config.loudness_ms)
        self._opening_blocks = blocks_of(config.opening_ms)
        self._going_on_blocks = blocks_of(config.going_on_ms)
        self._usual_dbfs: float | None = None
        self._spoken_dbfs: float | None = None  # of the utterance that ended last
        self._loudest: list[float] = []  # the loudest blocks of this utterance, softest first
        self._levels: deque[float] = deque(maxlen=max(self._opening_blocks, self._going_on_blocks))
        self._voiced_blocks = 0
        self._sure_blocks = blocks_of(config.sure_ms)
        self._by_key = False

    @property
    def usual_dbfs(self) -> float | None:
        """How loud the person is; None until something was asked."""
        return self._usual_dbfs

    @property
    def unlike(self) -> bool:
        """Whether the utterance that is being collected is, as far as it goes, by a far voice, though its beginning was loud enough."""
        usual = self._usual_dbfs
        if usual is None or self._by_key or not self._config.below_db or self._voiced_blocks < self._loudest_blocks:
            return False
        return self._loudness_dbfs() < usual - self._config.below_db

    @property
    def sure(self) -> bool:
        """Whether there is enough of it to say so for good."""
        return self._voiced_blocks >= self._sure_blocks

    def step(self, level_dbfs: float, *, voiced: bool, speaking: bool) -> int:
        """Takes the next block.

        Args:
            level_dbfs: How loud it is, without what the speaker plays.
            voiced: Whether it may be a voice.
            speaking: Whether an utterance is being collected.

        Returns:
            For how many blocks, this one included, no near voice has been heard: 0 while one is, or while it is not known how loud a near one is.
        """
        self._levels.append(level_dbfs)
        far = self._far_blocks(speaking=speaking)
        if speaking and voiced and not far:
            self._voiced_blocks += 1
            insort(self._loudest, level_dbfs)
            del self._loudest[: -self._loudest_blocks]
        return far

    def begin_by_key(self) -> None:
        """A key was pressed: what is said now is meant, however soft."""
        self._by_key = True

    def end(self, *, spoken: bool) -> None:
        """The utterance is over; `spoken` tells whether it was one, and not a noise."""
        self._spoken_dbfs = self._loudness_dbfs() if spoken and self._voiced_blocks >= LOUD_BLOCKS else None
        if spoken and self._by_key:
            self._usual_dbfs = None  # whoever presses a key is the person, however loud somebody was before
        self._loudest = []
        self._voiced_blocks = 0
        self._by_key = False

    def know(self) -> None:
        """What was said last was understood and is answered: that is how loud the person is."""
        config, spoken, usual = self._config, self._spoken_dbfs, self._usual_dbfs
        self._spoken_dbfs = None
        if spoken is None:
            return
        if usual is None:
            self._usual_dbfs = spoken
        elif spoken > usual - config.same_db:
            self._usual_dbfs = usual + (config.rise if spoken > usual else config.fall) * (spoken - usual)

    def forget(self) -> None:
        """The microphone is another one, so every voice counts until somebody was understood."""
        self._usual_dbfs = self._spoken_dbfs = None

    def _loudness_dbfs(self) -> float:
        blocks = round(LOUDEST_SHARE * self._voiced_blocks)
        return self._loudest[-min(self._loudest_blocks, max(LOUD_BLOCKS, blocks))]

    def _far_blocks(self, *, speaking: bool) -> int:
        if not self._config.below_db:
            return 0
        # What was said so far sets the mark once there is enough of it, also for who speaks softly today.
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
