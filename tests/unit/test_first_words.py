"""The first words of a reply tell whether it is an answer, a stock refusal, or the question once more."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicecli.speech.first_words import FirstWords

REFUSALS = (
    "I'm sorry, but I can't assist with that.",
    "I\u2019m sorry, but I can\u2019t assist with that request.",
    "Sorry, I cannot help you with that.",
    "I am unable to fulfill this request.",
    "As an AI language model, I can't continue this conversation.",
    "Es tut mir leid, aber ich kann dir dabei nicht helfen.",
    "Lo siento, pero no puedo ayudarte con eso.",
    "Je suis d\u00e9sol\u00e9, mais je ne peux pas vous aider avec cela.",
    "\u5f88\u62b1\u6b49\uff0c\u6211\u65e0\u6cd5\u534f\u52a9\u60a8\u5904\u7406\u8fd9\u4e2a\u8bf7\u6c42\u3002",
)
HONEST = (
    "I cannot know that.",
    "I'm sorry, but I can't see you.",
    "I can't tell you today's weather, because I work offline.",
    "I cannot do that.",
    "I'm not able to turn on lights.",
    "Ich kann das nicht wissen.",
    "No puedo saberlo.",
    "Je ne peux pas savoir cela.",
    "\u6211\u65e0\u6cd5\u77e5\u9053\u3002",
)
ANSWERS = (
    "I can help you with that.",
    "I'm a voice assistant.",
    "Ich kann dir dabei helfen.",
    "As a child, he sang.",
    "In 1969.",
)
QUESTION = "Tell me a long story about a whale."


def kind(question: str, reply: str) -> str:
    first = FirstWords(question)
    for character in reply:
        first.feed(character)
    return first.finish()


@pytest.mark.parametrize("reply", REFUSALS)
def test_a_refusal_without_a_reason_is_a_stock_refusal(reply: str) -> None:
    assert kind(QUESTION, reply) == "refusal"
    assert kind(QUESTION, f"{reply} You can ask me something else.") == "refusal"


@pytest.mark.parametrize("reply", [*HONEST, *ANSWERS])
def test_what_says_why_it_cannot_is_an_answer(reply: str) -> None:
    assert kind(QUESTION, reply) == "answer"


def test_a_request_for_what_cannot_be_done_may_be_refused_in_stock_words() -> None:
    first = FirstWords("Turn on the light.", may_refuse=True)
    assert first.feed("I'm sorry, but I can't assist with that.") == "answer"


@pytest.mark.parametrize(
    ("question", "reply"),
    [
        ("\u6211\u4eca\u5929\u5f88\u7d2f", "\u4f60\u4eca\u5929\u5f88\u7d2f\u3002"),
        ("\u6cd5\u56fd\u7684\u9996\u90fd\u662f\u54ea\u91cc?", "\u6cd5\u56fd\u7684\u9996\u90fd\u662f\u54ea\u91cc\uff1f"),
        ("Ich bin heute sehr m\u00fcde.", "Du bist heute sehr m\u00fcde."),
        ("What is the capital of France?", "What is the capital of France?"),
    ],
)
def test_the_question_once_more_is_a_repetition_even_with_you_for_i(question: str, reply: str) -> None:
    assert kind(question, reply) == "repetition"


@pytest.mark.parametrize(
    ("question", "reply"),
    [
        ("\u6cd5\u56fd\u7684\u9996\u90fd\u662f\u54ea\u91cc?", "\u6cd5\u56fd\u7684\u9996\u90fd\u662f\u5df4\u9ece\u3002"),
        ("\u6211\u4eca\u5929\u5f88\u7d2f", "\u4f60\u4eca\u5929\u5f88\u7d2f\uff0c\u597d\u597d\u4f11\u606f\u5427\u3002"),
        ("Ich bin heute sehr m\u00fcde.", "Du bist heute sehr m\u00fcde. Ruh dich aus."),
        ("Good morning!", "Good morning!"),
        ("\u65e9\u4e0a\u597d", "\u65e9\u4e0a\u597d\uff01"),
        ("What is the capital of France?", "What is the capital of France? It is Paris."),
        ("", "Hello."),
    ],
)
def test_an_answer_that_begins_with_the_question_and_a_greeting_that_is_returned_are_answers(
    question: str, reply: str
) -> None:
    assert kind(question, reply) == "answer"


def test_an_ordinary_answer_passes_at_its_first_word() -> None:
    first = FirstWords("What is the capital of France?")
    assert first.feed("The") is None or first.kind == "answer"
    assert first.feed(" capital") == "answer"
    assert FirstWords("Who are you?").feed("Blue") == "answer"


@given(st.sampled_from([*REFUSALS, *HONEST, *ANSWERS]), st.lists(st.integers(0, 60), max_size=6))
def test_it_does_not_matter_in_which_pieces_a_reply_comes(reply: str, cuts: list[int]) -> None:
    first = FirstWords(QUESTION)
    edges = [0, *sorted({min(cut, len(reply)) for cut in cuts}), len(reply)]
    for begin, end in pairwise(edges):
        first.feed(reply[begin:end])
    assert first.finish() == kind(QUESTION, reply)
