# ruff: noqa: RUF001 - phonemes are what this is about
"""The phonemes of a sentence are assigned to their words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicecli.engines.word_alignment import heard_from, id_positions, phoneme_spans

PHONEMES = st.lists(st.sampled_from("abəðˈː ,"), max_size=8)


@pytest.mark.parametrize(
    ("alone", "sentence", "words"),
    [
        (["ðə", "ˈɛnd."], "ðɪ ˈɛnd.", ["ðɪ", "ˈɛnd"]),
        (["ʌv", "ðə", "tˈaɪm"], "ʌvðə tˈaɪm", ["ʌv", "ðə", "tˈaɪm"]),  # two words said as one
        (["ɪn", "naɪntiːn ˈeɪt", "ɪt"], "ɪn nˌaɪntiːn ˈeɪt ɪt", ["ɪn", "nˌaɪntiːn ˈeɪt", "ɪt"]),  # one as two
        (["kˈɔst", "", "lˈɑːt"], "kˈɔst; lˈɑːt!", ["kˈɔst", "", "lˈɑːt"]),  # one as nothing
        (["nˈoʊ:", "ˌiːdʒˈiː.", "ðə"], "nˈoʊ: fˌɔːɹɛɡzˈæmpəl ðə", ["nˈoʊ", "fˌɔːɹɛɡzˈæmpəl", "ðə"]),  # one as another
        (["ˈeɪ", "ˈeɪ"], "ɐ ɐ", ["ɐ", "ɐ"]),
        ([], "", []),
        (["a"], "", [""]),
    ],
)
def test_words_are_found_in_their_sentence(alone: list[str], sentence: str, words: list[str]) -> None:
    found = phoneme_spans([list(word) for word in alone], list(sentence))
    assert [sentence[start:end] for start, end in found] == words


@given(st.lists(PHONEMES, max_size=6), PHONEMES)
def test_whatever_is_said_each_word_has_its_place_in_order(alone: list[list[str]], sentence: list[str]) -> None:
    found = phoneme_spans(alone, sentence)
    assert len(found) == len(alone)
    places = [at for span in found for at in span]
    assert places == sorted(places)
    assert all(0 <= at <= len(sentence) for at in places)


@given(st.lists(st.text(st.sampled_from("abəðː"), min_size=1, max_size=5), min_size=1, max_size=6), st.booleans())
def test_a_sentence_of_the_words_themselves_is_found_exactly(words: list[str], joined: bool) -> None:
    sentence = ("" if joined else " ").join(words)
    found = phoneme_spans([list(word) for word in words], list(sentence))
    assert [sentence[start:end] for start, end in found] == words


@pytest.mark.parametrize(
    ("sentence", "start", "heard"),
    [("a bə", 2, 1), ("a, bə", 3, 3), ("bə", 0, 0), (" bə", 1, 1), ("abə", 1, 1), ("a ˈbə", 2, 1)],
)
def test_a_word_is_heard_from_the_space_on_but_not_from_a_pause(sentence: str, start: int, heard: int) -> None:
    assert heard_from(list(sentence), start) == heard


def test_a_phoneme_is_found_among_the_numbers_that_stand_for_it() -> None:
    id_map = {"a": [7], "b": [8, 9]}
    assert id_positions(["a", "?", "b", "a"], id_map, pad=1, begin=2) == [2, 4, 4, 7, 9]
