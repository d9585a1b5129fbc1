"""Holds the first sound of a chunk back where the voice is slow, so that it does not fall silent in the middle of a word.

A voice makes a chunk of text in pieces of sound, and the first piece may be heard while the next is being made. On a weak machine, or while other
programs compute, the next piece may come too late. So the time of every piece is measured. A piece is released when what is there lasts until the
next one is made. A voice that is slower than real time has every chunk held until it is complete: it pauses between chunks, where a clause or a word
ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from voicecli.pcm import Pcm, ms_of

MARGIN: Final = 1.5
"""What is there has to last this many times as long as the next piece usually takes. On a busy machine the times vary by about half."""

SLOWEST: Final = 0.8
"""The share of real time from which chunks are held until they are complete. Above it, a chunk of many pieces runs out sooner or later."""

NEW_SHARE: Final = 0.5
"""The share of the newest time in the running means, so that two or three chunks are enough to follow a change of load."""


class SoundReserve:
    """Measures a voice, and decides when its sound may be played.

    Thread: the one that synthesizes.

    Args:
        clock: Monotonic seconds; None if sound is always released at once.
    """

    def __init__(self, clock: Callable[[], float] | None) -> None:
        self._clock = clock
        self._took_ms: list[float] = []  # the running mean for the n-th piece of a chunk
        self._work_ms = 0.0
        self._sound_ms = 0.0  # of pieces after the first, which also contains the work for the whole chunk

    def released(self, pieces: Iterable[Pcm], rate_hz: int, buffered_ms: Callable[[], float]) -> Iterator[list[Pcm]]:
        """Yields the pieces of one chunk in order, in groups that may be played. A group is never empty.

        Args:
            pieces: The pieces, each shape (n,), made while they are asked for.
            rate_hz: Their rate.
            buffered_ms: Returns how much sound waits to be played before them, in ms.
        """
        held: list[Pcm] = []
        held_ms, playing = 0.0, self._clock is None
        for number, (piece, took_ms) in enumerate(self._timed(pieces)):
            held.append(piece)
            held_ms += ms_of(len(piece), rate_hz)
            self._note(number, took_ms, ms_of(len(piece), rate_hz))
            # What sounds already is not helped by holding its next piece back.
            playing = playing or self._lasts(number + 1, held_ms + buffered_ms(), took_ms)
            if playing:
                yield held
                held, held_ms = [], 0.0
        if held:
            yield held

    def _timed(self, pieces: Iterable[Pcm]) -> Iterator[tuple[Pcm, float]]:
        clock = self._clock or (lambda: 0.0)
        source = iter(pieces)
        while True:
            began_s = clock()
            piece = next(source, None)
            if piece is None:
                return
            yield piece, (clock() - began_s) * 1000

    def _note(self, number: int, took_ms: float, sound_ms: float) -> None:
        if number == len(self._took_ms):
            self._took_ms.append(took_ms)
        self._took_ms[number] += (took_ms - self._took_ms[number]) * NEW_SHARE
        if number:
            self._work_ms += (took_ms - self._work_ms) * NEW_SHARE
            self._sound_ms += (sound_ms - self._sound_ms) * NEW_SHARE

    def _lasts(self, number: int, ready_ms: float, took_ms: float) -> bool:
        """Whether sound of `ready_ms` lasts until piece `number` is made, after one that took `took_ms`.

        A piece that was never measured is expected to take as long as the one before: the first contains the work for the whole chunk.
        """
        if self._work_ms > SLOWEST * self._sound_ms:
            return False
        expected_ms = self._took_ms[number] if number < len(self._took_ms) else took_ms
        return ready_ms >= MARGIN * expected_ms
