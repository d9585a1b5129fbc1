# ruff: noqa: RUF001 - an en dash is what people write
from __future__ import annotations

import pytest

from voicecli.engines.ports import SpokenWord
from voicecli.pipeline.word_mapping import WordMapping
from voicecli.speech.normalize import read_aloud
from voicecli.speech.sentence_chunker import as_written
from voicecli.speech.word_timing import spans

WORD = 100


def spoken(text: str) -> list[SpokenWord]:
    """The times of the words, each `WORD` samples long."""
    return [
        SpokenWord(start=start, end=end, from_sample=n * WORD, to_sample=(n + 1) * WORD)
        for n, (start, end) in enumerate(spans(text))
    ]


def times(text: str) -> dict[str, tuple[int, int]]:
    piece, reading = as_written(text), read_aloud(text, "en")
    timed = WordMapping(piece, reading).times(spoken(reading.text))
    assert [word.word for word in timed] == list(range(len(piece.words))), "each written word once, in order"
    words = [text[word.start : word.end] for word in piece.words]
    return {words[word.word]: (word.from_sample // WORD, word.to_sample // WORD) for word in timed}


def test_words_that_are_said_as_they_are_written_keep_their_times() -> None:
    assert times("It is so.") == {"It": (0, 1), "is": (1, 2), "so.": (2, 3)}


def test_a_sum_sounds_for_as_long_as_its_words() -> None:
    assert times("It costs $5.99 now.") == {"It": (0, 1), "costs": (1, 2), "$5.99": (2, 7), "now.": (7, 8)}


def test_words_that_are_read_as_one_share_its_time() -> None:
    found = times("A $1.4 billion loan.")
    assert found["$1.4"][0] == 1
    assert found["billion"][1] == found["loan."][0] == 6
    assert found["$1.4"][1] == found["billion"][0]


def test_a_title_sounds_before_the_name() -> None:
    assert times("Dr. Smith is here.") == {"Dr.": (0, 1), "Smith": (1, 2), "is": (2, 3), "here.": (3, 4)}


@pytest.mark.parametrize(
    "text",
    ["At 10 p. m. we left.", "J. R. R. Tolkien wrote.", "x = 5 – 3 and more", "1 1/2 cups", "5–10 km", "#1 of 10 000"],
)
def test_each_written_word_sounds_once(text: str) -> None:
    assert times(text)


def test_what_is_left_out_at_the_beginning_is_not_counted() -> None:
    piece, reading = as_written("5 km"), read_aloud("5 km", "en")
    timed = WordMapping(piece, reading).times(spoken(reading.text), left_out=50)
    assert [(word.from_sample, word.to_sample) for word in timed] == [(0, 50), (50, 150)]


def test_without_times_from_the_voice_all_characters_take_the_same_time() -> None:
    piece, reading = as_written("5 km so"), read_aloud("5 km so", "en")
    timed = WordMapping(piece, reading).evenly(len(reading.text) * 10)
    assert [(word.word, word.from_sample, word.to_sample) for word in timed] == [
        (0, 0, 40),
        (1, 50, 150),
        (2, 160, 180),
    ]
