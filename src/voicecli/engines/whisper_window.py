"""Limits for Whisper: how much sound it gets at a time, and how much text it may write. Pure; time is samples at 16 kHz."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from voicecli.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, samples_of, silence

LONGEST_WINDOW_SAMPLES = 30 * RATE_HZ
"""The length on which Whisper was trained. Its encoder has no positions for more."""

SHORTEST_WINDOW_SAMPLES = 8 * RATE_HZ
"""With a shorter window, the decoder starts to repeat itself (docs/decisions/0004-recognition-window.md)."""

MARGIN_SAMPLES = RATE_HZ
"""Silence after the speech, from which the decoder knows that it is over."""

NEARLY_LONGEST_SAMPLES = 24 * RATE_HZ
"""Longer speech gets the longest window, which is a fifth longer at most. Three recordings of spontaneous speech of 25 to 27 s (171 words) had
9 errors in it instead of 12."""

LONGEST_PIECE_SAMPLES = LONGEST_WINDOW_SAMPLES - MARGIN_SAMPLES
SEARCH_SAMPLES = 8 * RATE_HZ
"""How far before the end of a piece that is too long a pause is searched for."""

QUIET_BLOCKS = 10
"""A pause is judged by 200 ms."""

SPARSE_SAMPLES = 2 * RATE_HZ
SPARSE_TOKENS_PER_S = 1.2
"""Less text than this for that much speech means that the decoder wrote only one of several repetitions. Slow speech with pauses has 2 tokens per
second."""

FREE_TOKENS = 16
TOKENS_PER_S = 12
"""Fast English has 6 tokens per second; languages that Whisper spells in bytes have up to twice as many."""

MOST_TOKENS = 224
"""Half of the decoder's positions, as in Whisper itself."""

HOP_SAMPLES = 160
"""The hop of the spectrogram, 10 ms."""

SHORTEST_SPEECH_SAMPLES = samples_of(100)
"""Shorter than any word."""

LONGEST_PHRASE_WORDS = 8
MOST_REPETITIONS = 3
LEAST_AGAIN = 0.5
"""Which part of a sentence must be repeated at the end for the text to count as starting again."""

LONG_PHRASE_WORDS = 5
LONGEST_AGAIN_WORDS = 40
"""A phrase of so many words is not said twice in a row by chance. A decoder that has lost the sound writes the last sentences twice."""

_WORDS = re.compile(r"\w+")


def window_samples(speech_samples: int) -> int:
    """Returns the length of the window for speech of this length: the speech and a margin, within the limits; whole frames of the encoder."""
    if speech_samples > NEARLY_LONGEST_SAMPLES:
        return LONGEST_WINDOW_SAMPLES
    wanted = min(max(speech_samples + MARGIN_SAMPLES, SHORTEST_WINDOW_SAMPLES), LONGEST_WINDOW_SAMPLES)
    # The encoder halves the number of spectrogram frames, so it must be even.
    step = 2 * HOP_SAMPLES
    return min(-(-wanted // step) * step, LONGEST_WINDOW_SAMPLES)


def token_budget(speech_samples: int) -> int:
    """Returns the most tokens that speech of this length can contain. A decoder that writes more is looping."""
    return min(FREE_TOKENS + TOKENS_PER_S * speech_samples // RATE_HZ, MOST_TOKENS)


def is_sparse(tokens: int, speech_samples: int) -> bool:
    """Whether `tokens` is too little text for speech of this length."""
    return speech_samples >= SPARSE_SAMPLES and tokens < SPARSE_TOKENS_PER_S * speech_samples / RATE_HZ


def frames_of(window: int) -> int:
    """Returns the number of spectrogram frames in a window of `window` samples."""
    return window // HOP_SAMPLES


def goes_in_circles(text: str) -> bool:
    """Whether a phrase is repeated more than three times in a row, a sentence twice, or the text starts again.

    Such text is too short for zlib to detect it. People repeat themselves too, so it leads to a second decoding, not to a rejection.
    """
    words = _WORDS.findall(text.casefold())
    for size in range(2, len(words)):
        again = words[size:]
        if again == words[: len(again)] and len(again) >= max(2, size * LEAST_AGAIN):
            return True
    return _says_a_sentence_twice(words) or any(
        all(
            words[start : start + size] == words[start + size * turn : start + size * (turn + 1)]
            for turn in range(1, MOST_REPETITIONS + 1)
        )
        for size in range(1, LONGEST_PHRASE_WORDS + 1)
        for start in range(len(words) - size * MOST_REPETITIONS - size + 1)
    )


def _says_a_sentence_twice(words: Sequence[str]) -> bool:
    """Whether a long phrase is repeated at once; at the end of the text, also without the end of its second copy."""
    for size in range(LONG_PHRASE_WORDS, min(LONGEST_AGAIN_WORDS, len(words) - LONG_PHRASE_WORDS) + 1):
        run = 0
        for at in range(size, len(words)):
            run = run + 1 if words[at] == words[at - size] else 0
            if run >= size:
                return True
        if run >= max(LONG_PHRASE_WORDS, size * LEAST_AGAIN):
            return True
    return False


def filled(piece: Pcm, window: int) -> Pcm:
    """Pads `piece` with silence to shape (window,)."""
    return np.concatenate([piece, silence(window - len(piece))])


def pieces(utterance: Pcm) -> Iterator[Pcm]:
    """Splits `utterance` into pieces that fit into a window, in order and without gaps, each cut at the quietest place near its end."""
    while len(utterance) > LONGEST_PIECE_SAMPLES:
        end = _quietest(utterance[:LONGEST_PIECE_SAMPLES])
        yield utterance[:end]
        utterance = utterance[end:]
    yield utterance


def _quietest(sound: Pcm) -> int:
    """Returns the middle of the quietest 200 ms in the last seconds of `sound`."""
    start = len(sound) - SEARCH_SAMPLES
    blocks = sound[start:].reshape(-1, BLOCK_SAMPLES).astype(np.float64)
    energy = np.convolve((blocks**2).sum(axis=1), np.ones(QUIET_BLOCKS), mode="valid")
    # Of equally quiet places the last one is taken, because fewer pieces give better text.
    quietest = len(energy) - 1 - int(np.argmin(energy[::-1]))
    return start + (quietest + QUIET_BLOCKS // 2) * BLOCK_SAMPLES
