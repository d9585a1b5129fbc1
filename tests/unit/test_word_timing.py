# ruff: noqa: RUF001 - the signs of other scripts are part of it
"""Words keep their places on the way from the model's text to the voice's, and their times on the way back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicecli.speech.punctuation import can_be_said
from voicecli.speech.sentence_chunker import Chunk, ChunkerConfig, SentenceChunker, as_written
from voicecli.speech.word_timing import SaidWord, aligned, by_length, in_order, matched, spans

_PARTS = [*"abcÜß 1.5,;:!?—-…*_`[]()<>#|\n'\"$%+=^\\&", "**", "你", "好", "。", "é", "👩‍💻", "שלום"]
REPLIES = st.lists(st.sampled_from(_PARTS), max_size=60).map("".join) | st.sampled_from(
    [
        "# Title\n\n1. **One**\n2. two\n\n```python\nx = 1\n```\nAnd *so* on.",
        "See [the page](http://example.org/a_b) &amp; <b>more</b>: \\frac{a}{b} \\times 2^3.",
        "It costs $5.50 — a lot, e.g. for the U.S.; right? <think>no</think> Yes.",
    ]
)


def chunks(reply: str, cuts: ChunkerConfig | None = None) -> list[Chunk]:
    splitter = SentenceChunker(cuts)
    return splitter.feed(reply) + splitter.finish()


def written(reply: str) -> list[tuple[str, str]]:
    """Each word as it is spoken, with its written form."""
    return [
        (chunk.text[word.said_start : word.said_end], reply[word.start : word.end])
        for chunk in chunks(reply)
        for word in chunk.words
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("— … !", []),
        ("Hello there.", ["Hello", "there."]),
        ("— So — what?", ["— So —", "what?"]),
        ("2 + 2 = 4", ["2 +", "2 =", "4"]),
        ("你好，世界。OK then", ["你", "好，", "世", "界。", "OK", "then"]),
        ("  in 1908  ", ["in", "1908"]),
    ],
)
def test_words_are_what_a_listener_counts(text: str, words: list[str]) -> None:
    assert [text[start:end] for start, end in spans(text)] == words


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ("Paris is big.", [("Paris", "Paris"), ("is", "is"), ("big.", "big.")]),
        ("**Paris** is *so* big.", [("Paris", "**Paris**"), ("is", "is"), ("so", "*so*"), ("big.", "big.")]),
        ("See [the page](http://x.org/a) now.", [("See", "See"), ("the", "[the"), ("page", "page]"), ("now.", "now.")]),
        ("Use my_var too.", [("Use", "Use"), ("my", "my"), ("var", "_var"), ("too.", "too.")]),
        ("1. One\n2. Two", [("1.", "1."), ("One.", "One"), ("2.", "2."), ("Two", "Two")]),
        ("It is — well — good.", [("It", "It"), ("is —", "is —"), ("well —", "well —"), ("good.", "good.")]),
        ("```\nx\n```\nDone now.", [("Done", "Done"), ("now.", "now.")]),
        ("A 👩‍💻 codes.", [("A", "A"), ("codes.", "codes.")]),
    ],
)
def test_a_word_is_found_where_it_was_written(reply: str, words: list[tuple[str, str]]) -> None:
    assert written(reply) == words


@given(REPLIES)
def test_every_word_of_a_piece_has_its_place_in_the_piece_and_none_overlaps(reply: str) -> None:
    for chunk in chunks(reply, ChunkerConfig(shortest_chars=3)):
        assert [(word.said_start, word.said_end) for word in chunk.words] == spans(chunk.text)
        places = [at for word in chunk.words for at in (word.start, word.end)]
        assert places == sorted(places)
        assert all(chunk.start <= at <= chunk.end for at in places)


@given(st.text(st.sampled_from("ab é1你."), max_size=30))
def test_ordinary_words_are_themselves(text: str) -> None:
    chunk = as_written(text)
    assert [(word.start, word.end) for word in chunk.words] == spans(text)
    letters = "".join(text[word.start : word.end] for word in chunk.words)
    if can_be_said(text):
        assert [char for char in letters if char.isalnum()] == [char for char in text if char.isalnum()]


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")))
def test_what_is_matched_is_in_order_and_the_same_is_found(one: list[str], other: list[str]) -> None:
    found = matched(one, other)
    there = [at for at in found if at is not None]
    assert len(found) == len(one)
    assert there == sorted(there)
    assert all(0 <= at < len(other) for at in there)
    assert matched(one, one) == list(range(len(one)))


@given(st.text("abc123", max_size=40), st.text("abc123", max_size=40))
def test_aligned_letters_are_in_order(said: str, written: str) -> None:
    found = aligned(said, written)
    there = [at for at in found if at is not None]
    assert len(found) == len(said)
    assert there == sorted(there)
    assert all(0 <= at < len(written) for at in there)


@given(
    st.lists(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), unique=True),
    st.integers(0, 26),
    st.text("123", max_size=30),
)
def test_letters_around_a_change_are_found(letters: list[str], at: int, sign: str) -> None:
    """The name of a sign in the source, which is not spoken, or a word in its place, does not move the letters around it."""
    written = "".join(letters)
    at = min(at, len(written))
    longer = written[:at] + sign + written[at:]
    whole = [*range(at), *range(at + len(sign), len(longer))]
    found = aligned(written, longer)
    if len(sign) <= 24 and len(written) - at >= 3:
        assert found == whole
    assert [place for place in aligned(longer, written) if place is not None][:at] == list(range(at))


def test_raised_digits_are_the_digits_of_a_power() -> None:
    assert aligned("2x³", "2x3") == [0, 1, 2]


@given(st.lists(st.tuples(st.integers(-5, 30), st.integers(-5, 30))), st.integers(0, 25))
def test_spans_in_order_follow_each_other(found: list[tuple[int, int]], samples: int) -> None:
    ordered = in_order(found, samples)
    assert len(ordered) == len(found)
    places = [at for span in ordered for at in span]
    assert places == sorted(places)
    assert all(0 <= at <= samples for at in places)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5))).map(sorted), st.integers(20, 25))
def test_spans_that_are_in_order_stay(gaps: list[tuple[int, int]], samples: int) -> None:
    spans_, at = [], 0
    for gap, length in gaps[:2]:
        spans_.append((at + gap, at + gap + length))
        at += gap + length
    assert in_order(spans_, samples) == spans_


def test_without_knowing_better_each_character_takes_as_long() -> None:
    timed = by_length(as_written("One three five").words, 1400)
    assert [(word.word, word.from_sample, word.to_sample) for word in timed] == [
        (0, 0, 300),
        (1, 400, 900),
        (2, 1000, 1400),
    ]
    assert by_length((), 1400) == ()
    assert by_length((SaidWord(said_start=0, said_end=0, start=0, end=0),), 10)[0].to_sample <= 10
