"""The time marks of a turn. They show how the time between the end of speech and the first sound was spent.

Only this module uses wall time in the pipeline (besides `haste`). Microphone time is converted by the clock reading at which a sample was the newest.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from voicecli.pcm import RATE_HZ

TimeMark: TypeAlias = Literal[
    "speech_end", "release", "endpoint", "transcript", "first_token", "first_audio", "first_sound"
]


@dataclass(slots=True)
class TurnTimes:
    """Marks of one turn, in seconds of the session's clock."""

    marks: dict[TimeMark, float] = field(default_factory=dict)

    @property
    def drafted(self) -> bool:
        """Whether the answer was started before it was certain that the person had finished."""
        begun, sure = self.marks.get("first_token"), self.marks.get("endpoint")
        return begun is not None and sure is not None and begun < sure

    def ms_since_speech(self, mark: TimeMark) -> float | None:
        """Returns the time from the end of speech to `mark` in ms; None if either is missing.

        A person who holds a key in silence has not finished before its release. Marks before the release therefore count as 0 ms, as do marks
        before the end of speech, of an answer that was begun early.
        """
        if mark not in self.marks or "speech_end" not in self.marks:
            return None
        released = self.marks.get("release")
        over_s = self.marks["speech_end"] if released is None else max(released, self.marks["speech_end"])
        return max(0.0, (self.marks[mark] - over_s) * 1000)


class Ledger:
    """Keeps the marks of the turn in progress. It belongs to the conductor.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._times = TurnTimes()
        self._early: dict[TimeMark, float] = {}

    def now_s(self) -> float:
        """Returns the seconds since the session started."""
        return self._clock() - self._began

    @property
    def times(self) -> TurnTimes:
        """The marks of the turn in progress."""
        return self._times

    def begin(self, speech_end_sample: int | None = None, now_sample: int | None = None) -> None:
        """Starts a new turn. The person fell silent at `speech_end_sample` when `now_sample` was the newest; without them, now."""
        ago_s = 0.0
        if speech_end_sample is not None and now_sample is not None:
            ago_s = (now_sample - speech_end_sample) / RATE_HZ
        self._times = TurnTimes(marks={"speech_end": self.now_s() - ago_s})

    def begin_early(self) -> None:
        """Starts the marks of an answer that is begun early. They count only if it becomes that of the turn in progress."""
        self._early = {}

    def mark(self, mark: TimeMark, *, early: bool = False) -> None:
        """Records `mark` now, unless it was recorded already."""
        marks = self._early if early else self._times.marks
        marks.setdefault(mark, self.now_s())

    def take_up(self) -> None:
        """Makes the marks of the early answer those of the turn in progress."""
        self._times.marks = {**self._early, **self._times.marks}
