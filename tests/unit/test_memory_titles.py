"""A title is a few words of the first question."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicecli.memory.titles import LONGEST_COLUMNS, columns, title_of


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("What is a nebula?", "What is a nebula?"),
        ("What is a nebula? And how large is it?", "What is a nebula?"),
        ("Hello. What is a nebula?", "Hello. What is a nebula?"),
        ("Hi!", "Hi!"),
        ("two\nlines\tand  spaces\x1b[31m", "two lines and spaces [31m"),
        (
            "Please tell me in a few words what the capital of France is called and why",
            "Please tell me in a few words what the capital…",
        ),
        ("x" * 60, "x" * 47 + "…"),
        ("今天天气怎么样\uff1f明天呢\uff1f", "今天天气怎么样\uff1f"),
        ("今" * 30, "今" * 23 + "…"),
        ("", ""),
    ],
)
def test_titles(question: str, title: str) -> None:
    assert title_of(question) == title


@given(st.text())
def test_a_title_is_one_short_line(question: str) -> None:
    title = title_of(question)
    assert columns(title) <= LONGEST_COLUMNS
    assert len(title.splitlines()) <= 1
