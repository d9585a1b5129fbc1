"""The port through which the synthesis stage hands over sound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from voicecli.pcm import Pcm
from voicecli.speech.said import TimedWord
from voicecli.turn import Turn


class SoundSink(Protocol):
    """Where synthesized sound goes: the playout, or a file."""

    def add(self, turn: Turn, piece: int, pcm: Pcm, rate_hz: int) -> None:
        """The next chunk of `piece`, shape (n,) at `rate_hz`."""
        ...

    def time_words(self, turn: Turn, piece: int, words: Sequence[TimedWord], rate_hz: int) -> None:
        """When the next words of `piece` sound, in order; in samples at `rate_hz`."""
        ...

    def end_piece(self, turn: Turn, piece: int) -> None:
        """All of `piece` has been added."""
        ...

    def finish(self, turn: Turn) -> None:
        """Nothing more will be added for `turn`."""
        ...

    def wait_sound(self, turn: Turn, timeout_s: float) -> None:
        """Waits until there is sound of `turn`, it is known that there will be none, or `timeout_s` is over."""
        ...

    def wait_room(self, turn: Turn, limit_ms: float, timeout_s: float) -> bool:
        """Waits until less than `limit_ms` of `turn` is waiting to be played, or the turn is cancelled; False when `timeout_s` was over first."""
        ...

    def buffered_ms(self, turn: Turn) -> float:
        """How much sound of `turn` waits to be played. A file has no end: everything in it is still to be played."""
        ...

    def waits(self, turn: Turn, piece: int) -> bool:
        """Whether all of `piece` has been added, and none of it was played."""
        ...

    def replace(self, turn: Turn, piece: int, pcm: Pcm, words: Sequence[TimedWord], rate_hz: int) -> bool:
        """Puts other sound in the place of a piece that waits; False when that has begun to be played. Arguments as of `add` and `time_words`."""
        ...
