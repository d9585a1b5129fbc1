# ruff: noqa: RUF001 - the letters of other scripts are what this is about
"""Text in a script that a voice does not read is left out."""

from __future__ import annotations

import pytest

from voicecli.models import catalog
from voicecli.pipeline.word_mapping import WordMapping
from voicecli.speech.normalize import read_aloud
from voicecli.speech.sentence_chunker import as_written
from voicecli.speech.writing_systems import LANGUAGE_OF, readable, script_of, scripts_of

TEXTS = {
    "en": ("Latin", "The cat sleeps."),
    "de": ("Latin", "Über Öl und Straße."),
    "es": ("Latin", "El niño está aquí."),
    "fr": ("Latin", "Où est le garçon ?"),
    "it": ("Latin", "Perché è così."),
    "pt": ("Latin", "A ação não é má."),
    "nl": ("Latin", "Eén geïnteresseerde kat."),
    "pl": ("Latin", "Zażółć gęślą jaźń."),
    "ru": ("Cyrillic", "Кошка спит ещё."),
    "zh": ("Chinese", "猫在睡觉。"),
}
OTHERS = {
    "Arabic": "القِطَّة نائمة",
    "Hebrew": "החתול ישן",
    "Devanagari": "बिल्ली सो रही है",
    "Japanese": "ねこ",
    "Korean": "고양이",
    "Thai": "แมวนอน",
    "Greek": "Η γάτα κοιμάται",
}


def test_every_voice_of_the_catalogue_has_its_text_here() -> None:
    spoken = {language for entry in catalog.load().of_kind("voice") for language in entry.languages}
    assert spoken == set(TEXTS)


@pytest.mark.parametrize("language", TEXTS)
def test_a_voice_keeps_its_own_script_and_latin_and_drops_every_other(language: str) -> None:
    own, _ = TEXTS[language]
    for script, text in (*TEXTS.values(), *OTHERS.items()):
        kept, left_out = readable(text, language)
        assert len(kept) == len(text)
        if script in {own, "Latin"}:
            assert (kept, left_out) == (text, ""), text
        else:
            assert (kept.strip(), left_out) == ("", script), text
            assert read_aloud(text, language).is_silent


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("The word 猫 means cat.", "The word means cat."),
        ("Windows系统 is an operating system.", "Windows is an operating system."),
        ("Moscow (Москва) has 12 million people.", "Moscow ( ) has twelve million people."),
        ("Salaam (سَلَام) is a greeting.", "Salaam ( ) is a greeting."),
        ("The angle α is 5 µm from π.", None),
        ("我有3只猫。", ""),
        ("42", None),
        ("Naïve café, Łódź, İstanbul.", None),
    ],
)
def test_the_rest_of_a_sentence_stays(written: str, said: str | None) -> None:
    kept, left_out = readable(written, "en-us")
    if said is None:
        assert (kept, left_out) == (written, "")
    else:
        assert " ".join(read_aloud(written, "en-us").text.split()) == said


def test_a_language_that_nobody_knows_keeps_everything() -> None:
    assert readable("猫 и cat", "xx") == ("猫 и cat", "")


def test_full_width_and_half_width_letters_are_of_their_script() -> None:
    assert [script_of(char) for char in "Ａｶ。７ー々"] == ["Latin", "Japanese", None, None, "Japanese", "Chinese"]


def test_a_script_is_read_by_the_language_that_is_named_for_it() -> None:
    for script, language in LANGUAGE_OF.items():
        assert script in (scripts_of(language) or ())


def test_words_that_are_not_said_are_passed_with_their_neighbours() -> None:
    piece = as_written("The word 猫 means 猫")
    reading = read_aloud(piece.text, "en")
    written = WordMapping(piece, reading)
    timed = [*written.evenly(3000), *written.rest(3000)]
    assert [word.word for word in timed] == list(range(len(piece.words)))
    assert timed[-1].from_sample == timed[-1].to_sample == 3000
    assert timed[2].from_sample == timed[3].from_sample
