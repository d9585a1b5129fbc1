"""Pieces of a text without an end that wait for the voice: which comes next, what is skipped, and what is left out when too much has come."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from voicecli.speech.phrases import sentences_left_out
from voicecli.speech.sentences import Cut, Piece, as_written

AHEAD: Final = 3
"""How many pieces the voice has at most: the one that is heard, and two that are ready behind it. The others can still be left out."""

NEWEST: Final = 3
"""How many sentences are kept when only the newest are wanted."""


class Backlog:
    """The pieces between the splitter and the voice, and those that the voice has.

    Thread: one.

    Args:
        language: In which it is told that sentences were left out.
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
        """Whether nothing is to be said."""
        return not self._waiting and not self._voiced and not self._left_out

    def add(self, pieces: Iterable[Piece]) -> None:
        """Takes what came next."""
        self._waiting.extend(pieces)
        if self._only_newest:
            self._leave_out()

    def next(self) -> Piece | None:
        """What the voice is to be given now; None while it has enough, or where there is nothing."""
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
        """The voice is through with the piece of that number and all before it."""
        while self._voiced and self._voiced[0].index <= index:
            self._voiced.popleft()

    def skip(self) -> int | None:
        """Forgets the sentence that is heard; gives the number of its last piece that the voice has, None where it has nothing."""
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
        """Forgets everything but the last sentence that waits; gives what `skip` does."""
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
    """Where in `pieces` sentences begin; the first one may be the rest of one."""
    return [n for n in range(len(pieces)) if n == 0 or _ends_sentence(pieces[n - 1])]
