"""The program's own phrases exist in every language that has a voice."""

from __future__ import annotations

import pytest

from voicecli.models import catalog
from voicecli.speech.speakable import speakable
from voicecli.speech.spoken_phrases import (
    GO_ON,
    PHRASES,
    SENTENCES,
    Phrase,
    code_left_out,
    sentence,
    sentences_left_out,
    spelled_out,
    table_left_out,
)


def spoken_languages() -> set[str]:
    return {language for model in catalog.load().of_kind("voice") for language in model.languages}


@pytest.mark.parametrize("phrase", PHRASES)
def test_there_is_each_phrase_in_every_language_with_a_voice(phrase: Phrase) -> None:
    assert spoken_languages() <= set(SENTENCES[phrase])
    assert all(speakable(text) == text for text in SENTENCES[phrase].values())
    assert len(set(SENTENCES[phrase].values())) == len(SENTENCES[phrase])


def test_what_is_left_out_is_told_in_every_language_with_a_voice() -> None:
    for language in spoken_languages():
        told = [code_left_out(language), sentences_left_out(1, language), sentences_left_out(12, language)]
        told += [table_left_out(rows, language) for rows in (0, 1, 5)]
        assert all(speakable(text) == text for text in told)
        assert language == "en" or not {*told} & {code_left_out("en"), sentences_left_out(12, "en")}
    assert table_left_out(3, "en-us") == "A table with three rows left out."
    assert sentences_left_out(12, "en-gb") == "12 sentences left out."


def test_where_the_language_is_not_known_it_is_english() -> None:
    assert sentence("apology", None) == sentence("apology", "xx") == sentence("apology", "en")
    assert sentence("no-answer", "de").startswith("Dazu")


def test_a_word_that_asks_to_go_on_becomes_a_sentence_and_nothing_else_does() -> None:
    assert spoken_languages() <= set(GO_ON)
    assert spelled_out("continue") == spelled_out(" Continue! ") == "Continue."
    assert spelled_out("go on") == "Go on."
    assert spelled_out("weiter") == "Weiter."
    assert spelled_out("Continue with the second one.") == "Continue with the second one."
    assert all(spelled_out(sentence) == sentence for sentence in GO_ON.values())
