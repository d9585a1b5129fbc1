from __future__ import annotations

import pytest

from voicecli.speech.sentence_chunker import ChunkerConfig, SentenceChunker


def chunks(text: str, cuts: ChunkerConfig | None = None) -> list[str]:
    splitter = SentenceChunker(cuts)
    return [chunk.text for chunk in [*splitter.feed(text), *splitter.finish()]]


@pytest.mark.parametrize(
    "text",
    [
        "He lives on Elm St. in St. Louis with his dog.",
        "The Gov. Smith and Sen. Lee were both there.",
        "We climbed Mt. Everest and Mt. Fuji last year.",
        "Fruit, e.g. Apples and pears, is good for you.",
        "Das ist Dr. Müller aus St. Gallen am 3. Mai.",
    ],
)
def test_an_abbreviation_before_a_name_ends_no_sentence(text: str) -> None:
    assert chunks(text, ChunkerConfig(opening_chars=0)) == [text]


def test_a_street_may_end_a_sentence() -> None:
    assert chunks("She lives on Long Elm St. The door there is green.") == [
        "She lives on Long Elm St.",
        "The door there is green.",
    ]


@pytest.mark.parametrize("unit", ["Dr. Smith", "5 km", "10 000 m", "No. 5", "6 / 2", "March 15", "$3.50 each"])
def test_where_a_piece_is_too_long_it_is_not_cut_within_what_is_read_as_one(unit: str) -> None:
    cuts = ChunkerConfig(opening_chars=0, longest_chars=40)
    for before in range(20, 44):
        text = f"{'x' * 9} {'y' * (before - 10)} {unit} and more of it that follows here"
        first, second = unit.split(" ", 1)
        assert not any(chunk.endswith(first) for chunk in chunks(text, cuts)), (before, chunks(text, cuts), second)
