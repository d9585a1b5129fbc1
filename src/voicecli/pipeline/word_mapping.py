"""Maps spoken words to written words: "5.99 €" is one word on the screen, and six for the voice."""

from __future__ import annotations

from collections.abc import Sequence

from voicecli.engines.ports import SpokenWord
from voicecli.speech.normalize import Reading
from voicecli.speech.sentence_chunker import Chunk
from voicecli.speech.word_timing import SaidWord, TimedWord, by_length, spans


class WordMapping:
    """Converts the times of spoken words to times of the written words of one chunk, in order.

    Args:
        chunk: The written chunk.
        reading: Its spoken form.
    """

    def __init__(self, chunk: Chunk, reading: Reading) -> None:
        self._words = chunk.words
        self._reading = reading
        self._next = 0  # the first written word without a time

    def times(self, spoken: Sequence[SpokenWord], left_out: int = 0) -> list[TimedWord]:
        """Returns the times of the written words for the next `spoken` ones. Written words that are spoken as one get the same time.

        Args:
            spoken: Words with times from the start of the voice's sound.
            left_out: How many samples of that sound are not played.
        """
        timed: list[TimedWord] = []
        for word in spoken:
            from_sample, to_sample = max(0, word.from_sample - left_out), max(0, word.to_sample - left_out)
            first, last = self._written(word)
            if timed and first <= timed[-1].word:  # another spoken word for the same written one
                before = timed.pop()
                timed.append(TimedWord(word=before.word, from_sample=before.from_sample, to_sample=to_sample))
            for number in range(min(first, self._next), last + 1):
                if number >= self._next:
                    timed.append(TimedWord(word=number, from_sample=from_sample, to_sample=to_sample))
                    self._next = number + 1
        return timed

    def evenly(self, samples: int, pause: int = 0) -> list[TimedWord]:
        """Estimates the times if the voice does not report them: after `pause`, with equal time per character of the reading up to `samples`."""
        found = [
            SaidWord(said_start=start, said_end=end, start=start, end=end) for start, end in spans(self._reading.text)
        ]
        spoken = [
            SpokenWord(start=word.start, end=word.end, from_sample=time.from_sample, to_sample=time.to_sample)
            for word, time in zip(found, by_length(found, samples - pause), strict=True)
        ]
        return self.times(spoken, -pause)

    def rest(self, samples: int) -> list[TimedWord]:
        """Returns the written words without a time, because nothing is spoken for them. They end with the chunk, at `samples`."""
        left = range(self._next, len(self._words))
        self._next = len(self._words)
        return [TimedWord(word=number, from_sample=samples, to_sample=samples) for number in left]

    def _written(self, word: SpokenWord) -> tuple[int, int]:
        """Returns the first and the last written word for `word`. If there is none, the last is before the first."""
        start, end = self._reading.written(word.start, word.end)
        within = [number for number, said in enumerate(self._words) if start <= said.said_start < end]
        if within:
            return within[0], within[-1]
        before = sum(said.said_start <= start for said in self._words) - 1
        return before, before
