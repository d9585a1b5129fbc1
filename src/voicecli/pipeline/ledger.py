"""Time marks of a turn: where the time went between the end of speech and the first sound.

The only home of wall time in the pipeline. Microphone time is turned into it by what the clock said when a sample index was newest.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from voicecli.pcm import RATE_HZ

Mark: TypeAlias = Literal[
    "speech_end", "release", "endpoint", "transcript", "first_token", "first_audio", "first_sound"
]


@dataclass(slots=True)
class TurnTimes:
    """Marks of one turn, in seconds of the session's clock."""

    marks: dict[Mark, float] = field(default_factory=dict)

    @property
    def drafted(self) -> bool:
        """Whether the answer was begun before it was sure that the person had finished."""
        begun, sure = self.marks.get("first_token"), self.marks.get("endpoint")
        return begun is not None and sure is not None and begun < sure

    def ms_since_speech(self, mark: Mark) -> float | None:
        """From the end of speech to `mark` in ms; None where one of them is missing.

        Who holds a key in silence has not finished before it is released; what was there by then took no time.
        """
        if mark not in self.marks or "speech_end" not in self.marks:
            return None
        released = self.marks.get("release")
        if released is None:
            return (self.marks[mark] - self.marks["speech_end"]) * 1000
        return max(0.0, (self.marks[mark] - max(released, self.marks["speech_end"])) * 1000)


class Ledger:
    """Keeps the marks of the turn in progress; the conductor's own.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._times = TurnTimes()

    def now_s(self) -> float:
        """Seconds since the session began."""
        return self._clock() - self._began

    @property
    def times(self) -> TurnTimes:
        """Of the turn in progress."""
        return self._times

    def begin(self, speech_end_sample: int | None = None, now_sample: int | None = None) -> None:
        """A new turn: the person fell silent at `speech_end_sample` when `now_sample` was newest; without them, now."""
        ago_s = 0.0
        if speech_end_sample is not None and now_sample is not None:
            ago_s = (now_sample - speech_end_sample) / RATE_HZ
        self._times = TurnTimes(marks={"speech_end": self.now_s() - ago_s})

    def mark(self, mark: Mark) -> None:
        """Notes `mark` now, unless it is noted already."""
        self._times.marks.setdefault(mark, self.now_s())
