"""How much sound Whisper is given at a time, and how much text it may make of it. Pure; time is samples at 16 kHz."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from voicecli.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, samples_of, silence

LONGEST_WINDOW_SAMPLES = 30 * RATE_HZ
"""What Whisper was trained on; its encoder has positions for no more."""

SHORTEST_WINDOW_SAMPLES = 8 * RATE_HZ
"""With less, the decoder begins to repeat itself (docs/decisions/0004-recognition-window.md)."""

MARGIN_SAMPLES = RATE_HZ
"""Silence after the speech, by which the decoder knows that it is over."""

LONGEST_PIECE_SAMPLES = LONGEST_WINDOW_SAMPLES - MARGIN_SAMPLES
SEARCH_SAMPLES = 8 * RATE_HZ
"""How far before the end of a piece that is too long a pause is looked for."""

QUIET_BLOCKS = 10
"""A pause is judged by 200 ms."""

SPARSE_SAMPLES = 2 * RATE_HZ
SPARSE_TOKENS_PER_S = 1.2
"""Less text than this for so much speech is a decoder that wrote down one of several repetitions; slow speech with pauses has 2 tokens a second."""

FREE_TOKENS = 16
TOKENS_PER_S = 12
"""Fast English has 6 tokens a second, languages that Whisper spells in bytes up to twice as many."""

MOST_TOKENS = 224
"""Half of the decoder's positions, as Whisper itself allows."""

HOP_SAMPLES = 160
"""A frame of the spectrogram, 10 ms."""

SHORTEST_SPEECH_SAMPLES = samples_of(100)
"""Less than any word."""

LONGEST_PHRASE_WORDS = 8
MOST_REPETITIONS = 3
LEAST_AGAIN = 0.5
"""Which part of a sentence has to come again, at the end, for the text to begin anew."""

_WORDS = re.compile(r"\w+")


def window_samples(speech_samples: int) -> int:
    """How long a window speech of this length is encoded in: the speech and a margin, within the bounds; whole frames of the encoder."""
    wanted = min(max(speech_samples + MARGIN_SAMPLES, SHORTEST_WINDOW_SAMPLES), LONGEST_WINDOW_SAMPLES)
    # The encoder halves the frames of the spectrogram, so their number has to be even.
    step = 2 * HOP_SAMPLES
    return min(-(-wanted // step) * step, LONGEST_WINDOW_SAMPLES)


def token_budget(speech_samples: int) -> int:
    """The most tokens that so much speech can hold; a decoder that wants more is going in circles."""
    return min(FREE_TOKENS + TOKENS_PER_S * speech_samples // RATE_HZ, MOST_TOKENS)


def is_sparse(tokens: int, speech_samples: int) -> bool:
    """Whether so few tokens are too little text for so much speech."""
    return speech_samples >= SPARSE_SAMPLES and tokens < SPARSE_TOKENS_PER_S * speech_samples / RATE_HZ


def frames_of(window: int) -> int:
    """How many frames of the spectrogram a window of `window` samples has."""
    return window // HOP_SAMPLES


def goes_in_circles(text: str) -> bool:
    """Whether a phrase is said more than three times running, or the text begins anew: too short for zlib to notice.

    People do that too, so it is a reason to listen again, not to refuse the text.
    """
    words = _WORDS.findall(text.casefold())
    for size in range(2, len(words)):
        again = words[size:]
        if again == words[: len(again)] and len(again) >= max(2, size * LEAST_AGAIN):
            return True
    return any(
        all(
            words[start : start + size] == words[start + size * turn : start + size * (turn + 1)]
            for turn in range(1, MOST_REPETITIONS + 1)
        )
        for size in range(1, LONGEST_PHRASE_WORDS + 1)
        for start in range(len(words) - size * MOST_REPETITIONS - size + 1)
    )


def filled(piece: Pcm, window: int) -> Pcm:
    """`piece` with silence behind it, shape (window,)."""
    return np.concatenate([piece, silence(window - len(piece))])


def pieces(utterance: Pcm) -> Iterator[Pcm]:
    """`utterance` in pieces that fit into a window, in order and without gaps, each cut where it is quietest near its end."""
    while len(utterance) > LONGEST_PIECE_SAMPLES:
        end = _quietest(utterance[:LONGEST_PIECE_SAMPLES])
        yield utterance[:end]
        utterance = utterance[end:]
    yield utterance


def _quietest(sound: Pcm) -> int:
    """The middle of the quietest 200 ms in the last seconds of `sound`."""
    start = len(sound) - SEARCH_SAMPLES
    blocks = sound[start:].reshape(-1, BLOCK_SAMPLES).astype(np.float64)
    energy = np.convolve((blocks**2).sum(axis=1), np.ones(QUIET_BLOCKS), mode="valid")
    # Of equally quiet places the last one: the fewer pieces, the better the text.
    quietest = len(energy) - 1 - int(np.argmin(energy[::-1]))
    return start + (quietest + QUIET_BLOCKS // 2) * BLOCK_SAMPLES
