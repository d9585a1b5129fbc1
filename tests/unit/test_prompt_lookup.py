"""An answer is expected to continue with the words of its question, once it has started to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicecli.engines.prompt_lookup import BEGINNING_TOKENS, MOST_GUESSED, PromptLookup

QUESTION = "What is the capital of France ?"


class Words:
    """A vocabulary in which every word is a token."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def tokens(self, text: str) -> list[int]:
        return [self._numbers.setdefault(word, len(self._numbers)) for word in text.split()]

    def text_of(self, token: int) -> str:
        return " " + next(word for word, number in self._numbers.items() if number == token)


def guessed(question: str, reply: str) -> str:
    words = Words()
    restating = PromptLookup(words.tokens(question), words.text_of)
    return "".join(words.text_of(token) for token in restating.guess(words.tokens(reply))).strip()


@pytest.mark.parametrize(
    ("reply", "guess"),
    [
        ("The", "capital of France"),  # also with another case, which is another token
        ("The capital", "of France"),  # up to the mark
        ("Well, the capital", "of France"),
        ("", ""),
        ("Paris", ""),
        ("Paris of", ""),  # one word alone, later than the first
        ("The capital of France", ""),  # nothing follows but the mark
        ("?", ""),
    ],
)
def test_what_may_follow(reply: str, guess: str) -> None:
    assert guessed(QUESTION, reply) == guess


def test_the_longest_phrase_in_common_counts() -> None:
    assert guessed("Is the moon or the sun nearer ?", "Surely the sun") == "nearer"


def test_far_into_a_reply_nothing_is_guessed() -> None:
    assert guessed(QUESTION, "well " * BEGINNING_TOKENS + "the capital") == ""


@given(
    st.lists(st.sampled_from(["a", "b", "c", "."]), max_size=8), st.lists(st.sampled_from(["a", "b", "."]), max_size=8)
)
def test_a_guess_is_short_and_taken_from_the_question(question: list[str], reply: list[str]) -> None:
    guess = guessed(" ".join(question), " ".join(reply))
    assert len(guess.split()) <= MOST_GUESSED
    assert guess in " ".join(question)
