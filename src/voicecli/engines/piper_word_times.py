"""Maps words to the frames of a Piper sentence, by the durations of its phonemes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voicecli.engines.ports import OnWords, SpokenWord
from voicecli.engines.word_alignment import heard_from, id_positions, phoneme_spans
from voicecli.speech.word_timing import in_order, spans

NUMBERS_BEFORE: Final = 2
"""How many numbers Piper puts before the first phoneme of a sentence: a start symbol and one pad."""

PADS_PER_PHONEME: Final = 1
"""How many pads it puts after every phoneme. The sentence ends with one more symbol."""


def positions_of(sentence: Sequence[str], id_map: Mapping[str, Sequence[int]]) -> list[int]:
    """Returns where the numbers of each phoneme of a sentence begin; one more for the end."""
    return id_positions(sentence, id_map, pad=PADS_PER_PHONEME, begin=NUMBERS_BEFORE)


Chars = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """The part of a text that is spoken.

    Attributes:
        start: Offset of its first character.
        end: Offset after its last character.
        joined: Whether it begins where the previous word ends. Otherwise it begins with its own first sound, and the pause before it is cut off.
    """

    start: int
    end: int
    joined: bool = False


class Words:
    """Reports when the words of a text are heard, sentence by sentence.

    Args:
        text: The spoken text.
        sentences: Its phonemes, sentence by sentence.
        alone: Returns the phonemes of a word that is spoken alone.
        id_map: The voice's phonemes and their numbers.
        on_words: Called with the words; None if they are not wanted.
        excerpt: The part of `text` that is spoken; words are reported with offsets into it. None for all of it.

    Attributes:
        samples: How many samples have been yielded.
    """

    def __init__(
        self,
        text: str,
        sentences: Sequence[Sequence[str]],
        alone: Callable[[str], list[str]],
        id_map: Mapping[str, Sequence[int]],
        on_words: OnWords | None,
        excerpt: Excerpt | None = None,
    ) -> None:
        self.samples = 0
        self._text = text
        self._sentences = sentences
        self._alone = alone
        self._id_map = id_map
        self._on_words = on_words
        self._excerpt = excerpt
        self._skipped = 0  # frames of the sentence before the excerpt
        self._found: list[tuple[Chars, tuple[int, int]]] | None = None

    def frames(self, durations: NDArray[np.float32]) -> tuple[int, int]:
        """Returns the first frame of the excerpt and the one after its last; all frames without an excerpt.

        Args:
            durations: How many frames each number of the sentence takes.
        """
        whole = 0, round(float(durations.sum()))
        at = self._times(0, durations) if self._excerpt is not None else None
        if at is None or self._excerpt is None:
            return whole
        sentence = self._sentences[0]
        words = [span for chars, span in self._aligned() if self._within(chars)]
        if not words:
            return whole
        first, after = words[0][0], words[-1][1]
        if self._excerpt.start:
            begin = heard_from(sentence, first) if self._excerpt.joined else first
            self._skipped = round(at[begin])
        is_last = self._excerpt.end >= len(self._text)
        return self._skipped, round(at[-1] if is_last else at[after])

    def of(self, number: int) -> Callable[[NDArray[np.float32], int], None]:
        """Returns a function to call with the durations of a sentence, once its first chunk was yielded."""
        begun = self.samples

        def timed(durations: NDArray[np.float32], hop: int) -> None:
            if self._on_words is not None:
                self._on_words(self._timed(number, begun, durations, hop))

        return timed

    def _times(self, number: int, durations: NDArray[np.float32]) -> list[float] | None:
        """Returns the frame at which each phoneme of a sentence begins, and the frame at which the last one ends, final marks included."""
        sentence = self._sentences[number]
        positions = positions_of(sentence, self._id_map)
        if positions[-1] + 1 != len(durations):
            return None  # this voice numbers its phonemes differently
        frames = np.concatenate([[0.0], np.cumsum(durations)])
        return [float(frames[position]) for position in positions] + [float(frames[-1])]

    def _timed(self, number: int, begun: int, durations: NDArray[np.float32], hop: int) -> list[SpokenWord]:
        at = self._times(number, durations)
        if at is None:
            return []
        sentence = self._sentences[number]
        first = sum(len(before) + 1 for before in self._sentences[:number])
        after = first + len(sentence)
        mine = [
            (chars, (a - first, min(b, after) - first))
            for chars, (a, b) in self._aligned()
            if first <= a < after and self._within(chars)
        ]
        times = [(at[heard_from(sentence, a)] - self._skipped, at[b] - self._skipped) for _, (a, b) in mine]
        ordered = in_order([(max(0, round(a)) * hop, round(b) * hop) for a, b in times], round(at[-1]) * hop)
        moved = self._excerpt.start if self._excerpt is not None else 0
        return [
            SpokenWord(start=chars[0] - moved, end=chars[1] - moved, from_sample=begun + start, to_sample=begun + end)
            for (chars, _), (start, end) in zip(mine, ordered, strict=True)
        ]

    def _within(self, chars: Chars) -> bool:
        return self._excerpt is None or (self._excerpt.start <= chars[0] and chars[1] <= self._excerpt.end)

    def _aligned(self) -> list[tuple[Chars, tuple[int, int]]]:
        """Returns the span of characters and of phonemes of each word. Phonemes are counted over all sentences, with one space between two."""
        if self._found is None:
            chars = spans(self._text)
            together = [phoneme for sentence in self._sentences for phoneme in (*sentence, " ")]
            alone = [self._alone(self._text[start:end]) for start, end in chars]
            self._found = list(zip(chars, phoneme_spans(alone, together), strict=True))
        return self._found


def sooner(on_words: OnWords | None, stretch: float) -> OnWords | None:
    """Adapts `on_words` to sound that is afterwards stretched to `stretch` times its speed."""
    if on_words is None or stretch == 1.0:
        return on_words

    def told(words: Sequence[SpokenWord]) -> None:
        on_words(
            [
                replace(word, from_sample=round(word.from_sample / stretch), to_sample=round(word.to_sample / stretch))
                for word in words
            ]
        )

    return told
