"""Splits a long recording into passages that fit a recogniser. It cuts in pauses and omits the silence. Pure; time is samples at 16 kHz."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from voicecli.engines.ports import VoiceDetector
from voicecli.pcm import BLOCK_MS, BLOCK_SAMPLES, Pcm, blocks_of, silence

BEGINS = 0.4
"""Probability of speech from which a passage starts. It is lower than in a conversation: noise costs a little time here, but a lost word is lost."""

GOES_ON = 0.25
"""Probability of speech below which a pause starts."""

BEFORE_MS = 400
"""How much is kept before the first speech. Soft consonants come before the detector is certain."""

AFTER_MS = 400
"""How much is kept after the last speech."""

LONGEST_MS = 28_000
"""Whisper's window of 30 s, with a margin."""

PAUSES_MS = ((0, 1_000), (8_000, 600), (22_000, 300))
"""Pairs of a passage length and the pause that ends a passage from that length on. A long pause ends any passage, because another language or another
person may follow. Several sentences together are recognised better than one alone, so short pauses end only long passages."""

SEARCH_MS = 8_000
"""How far back the most likely pause is searched for in a passage without any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A part of a recording that contains speech. `from_sample`: where it starts; `samples`: shape (n,)."""

    from_sample: int
    samples: Pcm

    @property
    def to_sample(self) -> int:
        """Where it ends."""
        return self.from_sample + len(self.samples)


def passages(sound: Iterable[Pcm], detector: VoiceDetector) -> Iterator[Passage]:
    """Splits `sound` into passages, in order. At most one passage is kept in memory.

    Args:
        sound: Consecutive pieces of any length.
        detector: Scores the probability of speech in a block.
    """
    cutter = _Cutter(detector)
    rest = silence(0)
    for piece in sound:
        joined = np.concatenate([rest, piece]) if len(rest) else piece
        whole = len(joined) - len(joined) % BLOCK_SAMPLES
        rest = joined[whole:]
        for start in range(0, whole, BLOCK_SAMPLES):
            passage = cutter.feed(joined[start : start + BLOCK_SAMPLES])
            if passage is not None:
                yield passage
    if len(rest):
        passage = cutter.feed(np.concatenate([rest, silence(BLOCK_SAMPLES - len(rest))]))
        if passage is not None:
            yield passage
    passage = cutter.finish()
    if passage is not None:
        yield passage


class _Cutter:
    def __init__(self, detector: VoiceDetector) -> None:
        detector.reset()
        self._detector = detector
        self._at = 0  # blocks fed so far
        self._held: list[Pcm] = []  # the newest blocks: of the passage, or of what may precede it
        self._scores: list[float] = []
        self._speaking = False
        self._quiet = 0  # blocks since the last speech

    def feed(self, block: Pcm) -> Passage | None:
        """Takes the next block. Returns a passage when one is complete."""
        score = self._detector.score(block)
        self._at += 1
        self._held.append(block)
        self._scores.append(score)
        if not self._speaking:
            self._speaking = score >= BEGINS
            self._quiet = 0
            if not self._speaking:
                del self._held[: -blocks_of(BEFORE_MS)], self._scores[: -blocks_of(BEFORE_MS)]
            return None
        self._quiet = 0 if score >= GOES_ON else self._quiet + 1
        length = len(self._held)
        pause_ms = next(pause for at_ms, pause in reversed(PAUSES_MS) if length * BLOCK_MS >= at_ms)
        if self._quiet * BLOCK_MS >= pause_ms:
            return self._cut(length - max(0, self._quiet - blocks_of(AFTER_MS)), goes_on=False)
        if length * BLOCK_MS >= LONGEST_MS:
            first = length - blocks_of(SEARCH_MS)
            return self._cut(first + int(np.argmin(self._scores[first:])) + 1, goes_on=True)
        return None

    def finish(self) -> Passage | None:
        """Returns the passage at the end of the recording, if there is one."""
        return self._cut(len(self._held), goes_on=False) if self._speaking else None

    def _cut(self, length: int, *, goes_on: bool) -> Passage:
        passage = Passage(
            from_sample=(self._at - len(self._held)) * BLOCK_SAMPLES, samples=np.concatenate(self._held[:length])
        )
        kept = length if goes_on else max(length, len(self._held) - blocks_of(BEFORE_MS))
        del self._held[:kept], self._scores[:kept]
        self._speaking = goes_on and any(score >= GOES_ON for score in self._scores)
        self._quiet = 0
        return passage
