"""When the conversation outgrows the context, the oldest turns are dropped, the system message stays, and the prefix cache stays valid."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicecli.engines.ports import ChatMessage
from voicecli.errors import GenerationFailed
from voicecli.pipeline.context_window import ContextWindow

SYSTEM = ChatMessage(role="system", content="s" * 10)


def count(messages: Sequence[ChatMessage]) -> int:
    return sum(len(message.content) for message in messages)


def conversation(turns: int, length: int = 10) -> list[ChatMessage]:
    messages = [SYSTEM]
    for number in range(turns):
        messages.append(ChatMessage(role="user", content=f"q{number}".ljust(length, "?")))
        messages.append(ChatMessage(role="assistant", content=f"a{number}".ljust(length, "!")))
    return [*messages, ChatMessage(role="user", content="now".ljust(length))]


def test_a_conversation_that_fits_is_sent_whole() -> None:
    assert ContextWindow(1000, count).fit(conversation(5)) == tuple(conversation(5))


def test_the_oldest_turns_go_whole_and_the_system_message_stays() -> None:
    sent = ContextWindow(100, count).fit(conversation(10))
    assert sent[0] == SYSTEM
    assert sent[1].role == "user"
    assert sent[-1].content.strip() == "now"
    assert count(sent) <= 100
    assert sent[1:] == tuple(conversation(10))[-len(sent) + 1 :]


def test_after_a_trim_the_beginning_stays_the_same_for_many_turns() -> None:
    window = ContextWindow(400, count)
    beginnings = [window.fit(conversation(turns))[1].content for turns in range(100)]
    assert 5 <= len(set(beginnings)) <= 20


def test_a_message_that_cannot_fit_is_refused_and_the_next_one_is_not() -> None:
    window = ContextWindow(100, count)
    with pytest.raises(GenerationFailed, match="too long"):
        window.fit([SYSTEM, ChatMessage(role="user", content="x" * 200)])
    assert window.fit([SYSTEM, ChatMessage(role="user", content="x")])[-1].content == "x"


def test_a_message_that_cannot_fit_costs_nothing_of_the_conversation_before_it() -> None:
    window = ContextWindow(200, count)
    before = conversation(3)
    window.fit(before)
    with pytest.raises(GenerationFailed, match="too long"):
        window.fit([*before[:-1], ChatMessage(role="user", content="x" * 300)])
    assert window.dropped == 0
    assert window.fit(before) == tuple(before)


def test_a_long_draft_that_is_withdrawn_costs_nothing_of_the_conversation_before_it() -> None:
    window = ContextWindow(200, count)
    before = conversation(6)
    assert window.fit(before) == tuple(before)
    draft = window.fit([*before[:-1], ChatMessage(role="user", content="x" * 100)])
    assert len(draft) < len(before)
    assert window.fit(before) == tuple(before)


def test_a_draft_that_grows_keeps_the_beginning_of_the_one_before() -> None:
    window = ContextWindow(200, count)
    before = conversation(6)
    first = window.fit([*before[:-1], ChatMessage(role="user", content="x" * 100)])
    longer = window.fit([*before[:-1], ChatMessage(role="user", content="x" * 130)])
    assert longer[:-1] == first[:-1]
    assert window.fit(conversation(0)) == tuple(conversation(0))  # begun anew


def test_what_was_left_out_for_a_question_comes_back_when_that_is_undone() -> None:
    window = ContextWindow(200, count)
    before = conversation(6)
    long = ChatMessage(role="user", content="x" * 100)
    asked = window.fit([*before[:-1], long])
    answer = ChatMessage(role="assistant", content="a")
    after = window.fit([*before[:-1], long, answer, ChatMessage(role="user", content="so")])
    assert after[:-2] == asked  # it stays with its decision while the question stands
    assert window.fit(before) == tuple(before)


@given(st.integers(50, 500), st.lists(st.integers(1, 30), min_size=1, max_size=40))
def test_whatever_the_lengths_it_fits_and_ends_with_the_question(limit: int, lengths: list[int]) -> None:
    window = ContextWindow(limit, count)
    messages = [SYSTEM]
    for length in lengths:
        messages.append(ChatMessage(role="user", content="u" * length))
        sent = window.fit(messages)
        assert count(sent) <= limit
        assert sent[0] is SYSTEM
        assert sent[-1] is messages[-1]
        messages.append(ChatMessage(role="assistant", content="a" * length))
