"""What the program itself says is said in every language that there is a voice for."""

from __future__ import annotations

import pytest

from voicecli.models import catalog
from voicecli.speech.phrases import PHRASES, SENTENCES, Phrase, sentence
from voicecli.speech.speakable import speakable


def spoken_languages() -> set[str]:
    return {language for model in catalog.load().of_kind("voice") for language in model.languages}


@pytest.mark.parametrize("phrase", PHRASES)
def test_there_is_each_phrase_in_every_language_with_a_voice(phrase: Phrase) -> None:
    assert spoken_languages() <= set(SENTENCES[phrase])
    assert all(speakable(text) == text for text in SENTENCES[phrase].values())
    assert len(set(SENTENCES[phrase].values())) == len(SENTENCES[phrase])


def test_where_the_language_is_not_known_it_is_english() -> None:
    assert sentence("apology", None) == sentence("apology", "xx") == sentence("apology", "en")
    assert sentence("no-answer", "de").startswith("Dazu")
