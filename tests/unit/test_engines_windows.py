"""How much sound the recogniser gets at a time, and when its text is decoded again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicecli.engines.whisper_window import (
    LONGEST_PIECE_SAMPLES,
    LONGEST_WINDOW_SAMPLES,
    MOST_TOKENS,
    SHORTEST_WINDOW_SAMPLES,
    filled,
    frames_of,
    goes_in_circles,
    is_sparse,
    pieces,
    token_budget,
    window_samples,
)
from voicecli.pcm import RATE_HZ, Pcm


def noise(seconds: float, amplitude: float = 3000.0) -> Pcm:
    return np.random.default_rng(0).normal(0, amplitude, int(seconds * RATE_HZ)).astype(np.int16)


def test_a_short_utterance_gets_the_shortest_window() -> None:
    assert window_samples(2 * RATE_HZ) == SHORTEST_WINDOW_SAMPLES


def test_a_longer_utterance_gets_a_window_of_its_length_and_a_margin() -> None:
    assert window_samples(12 * RATE_HZ) == 13 * RATE_HZ


def test_speech_that_nearly_fills_the_longest_window_gets_it() -> None:
    assert window_samples(24 * RATE_HZ) == 25 * RATE_HZ
    assert window_samples(24 * RATE_HZ + 1) == LONGEST_WINDOW_SAMPLES


def test_no_window_is_longer_than_the_model_was_trained_on() -> None:
    assert window_samples(40 * RATE_HZ) == LONGEST_WINDOW_SAMPLES


@given(st.integers(0, 40 * RATE_HZ))
def test_a_window_holds_the_speech_in_an_even_number_of_frames(samples: int) -> None:
    window = window_samples(samples)
    assert window >= min(samples, LONGEST_WINDOW_SAMPLES)
    assert frames_of(window) % 2 == 0
    assert window % 160 == 0


def test_a_piece_is_filled_up_with_silence() -> None:
    window = filled(noise(1), SHORTEST_WINDOW_SAMPLES)
    assert len(window) == SHORTEST_WINDOW_SAMPLES
    assert not window[RATE_HZ:].any()


def test_the_budget_of_tokens_grows_with_the_speech_up_to_what_the_model_can_write() -> None:
    assert token_budget(RATE_HZ) < token_budget(5 * RATE_HZ) < token_budget(60 * RATE_HZ) == MOST_TOKENS


@pytest.mark.parametrize("seconds", [0.0, 0.5, 29.0, 29.1, 30.0, 61.3, 100.0])
def test_pieces_put_together_are_the_utterance(seconds: float) -> None:
    sound = noise(seconds)
    cut = list(pieces(sound))
    assert all(len(piece) <= LONGEST_PIECE_SAMPLES for piece in cut)
    assert np.array_equal(np.concatenate(cut), sound)


def test_a_long_utterance_is_cut_in_a_pause() -> None:
    sound = noise(40)
    pause = slice(25 * RATE_HZ, 25 * RATE_HZ + RATE_HZ // 2)
    sound[pause] //= 100
    first = next(pieces(sound))
    assert pause.start < len(first) < pause.stop


@pytest.mark.parametrize(
    ("text", "circles"),
    [
        ("No? No? No? No? No?", True),
        ("five five five five", True),
        (
            "an example of fine typography, an example of fine typography, an example of fine typography, an example of fine typography",
            True,
        ),
        ("Turn off the kitchen light. Turn off the kitchen light.", True),
        ("The mountain is that many feet high. The mountain is that many feet", True),
        ("The light is on in the kitchen. The light", False),
        ("It has started. Code is left out. The work is done. Code is left out. The work is done.", True),
        ("It has started. Code is left out. The work is done. Code is left out. The work", True),
        ("Two people have come in. Two people have come in. One has left.", True),
        ("The sooner you begin, the sooner you begin to see.", False),
        ("No, no, no.", False),
        ("Bye bye.", False),
        ("Ask not what your country can do for you, ask what you can do for your country.", False),
        ("", False),
    ],
)
def test_a_phrase_said_again_and_again_is_noticed(text: str, *, circles: bool) -> None:
    assert goes_in_circles(text) is circles


@pytest.mark.parametrize(
    ("tokens", "seconds", "sparse"),
    [(4, 4.4, True), (2, 4.5, True), (3, 2.9, True), (5, 2.2, False), (1, 1.2, False), (12, 6.0, False)],
)
def test_one_of_many_repetitions_is_too_little_text(tokens: int, seconds: float, *, sparse: bool) -> None:
    assert is_sparse(tokens, int(seconds * RATE_HZ)) is sparse
