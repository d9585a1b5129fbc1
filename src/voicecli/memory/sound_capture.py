"""Captures the sound of both sides of a running session."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

import numpy as np

from voicecli.memory.sound_files import TAIL_MS, TurnSound
from voicecli.pcm import Pcm, samples_of, silence

BETWEEN_PARTS_MS: Final = 300.0
"""The silence between the parts of a question that was said in parts."""

BEFORE_MS: Final = 400.0
"""How much played sound is kept between answers, because `answer_begins` is called a little after the first sound."""

LONGEST_ANSWER_S: Final = 600.0
"""The longest answer that is kept. Of a longer one the beginning is dropped."""

SILENT: Final = 30
"""Samples up to this are silence."""

MOST_QUESTIONS: Final = 8
"""How many utterances are kept until they turn out to be questions or not."""


class SoundTaps:
    """Captures both sides of a session.

    Thread: `played` is called from the speaker's thread and only stores a reference; all others from the conductor's.

    Args:
        rate_hz: The speaker's rate; 0 without a speaker.
    """

    def __init__(self, rate_hz: int = 0) -> None:
        self.rate_hz = rate_hz
        self._questions: dict[int, Pcm] = {}
        self._blocks: deque[Pcm] = deque()
        self._length = 0  # of `_blocks`, in samples
        self._sounding = False

    def question(self, turn: int, samples: Pcm, speech_end: int) -> None:
        """Stores a question as far as it was said, in place of an earlier part of it. `speech_end` is the index behind its last speech."""
        self._questions[turn] = samples[: speech_end + samples_of(TAIL_MS)]
        while len(self._questions) > MOST_QUESTIONS:
            del self._questions[next(iter(self._questions))]

    def played(self, block: Pcm) -> None:
        """Stores the next block that the speaker plays, silence included."""
        self._blocks.append(block)
        self._length += len(block)
        longest = LONGEST_ANSWER_S * 1000 if self._sounding else BEFORE_MS
        while self._blocks and self._length - len(self._blocks[0]) >= samples_of(longest, self.rate_hz):
            self._length -= len(self._blocks.popleft())

    def answer_begins(self) -> None:
        """Marks the start of an answer. The first sound may have been played up to `BEFORE_MS` earlier."""
        self._sounding = True

    def settle(self, turns: Sequence[int]) -> TurnSound:
        """Returns the sound of a turn that has ended: the question from `turns`, and its answer. Discards it here."""
        parts = [self._questions.pop(turn) for turn in turns if turn in self._questions]
        gap = silence(samples_of(BETWEEN_PARTS_MS))
        you = np.concatenate([each for part in parts for each in (gap, part)][1:]) if parts else silence(0)
        voicecli = silence(0)
        if self._sounding:
            blocks, self._blocks, self._length, self._sounding = self._blocks, deque(), 0, False
            voicecli = _trimmed(np.concatenate(list(blocks))) if blocks else voicecli
        return TurnSound(you=you, voicecli=voicecli, rate_hz=self.rate_hz)


def _trimmed(pcm: Pcm) -> Pcm:
    """Returns `pcm` without silence at its ends."""
    loud = np.flatnonzero(np.abs(pcm.astype(np.int32)) > SILENT)
    return pcm[loud[0] : loud[-1] + 1] if len(loud) else silence(0)
