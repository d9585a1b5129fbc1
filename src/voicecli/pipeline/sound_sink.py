"""The port to which the synthesis stage sends sound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from voicecli.pcm import Pcm
from voicecli.speech.word_timing import TimedWord
from voicecli.turn import Turn


class SoundSink(Protocol):
    """The destination of synthesized sound: the playout, or a file."""

    def add(self, turn: Turn, chunk: int, pcm: Pcm, rate_hz: int) -> None:
        """Adds the next sound of `chunk`, shape (n,) at `rate_hz`."""
        ...

    def time_words(self, turn: Turn, chunk: int, words: Sequence[TimedWord], rate_hz: int) -> None:
        """Adds the times of the next words of `chunk`, in order, in samples at `rate_hz`."""
        ...

    def end_chunk(self, turn: Turn, chunk: int) -> None:
        """Marks `chunk` as complete."""
        ...

    def finish(self, turn: Turn) -> None:
        """Marks `turn` as complete: nothing more will be added."""
        ...

    def wait_sound(self, turn: Turn, timeout_s: float) -> None:
        """Waits until there is sound of `turn`, it is known that there will be none, or `timeout_s` passes."""
        ...

    def wait_room(self, turn: Turn, limit_ms: float, timeout_s: float) -> bool:
        """Waits until less than `limit_ms` of `turn` is buffered or the turn is cancelled. Returns False if `timeout_s` passes first."""
        ...

    def buffered_ms(self, turn: Turn) -> float:
        """Returns how much sound of `turn` waits to be played. In a file, all sound counts."""
        ...

    def waits(self, turn: Turn, chunk: int) -> bool:
        """Whether `chunk` is complete and none of it was played."""
        ...

    def replace(self, turn: Turn, chunk: int, pcm: Pcm, words: Sequence[TimedWord], rate_hz: int) -> bool:
        """Replaces the sound of a chunk that waits. Returns False if it has started to play. Arguments as in `add` and `time_words`."""
        ...
