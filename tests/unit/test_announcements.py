"""Code and tables in an answer are announced at their place, and not read."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voicecli.models import catalog
from voicecli.speech.sentence_chunker import HASTY, Chunk, ChunkerConfig, SentenceChunker
from voicecli.speech.speakable import speakable
from voicecli.speech.spoken_phrases import CODE_SHOWN, TABLE_SHOWN, code_shown, table_shown

ENGLISH = ChunkerConfig(announces_in="en")
HEAD = "| City | People |\n|:---|---:|\n"
CODE = "```python\nprint('Hello. World.')\n```\n"
_PARTS = [
    "| a | b |\n",
    "|---|---|\n",
    "| 1 | 2 |\n",
    "|",
    "|-",
    "  ",
    "> ",
    "\n",
    "\r\n",
    "```",
    "x",
    "`",
    "<",
    "- ",
    "1. ",
    "Yes. ",
    "Look here:\n",
    "~~~\n",
]
REPLIES = st.lists(st.sampled_from(_PARTS), max_size=30).map("".join)


def split(text: str, cuts: ChunkerConfig = ENGLISH) -> list[Chunk]:
    splitter = SentenceChunker(cuts)
    return [*splitter.feed(text), *splitter.finish()]


def said(text: str, language: str = "en") -> str:
    return " ".join(chunk.text for chunk in split(text, ChunkerConfig(announces_in=language)))


@pytest.mark.parametrize(
    ("rows", "language", "sentence"),
    [
        (0, "en", "A table is on the screen."),
        (1, "en", "A table with one row is on the screen."),
        (3, "en-us", "A table with three rows is on the screen."),
        (40, "en", "A table with 40 rows is on the screen."),
        (0, "de", "Eine Tabelle steht auf dem Bildschirm."),
        (1, "de", "Eine Tabelle mit einer Zeile steht auf dem Bildschirm."),
        (2, "de", "Eine Tabelle mit zwei Zeilen steht auf dem Bildschirm."),
        (13, "de", "Eine Tabelle mit 13 Zeilen steht auf dem Bildschirm."),
        (2, "zh", "一个2行的表格在屏幕上。"),
        (3, "xx", "A table with three rows is on the screen."),
    ],
)
@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_a_table_is_announced_with_its_rows(rows: int, language: str, sentence: str, end: str) -> None:
    assert said((HEAD + "| Oslo | 700,000 |\n" * rows).rstrip("\n") + end, language) == sentence


@pytest.mark.parametrize(
    ("reply", "spoken"),
    [
        (CODE, "The code is on the screen."),
        (f"Look here:\n{CODE}It prints a line.", "Look here: The code is on the screen. It prints a line."),
        (f"{CODE}It prints.", "The code is on the screen. It prints."),
        (f"{CODE}\n{CODE}", "The code is on the screen. The code is on the screen."),
        ("```\nnever closed", "The code is on the screen."),
        (
            f"Here it is:\n{HEAD}| a | 1 |\nThat is all.",
            "Here it is: A table with one row is on the screen. That is all.",
        ),
        (
            f"{HEAD}| a | 1 |\n\n{HEAD}| a | 1 |",
            "A table with one row is on the screen. A table with one row is on the screen.",
        ),
        (f"  {HEAD.strip()}\n  | a | 1 |\n  | b | 2 |\n- one", "A table with two rows is on the screen. one"),
        (f"{HEAD}| a | 1 |\n{CODE}", "A table with one row is on the screen. The code is on the screen."),
        ("Here: ```\nls\n```\nDone now.", "Here: The code is on the screen. Done now."),
        ("Then run ```ls``` now.", "Then run now."),
        ("|x| is never negative.", "x, is never negative."),
        ("| a | b |\n| c | d |", "a, b. c, d"),
    ],
)
def test_the_announcement_stands_where_the_block_was(reply: str, spoken: str) -> None:
    assert said(reply) == spoken


def test_in_german_and_without_a_voice() -> None:
    assert said(f"So geht das:\n{CODE}Fertig.", "de") == "So geht das: Der Code steht auf dem Bildschirm. Fertig."
    assert said(CODE, "") == ""
    assert said(f"{HEAD}| a | 1 |", "") == "City, People. a, 1"


def test_the_piece_before_does_not_wait_for_the_table_and_the_announcement_spans_it() -> None:
    before, table = "These are the cities.\n\n", HEAD + "| Oslo | 1 |\n"
    splitter = SentenceChunker(ENGLISH)
    assert [chunk.text for chunk in splitter.feed(before + "|")] == ["These are the cities."]
    assert splitter.feed(" City | People |\n|---|---|\n| Oslo | 1 |") == []
    chunks = split(before + table + "That is all there is.")
    assert [(chunk.start, chunk.end) for chunk in chunks[1:2]] == [(chunks[0].end, len(before + table))]


@given(REPLIES, st.data())
@settings(max_examples=200, deadline=None)
def test_any_cutting_gives_the_same_pieces_and_spans_without_a_gap(reply: str, data: st.DataObject) -> None:
    splitter, whole = SentenceChunker(ENGLISH), SentenceChunker(ENGLISH)
    places = sorted(data.draw(st.sets(st.integers(0, len(reply)), max_size=12)))
    chunks: list[Chunk] = []
    for start, end in itertools.pairwise([0, *places, len(reply)]):
        chunks += splitter.feed(reply[start:end])
    assert chunks == whole.feed(reply)
    chunks += splitter.finish()
    assert [chunk.start for chunk in chunks] == [0, *(chunk.end for chunk in chunks)][: len(chunks)]
    assert all(chunk.start <= chunk.end <= len(reply) for chunk in chunks)
    for chunk in chunks:
        places = [at for word in chunk.words for at in (word.start, word.end)]
        assert places == sorted(places)
        assert all(chunk.start <= at <= chunk.end for at in places)


def test_there_is_an_announcement_in_every_language_with_a_voice() -> None:
    spoken = {language for model in catalog.load().of_kind("voice") for language in model.languages}
    assert spoken <= set(CODE_SHOWN)
    assert set(CODE_SHOWN) == set(TABLE_SHOWN)
    for language in CODE_SHOWN:
        for text in (code_shown(language), *(table_shown(rows, language) for rows in (0, 1, 2, 30))):
            assert speakable(text) == text


def test_an_announcement_is_said_in_one_go_also_when_the_model_is_slow() -> None:
    hasty = replace(HASTY, announces_in="en")
    assert [chunk.text for chunk in split(HEAD + "| a | 1 |\n| b | 2 |", hasty)] == [
        "A table with two rows is on the screen."
    ]
