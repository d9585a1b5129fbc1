"""Queues the chunks of an endless text for the voice: which is next, what is skipped, and what is left out when too much arrives."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from voicecli.speech.sentence_chunker import Chunk, Cut, as_written
from voicecli.speech.spoken_phrases import sentences_left_out

AHEAD: Final = 3
"""The most chunks that the voice has: the one being heard, and two that are ready after it. Only the others can still be left out."""

NEWEST: Final = 3
"""How many sentences are kept in the mode that reads only the newest."""


class Backlog:
    """The chunks between the splitter and the voice, and those that the voice has.

    Thread: one.

    Args:
        language: The language in which left-out sentences are announced.
        only_newest: Whether sentences are left out when more than `NEWEST` wait.
    """

    def __init__(self, language: str, *, only_newest: bool = False) -> None:
        self._language = language
        self._only_newest = only_newest
        self._waiting: deque[Chunk] = deque()
        self._voiced: deque[Chunk] = deque()
        self._left_out = 0
        self._left_at: Chunk | None = None  # the first chunk that was left out

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to say."""
        return not self._waiting and not self._voiced and not self._left_out

    def add(self, chunks: Iterable[Chunk]) -> None:
        """Adds the next chunks."""
        self._waiting.extend(chunks)
        if self._only_newest:
            self._leave_out()

    def next(self) -> Chunk | None:
        """Returns the next chunk for the voice; None if the voice has enough, or there is none."""
        if len(self._voiced) >= AHEAD:
            return None
        if self._left_at is not None:
            told = as_written(sentences_left_out(self._left_out, self._language))
            chunk = replace(told, index=self._left_at.index, start=self._left_at.start, end=self._left_at.start)
            self._left_out, self._left_at = 0, None
        elif self._waiting:
            chunk = self._waiting.popleft()
        else:
            return None
        self._voiced.append(chunk)
        return chunk

    def ended(self, index: int) -> None:
        """Removes the chunks that the voice has finished: those up to number `index`."""
        while self._voiced and self._voiced[0].index <= index:
            self._voiced.popleft()

    def skip(self) -> int | None:
        """Drops the sentence that is heard. Returns the number of its last chunk that the voice has; None if the voice has none."""
        if not self._voiced:
            return None
        last = self._voiced[0].index
        while self._voiced:
            chunk = self._voiced.popleft()
            last = chunk.index
            if _ends_sentence(chunk):
                return last
        while self._waiting and not _ends_sentence(self._waiting.popleft()):
            pass
        return last

    def skip_to_newest(self) -> int | None:
        """Drops everything except the last waiting sentence. Returns the number of the last chunk that the voice has; None if it has none."""
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


def _ends_sentence(chunk: Chunk) -> bool:
    return chunk.cut in {Cut.SENTENCE, Cut.PART}


def _sentence_starts(chunks: Sequence[Chunk]) -> list[int]:
    """Returns the indices at which sentences begin in `chunks`. The first may be the rest of a sentence."""
    return [n for n in range(len(chunks)) if n == 0 or _ends_sentence(chunks[n - 1])]
