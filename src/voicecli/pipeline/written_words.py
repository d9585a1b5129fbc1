"""Which written words sound while the words of a reading are said: "5.99 €" is one word on the screen, and six for the voice."""

from __future__ import annotations

from collections.abc import Sequence

from voicecli.engines.ports import SpokenWord
from voicecli.speech.normalize import Reading
from voicecli.speech.said import SaidWord, TimedWord, by_length, spans
from voicecli.speech.sentences import Piece


class WrittenWords:
    """Turns times of spoken words into times of the words of one piece, in order.

    Args:
        piece: What is written.
        reading: How it is said.
    """

    def __init__(self, piece: Piece, reading: Reading) -> None:
        self._words = piece.words
        self._reading = reading
        self._next = 0  # the first written word that was not told of

    def times(self, spoken: Sequence[SpokenWord], left_out: int = 0) -> list[TimedWord]:
        """The times of the written words that the next `spoken` ones stand for. Written words that are said as one sound together.

        Args:
            spoken: When, counted from the voice's own beginning.
            left_out: Samples of that which are not played.
        """
        timed: list[TimedWord] = []
        for word in spoken:
            from_sample, to_sample = max(0, word.from_sample - left_out), max(0, word.to_sample - left_out)
            first, last = self._written(word)
            if timed and first <= timed[-1].word:  # another word for the same written one
                before = timed.pop()
                timed.append(TimedWord(word=before.word, from_sample=before.from_sample, to_sample=to_sample))
            for number in range(min(first, self._next), last + 1):
                if number >= self._next:
                    timed.append(TimedWord(word=number, from_sample=from_sample, to_sample=to_sample))
                    self._next = number + 1
        return timed

    def evenly(self, samples: int, pause: int = 0) -> list[TimedWord]:
        """The times where the voice does not know them: behind `pause`, all characters of the reading take the same share of `samples`."""
        found = [
            SaidWord(said_start=start, said_end=end, start=start, end=end) for start, end in spans(self._reading.text)
        ]
        spoken = [
            SpokenWord(start=word.start, end=word.end, from_sample=time.from_sample, to_sample=time.to_sample)
            for word, time in zip(found, by_length(found, samples - pause), strict=True)
        ]
        return self.times(spoken, -pause)

    def rest(self, samples: int) -> list[TimedWord]:
        """The written words that were not told of, because nothing is said for them; they are over with the piece, at `samples`."""
        left = range(self._next, len(self._words))
        self._next = len(self._words)
        return [TimedWord(word=number, from_sample=samples, to_sample=samples) for number in left]

    def _written(self, word: SpokenWord) -> tuple[int, int]:
        """The first and the last written word that `word` stands for; the last is before the first where there is none."""
        start, end = self._reading.written(word.start, word.end)
        within = [number for number, said in enumerate(self._words) if start <= said.said_start < end]
        if within:
            return within[0], within[-1]
        before = sum(said.said_start <= start for said in self._words) - 1
        return before, before
