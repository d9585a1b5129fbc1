"""The splitter's guarantees, whatever the text and however it is split. Readable examples are in test_speech_corpus.py."""

# ruff: noqa: RUF001 - other scripts are part of what is tested
from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voicecli.pipeline.stages import chunks_of
from voicecli.speech.sentence_chunker import HASTY, Chunk, ChunkerConfig, Haste, SentenceChunker, finished_end
from voicecli.speech.speakable import speakable

FRAGMENTS = [
    *(
        "Sure! ",
        "Dr. Smith ",
        "paid $3.50, ",
        "and left. ",
        "Why?! ",
        "well... ",
        "e.g. ",
        "No. 5 ",
        "word ",
        "words ",
        "and ",
        "Yes.",
        " ",
    ),
    *(
        "\n",
        "\n\n",
        "- item\n",
        "1. ",
        "# Head\n",
        "> ",
        "| a | b |\n",
        "|---|---|\n",
        "---\n",
        "```py\n",
        "x = 1.\n",
        "```\n",
        "```",
    ),
    *(
        "**",
        "*",
        "_",
        "`",
        "~~",
        "[",
        "]",
        "(",
        ")",
        "](http://x.org)",
        "![",
        "[[",
        "]]",
        "[1]",
        "<",
        ">",
        "<b>",
        "</b>",
        "<br>",
        "<3 ",
    ),
    *(
        "<think>",
        "</think>",
        "<!--",
        "-->",
        "<|im_end|>",
        "<a href='x'>",
        "https://a.b/c. ",
        "😀",
        ":)",
        "&amp;",
        "$x^2$",
        "\\frac{1}{2}",
    ),
    *(
        "你好。",
        "我们去公园吧，",
        "「はい」",
        "नमस्ते। ",
        "مرحبا؟ ",
        "« Ça va ? » ",
        "„Ja.“ ",
        "—",
        "→",
        "\x1b[1m",
        "\u200d",
        "\u00a0",
        "\r\n",
    ),
]
replies = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=4), max_size=40).map("".join)
prose = st.lists(
    st.sampled_from(["one", "two,", "three.", "Four", "five!", "Six?", "seven:", "Dr.", "3.5", "8.", "nine;", "ten"]),
    max_size=60,
).map(" ".join)


def split(text: str, cuts: ChunkerConfig | None = None) -> list[Chunk]:
    splitter = SentenceChunker(cuts)
    return [*splitter.feed(text), *splitter.finish()]


def texts(text: str, cuts: ChunkerConfig | None = None) -> list[str]:
    return [chunk.text for chunk in split(text, cuts)]


@given(replies, st.data())
@settings(max_examples=300, deadline=None)
def test_any_cutting_of_a_reply_lets_the_same_pieces_go_at_the_same_character(reply: str, data: st.DataObject) -> None:
    splitter, whole = SentenceChunker(), SentenceChunker()
    places = sorted(data.draw(st.sets(st.integers(0, len(reply)), max_size=12)))
    chunks: list[Chunk] = []
    for start, end in itertools.pairwise([0, *places, len(reply)]):
        chunks += splitter.feed(reply[start:end])
        prefix = SentenceChunker()
        assert prefix.feed(reply[:end]) == chunks
    assert chunks == whole.feed(reply)
    assert splitter.finish() == whole.finish()


@given(replies)
@settings(max_examples=300, deadline=None)
def test_spans_follow_each_other_from_the_start_without_a_gap(reply: str) -> None:
    chunks = split(reply)
    assert [chunk.index for chunk in chunks] == list(range(len(chunks)))
    assert [chunk.start for chunk in chunks] == [0, *(chunk.end for chunk in chunks)][: len(chunks)]
    assert all(chunk.start < chunk.end for chunk in chunks)
    assert all(chunk.text for chunk in chunks)
    assert not chunks or chunks[-1].end <= len(reply)


@given(replies)
@settings(max_examples=300, deadline=None)
def test_a_piece_is_one_line_without_markup(reply: str) -> None:
    for chunk in split(reply):
        assert not set(chunk.text) & set("*_`~^|[]{}\\\n\r\t\x1b")
        assert "://" not in chunk.text
        assert chunk.text == chunk.text.strip()


@given(prose)
def test_every_word_is_said_once_and_in_order(text: str) -> None:
    assert " ".join(texts(text)).split() == text.split()


@given(prose.filter(bool))
def test_the_last_span_ends_where_the_reply_ends(text: str) -> None:
    chunks = split(text)
    assert chunks[-1].end == len(text)
    assert "".join(text[chunk.start : chunk.end] for chunk in chunks) == text


@given(prose)
def test_the_pieces_together_say_what_the_whole_text_says(text: str) -> None:
    assert " ".join(texts(text)) == speakable(text)


@given(prose)
def test_no_piece_is_longer_than_it_may_be(text: str) -> None:
    cuts = ChunkerConfig(opening_longest_chars=30, longest_chars=60)
    first, *later = texts(text, cuts) or [""]
    assert len(first) <= 30
    assert all(len(chunk) <= 60 for chunk in later)


def test_a_sentence_is_let_go_by_the_first_letter_of_the_next_and_not_before() -> None:
    splitter = SentenceChunker()
    assert splitter.feed("It is warm today. ") == []
    assert splitter.feed("T") == [Chunk(index=0, start=0, end=18, text="It is warm today.")]


def test_a_mark_before_a_small_letter_ends_nothing() -> None:
    splitter = SentenceChunker()
    assert splitter.feed("It takes approx. five minutes flat") == []


def test_the_end_of_a_line_lets_a_sentence_go_at_once() -> None:
    assert [chunk.text for chunk in SentenceChunker().feed("It is warm today.\n")] == ["It is warm today."]


def test_the_first_piece_may_end_with_a_clause_and_later_ones_may_not() -> None:
    text = "If you like walking, go to the hills. If you like swimming, go to the lake."
    assert texts(text) == ["If you like walking,", "go to the hills. If you like swimming, go to the lake."]


def test_a_clause_of_fewer_than_three_words_is_no_first_piece() -> None:
    assert texts("Unfortunately not, there is nothing to be done.") == [
        "Unfortunately not, there is nothing to be done."
    ]


def test_a_first_piece_without_a_clause_is_cut_at_a_space() -> None:
    first, second = texts("one two three four five six seven eight", ChunkerConfig(opening_longest_chars=20))
    assert (first, second) == ("one two three four", "five six seven eight")


def test_short_sentences_are_said_together_except_at_the_beginning() -> None:
    assert texts("Sure! It depends on the weather.") == ["Sure!", "It depends on the weather."]
    assert texts("That is a good question. Yes. No. It depends on the weather.") == [
        "That is a good question.",
        "Yes. No. It depends on the weather.",
    ]


def test_a_long_sentence_is_cut_at_its_last_clause() -> None:
    text = "Well then my friend. " + "This one goes on, " * 20 + "and ends."
    chunks = texts(text)
    assert all(len(chunk) <= ChunkerConfig().longest_chars for chunk in chunks)
    assert all(chunk.endswith((",", ".")) for chunk in chunks)


def test_silence_before_speech_belongs_to_the_piece_behind_it() -> None:
    reply = "<think>Hm. Let me see.</think>\n\nHello there."
    assert split(reply) == [Chunk(index=0, start=0, end=len(reply), text="Hello there.")]


def test_silence_at_the_end_belongs_to_no_piece_when_the_last_was_let_go() -> None:
    reply = "This is how it is done:\n```\nprint(1)\n```\n"
    assert split(reply) == [Chunk(index=0, start=0, end=24, text="This is how it is done:")]


def test_a_reply_of_code_alone_has_no_pieces_unless_there_is_a_phrase_for_it() -> None:
    reply = "```python\nprint('Hello. World.')\n```"
    assert texts(reply) == []
    assert texts(reply, ChunkerConfig(announces_in="en")) == ["The code is on the screen."]


def test_the_phrase_for_code_stands_for_itself() -> None:
    assert texts("Look over here:\n```\nx\n```\nGood luck!", ChunkerConfig(announces_in="en")) == [
        "Look over here:",
        "The code is on the screen.",
        "Good luck!",
    ]


def test_an_empty_reply_has_no_pieces() -> None:
    assert split("") == []
    assert split(" \n\n ") == []


def test_work_grows_with_the_length_of_the_text_and_no_faster() -> None:
    """Measures the text that the splitter holds, not seconds. After any number of sentences it holds less than one chunk."""
    splitter = SentenceChunker()
    for _ in range(500):
        splitter.feed("This is a sentence of ordinary length, and [a link](http://example.org/path) is in it. ")
        assert sum(len(word.text) for word in splitter._words) <= ChunkerConfig().longest_chars
        assert len(splitter._reader._word) + len(splitter._reader._hold) <= 300


def tokens_of(text: str) -> list[str]:
    return re.findall(r" ?\S+?(?=[.,]|\s|$)|[.,]", text)


def test_a_slow_model_is_not_waited_for_until_its_first_sentence_is_over() -> None:
    splitter = SentenceChunker(HASTY)
    tokens = tokens_of("The capital of Japan is Tokyo.")
    said = [(token, [chunk.text for chunk in splitter.feed(token)]) for token in tokens]
    assert [found for found in said if found[1]] == [(" is", ["The capital of Japan"])]
    assert [chunk.text for chunk in splitter.finish()] == ["is Tokyo."]


@given(replies, st.data())
def test_in_haste_too_nothing_is_lost_or_said_twice(reply: str, data: st.DataObject) -> None:
    places = sorted(data.draw(st.sets(st.integers(0, len(reply)), max_size=12)))
    splitter = SentenceChunker(HASTY)
    chunks: list[Chunk] = []
    for start, end in itertools.pairwise([0, *places, len(reply)]):
        chunks += splitter.feed(reply[start:end])
    chunks += splitter.finish()
    assert [chunk.start for chunk in chunks] == [0, *(chunk.end for chunk in chunks)][: len(chunks)]
    assert all(chunk.start < chunk.end for chunk in chunks)
    words = re.findall(r"\w+", " ".join(chunk.text for chunk in chunks))
    assert words == re.findall(r"\w+", " ".join(texts(reply)))


@pytest.mark.parametrize(
    ("broken_off", "kept"),
    [
        ("The sky is blue. Grass is green because it", "The sky is blue. "),
        ("The sky is blue. Grass is green.", "The sky is blue. Grass is green."),
        ("Yes. It is. And so are", "Yes. It is. "),
        ("Dr. Smith said that he", "Dr. Smith said that he"),
        ("One sentence that never", "One sentence that never"),
        ("It costs 3.50 and", "It costs 3.50 and"),
        ("1. Take an egg.\n2. Boil it.\n3. Then let", "1. Take an egg.\n2. Boil it.\n"),
        ("- eggs\n- milk\n- but", "- eggs\n- milk\n"),
        ("Like this:\n```\nfirst()\nsecond()\nthi", "Like this:\n```\nfirst()\nsecond()\n"),
        ("空は青いです。草は", "空は青いです。"),
    ],
)
def test_a_reply_that_was_broken_off_ends_with_its_last_whole_sentence(broken_off: str, kept: str) -> None:
    assert broken_off[: finished_end(broken_off)].strip() == kept.strip()


@given(replies, st.data())
def test_the_pieces_of_a_reply_that_ends_sooner_begin_as_those_of_the_whole(reply: str, data: st.DataObject) -> None:
    places = sorted(data.draw(st.sets(st.integers(0, len(reply)), max_size=12)))
    deltas = [reply[start:end] for start, end in itertools.pairwise([0, *places, len(reply)])]
    for cuts in (None, HASTY):
        splitter = SentenceChunker(cuts)
        let_go = [chunk for delta in deltas for chunk in splitter.feed(delta)]
        end = max(finished_end(reply), let_go[-1].end if let_go else 0)
        chunks = chunks_of([(delta, Haste.NONE) for delta in deltas], end, cuts)
        assert [(chunk.start, chunk.end) for chunk in chunks[: len(let_go)]] == [
            (chunk.start, chunk.end) for chunk in let_go
        ]
        assert all(chunk.end <= end for chunk in chunks)


@pytest.mark.parametrize(
    ("text", "chunks"),
    [
        ("We meet at 3:00 p.m. EST on Monday. Bring a pen.", ["We meet at 3:00 p.m. EST on Monday.", "Bring a pen."]),
        ("We are open 11 a.m. – 1 p.m. on Monday.", ["We are open 11 a.m. – 1 p.m. on Monday."]),
        ("It is on Pennsylvania Ave. NW there.", ["It is on Pennsylvania Ave. NW there."]),
        ("He lives near Park Ave. She does not.", ["He lives near Park Ave.", "She does not."]),
        ("It begins at 3 p.m. Everyone is invited.", ["It begins at 3 p.m.", "Everyone is invited."]),
        ("It is over by 5 p.m. GMT. The rest follows.", ["It is over by 5 p.m. GMT.", "The rest follows."]),
        ("We open at 9 a.m. and close at 5 p.m. The end.", ["We open at 9 a.m. and close at 5 p.m.", "The end."]),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_time_zone_belongs_to_its_time_and_a_direction_to_its_street(text: str, chunks: list[str], size: int) -> None:
    splitter = SentenceChunker()
    found = [chunk for at in range(0, len(text), size) for chunk in splitter.feed(text[at : at + size])]
    assert [chunk.text for chunk in found + splitter.finish()] == chunks
