"""The model is told what was said and what was really heard."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicecli.session.history import CONTEXT_CHARACTERS, History, Played, heard_text
from voicecli.speech.sentences import Cuts, Piece, Splitter

REPLY = "One two three. Four five six. Seven."
PIECES = (
    Piece(index=0, start=0, end=15, text="One two three."),
    Piece(index=1, start=15, end=30, text="Four five six."),
    Piece(index=2, start=30, end=36, text="Seven."),
)


@pytest.mark.parametrize(
    ("played", "heard"),
    [
        (Played(), ""),
        (Played(piece=0, fraction=0.0), ""),
        (Played(piece=0, fraction=0.5), "One two"),
        (Played(piece=0, fraction=1.0), "One two three."),
        (Played(piece=1, fraction=0.0), "One two three."),
        (Played(piece=1, fraction=0.5), "One two three. Four"),
        (Played(piece=2, fraction=0.9), "One two three. Four five six."),
        (Played(piece=2, fraction=1.0), REPLY),
    ],
)
def test_what_was_heard_is_clipped_to_whole_words(played: Played, heard: str) -> None:
    assert heard_text(REPLY, PIECES, played) == heard


@pytest.mark.parametrize(
    ("piece", "words", "heard"),
    [
        (0, 0, ""),
        (0, 1, "**One**"),
        (0, 2, "**One**  two"),
        (0, 3, "**One**  two `three`."),
        (1, 0, "**One**  two `three`."),
        (1, 2, "**One**  two `three`. Four five"),
    ],
)
def test_where_it_is_known_when_words_sounded_the_last_one_heard_is_the_last(
    piece: int, words: int, heard: str
) -> None:
    reply = "**One**  two `three`. Four five six."
    splitter = Splitter(Cuts(shortest_chars=1))
    pieces = splitter.feed(reply) + splitter.finish()
    assert heard_text(reply, pieces, Played(piece=piece, fraction=0.9, words=words)) == heard


@given(st.integers(-1, 2), st.floats(0, 1), st.none() | st.integers(0, 5))
def test_what_was_heard_is_a_beginning_of_the_reply(piece: int, fraction: float, words: int | None) -> None:
    splitter = Splitter()
    pieces = splitter.feed(REPLY) + splitter.finish()
    played = Played(piece=piece, fraction=fraction, words=words)
    for said in (PIECES, pieces):
        assert REPLY.startswith(heard_text(REPLY, said, played))


def contents(history: History) -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in history.messages]


def test_a_conversation_grows_at_its_end_only() -> None:
    history = History("Be brief.")
    history.ask("Hello?")
    before = history.messages
    history.answer("Hi.")
    history.ask("And?")
    assert history.messages[: len(before)] == before
    assert contents(history) == [("system", "Be brief."), ("user", "Hello?"), ("assistant", "Hi."), ("user", "And?")]


def test_a_question_that_follows_an_unanswered_one_continues_it() -> None:
    history = History("")
    history.ask("Could you tell me")
    history.ask("the capital of Spain?")
    assert contents(history)[1:] == [("user", "Could you tell me the capital of Spain?")]


def test_the_context_is_the_newest_words_of_both_sides() -> None:
    history = History("Be brief.")
    assert history.context() == ""
    history.ask("What is  the capital of France?")
    history.answer("The capital\nof France is")
    assert history.context() == "What is the capital of France? The capital of France is"
    history.ask("word " * 1000)
    assert len(history.context()) <= CONTEXT_CHARACTERS


def test_trying_a_question_changes_nothing() -> None:
    history = History("")
    history.ask("Could you tell me")
    tried = history.with_question("the capital of Spain?")
    assert tried[-1].content == "Could you tell me the capital of Spain?"
    assert contents(history)[-1] == ("user", "Could you tell me")


def test_a_question_can_be_taken_back_and_an_answered_one_cannot() -> None:
    history = History("")
    history.ask("One?")
    history.answer("Yes.")
    history.ask("Two?")
    history.retract()
    history.retract()
    assert contents(history)[1:] == [("user", "One?"), ("assistant", "Yes.")]
