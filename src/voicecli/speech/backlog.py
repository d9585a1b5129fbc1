"""Queues the pieces of an endless text for the voice: which is next, what is skipped, and what is left out when too much arrives."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from voicecli.speech.phrases import sentences_left_out
from voicecli.speech.sentences import Cut, Piece, as_written

AHEAD: Final = 3
"""The most pieces that the voice has: the one being heard, and two that are ready after it. Only the others can still be left out."""

NEWEST: Final = 3
"""How many sentences are kept in the mode that reads only the newest."""


class Backlog:
    """The pieces between the splitter and the voice, and those that the voice has.

    Thread: one.

    Args:
        language: The language in which left-out sentences are announced.
        only_newest: Whether sentences are left out when more than `NEWEST` wait.
    """

    def __init__(self, language: str, *, only_newest: bool = False) -> None:
        self._language = language
        self._only_newest = only_newest
        self._waiting: deque[Piece] = deque()
        self._voiced: deque[Piece] = deque()
        self._left_out = 0
        self._left_at: Piece | None = None  # the first piece that was left out

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to say."""
        return not self._waiting and not self._voiced and not self._left_out

    def add(self, pieces: Iterable[Piece]) -> None:
        """Adds the next pieces."""
        self._waiting.extend(pieces)
        if self._only_newest:
            self._leave_out()

    def next(self) -> Piece | None:
        """Returns the next piece for the voice; None if the voice has enough, or there is none."""
        if len(self._voiced) >= AHEAD:
            return None
        if self._left_at is not None:
            told = as_written(sentences_left_out(self._left_out, self._language))
            piece = replace(told, index=self._left_at.index, start=self._left_at.start, end=self._left_at.start)
            self._left_out, self._left_at = 0, None
        elif self._waiting:
            piece = self._waiting.popleft()
        else:
            return None
        self._voiced.append(piece)
        return piece

    def ended(self, index: int) -> None:
        """Removes the pieces that the voice has finished: those up to number `index`."""
        while self._voiced and self._voiced[0].index <= index:
            self._voiced.popleft()

    def skip(self) -> int | None:
        """Drops the sentence that is heard. Returns the number of its last piece that the voice has; None if the voice has none."""
        if not self._voiced:
            return None
        last = self._voiced[0].index
        while self._voiced:
            piece = self._voiced.popleft()
            last = piece.index
            if _ends_sentence(piece):
                return last
        while self._waiting and not _ends_sentence(self._waiting.popleft()):
            pass
        return last

    def skip_to_newest(self) -> int | None:
        """Drops everything except the last waiting sentence. Returns the number of the last piece that the voice has; None if it has none."""
        starts = _sentence_starts(self._waiting)
        if starts:
            for _ in range(starts[-1]):
                self._waiting.popleft()
        self._left_out, self._left_at = 0, None
        if not self._voiced:
            return None
        last = self._voiced[-1].index
        self._voiced.clear()
        return last

    def _leave_out(self) -> None:
        starts = _sentence_starts(self._waiting)
        over = len(starts) - NEWEST
        if over <= 0:
            return
        self._left_at = self._left_at or self._waiting[0]
        self._left_out += over
        for _ in range(starts[over]):
            self._waiting.popleft()


def _ends_sentence(piece: Piece) -> bool:
    return piece.cut in {Cut.SENTENCE, Cut.PART}


def _sentence_starts(pieces: Sequence[Piece]) -> list[int]:
    """Returns the indices at which sentences begin in `pieces`. The first may be the rest of a sentence."""
    return [n for n in range(len(pieces)) if n == 0 or _ends_sentence(pieces[n - 1])]
