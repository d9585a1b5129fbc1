"""Aligns the phonemes of a sentence with its words.

espeak-ng returns a whole sentence as phonemes, and its words are not those of the text: "of the" becomes one, "1908" becomes three, a
dash none. But a word spoken alone has nearly the same phonemes as in its sentence. So the phonemes of the single words are aligned
with the sentence. Where they match, the words are found; in between ("e.g.", which is spelled out alone) the phonemes are divided evenly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from voicecli.speech.word_timing import in_order, matched

STRESS = frozenset("ˈˌ")
"""Stress marks precede their syllable, and change with the sentence."""


BETWEEN = 2
"""Distance from the first phoneme of a word to the last one of the previous word, if only a space is between them."""


def phoneme_spans(words: Sequence[Sequence[str]], sentence: Sequence[str]) -> list[tuple[int, int]]:
    """Finds the phonemes of each word.

    Args:
        words: The phonemes of each word, spoken alone.
        sentence: The phonemes of all of them, spoken together, with spaces and marks.

    Returns:
        For each word its span of phonemes in the sentence, in order. Spaces and marks belong to no word.
    """
    heard = [at for at, phoneme in enumerate(sentence) if _sounds(phoneme)]
    alone = [[phoneme for phoneme in word if _sounds(phoneme)] for word in words]
    places = matched([phoneme for word in alone for phoneme in word], [sentence[at] for at in heard])
    starts: list[int | None] = []
    lasts: list[int | None] = []
    begun = 0
    for word in alone:
        own = [place for place in places[begun : begun + len(word)] if place is not None]
        begun += len(word)
        starts.append(own[0] if own else None)
        lasts.append(own[-1] if own else None)
    spans = []
    after = 0  # the first of `heard` that is not assigned yet
    for n, (start, last) in enumerate(zip(starts, lasts, strict=True)):
        following = next((found for found in starts[n + 1 :] if found is not None), len(heard))
        # Phonemes between two found words belong to the first one, unless nothing of it was found.
        begin = after if n == 0 or start is None else max(after, start)
        end = (
            following
            if n + 1 == len(starts) or starts[n + 1] is not None
            else max(begin, 0 if last is None else last + 1)
        )
        after = max(begin, end)
        spans.append((begin, after))
    return in_order([_with_stress(sentence, heard, span) for span in spans], len(sentence))


def _with_stress(sentence: Sequence[str], heard: Sequence[int], span: tuple[int, int]) -> tuple[int, int]:
    """Converts a span of audible phonemes to a span of the sentence."""
    first, after = span
    if first >= len(heard):
        return len(sentence), len(sentence)
    start = heard[first]
    while start and sentence[start - 1] in STRESS:
        start -= 1
    return start, heard[after - 1] + 1 if after > first else start


def heard_from(sentence: Sequence[str], start: int) -> int:
    """Returns the phoneme from which a word is heard that begins with phoneme `start`.

    Within a phrase a Piper voice says a word as soon as the previous one is over: the phoneme for the space between them already sounds like the
    word's beginning. (Of 87 words that begin with an s, the hiss began 46 ms before their own first phoneme, median, and never after it.) After
    a mark the space is part of the pause.
    """
    joined = start >= BETWEEN and sentence[start - 1] == " " and _sounds(sentence[start - BETWEEN])
    return start - 1 if joined else start


def _sounds(phoneme: str) -> bool:
    return phoneme not in STRESS and any(map(str.isalnum, phoneme))


def id_positions(phonemes: Sequence[str], id_map: Mapping[str, Sequence[int]], pad: int, begin: int) -> list[int]:
    """Returns where the numbers of each phoneme begin in Piper's input to the model; one more for the end.

    Args:
        phonemes: The phonemes of a sentence.
        id_map: The numbers of each phoneme; a missing phoneme has none.
        pad: How many numbers follow each phoneme as padding.
        begin: How many numbers precede the first phoneme.
    """
    positions = [begin]
    for phoneme in phonemes:
        positions.append(positions[-1] + (len(id_map[phoneme]) + pad if phoneme in id_map else 0))
    return positions
