# ruff: noqa: RUF001 - the letters of other languages are what this is about
"""The language of a text is detected by its function words, or not at all."""

from __future__ import annotations

import pytest

from voicecli.speech.written_language import written_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The train to the city leaves at noon, and it is late again.", "en"),
        ("Could you tell me what the weather will be?", "en"),
        ("Der Zug in die Stadt fährt um zwölf und ist wieder zu spät.", "de"),
        ("Kannst du mir sagen, wie das Wetter heute wird?", "de"),
        ("Le train pour la ville part à midi et il est encore en retard.", "fr"),
        ("Pourquoi est-ce que le ciel est bleu ?", "fr"),
        ("El tren para la ciudad sale muy tarde y no hay otro hoy.", "es"),
        ("¿Por qué el cielo es azul y dónde está la luna?", "es"),
        ("Il treno per la città parte a mezzogiorno ed è di nuovo in ritardo.", "it"),
        ("Perché il cielo è blu e dove sono le stelle?", "it"),
        ("O comboio para a cidade parte ao meio-dia e está outra vez atrasado.", "pt"),
        ("De trein naar de stad vertrekt om twaalf uur en het is weer te laat.", "nl"),
        ("Pociąg do miasta odjeżdża w południe i już jest za późno.", "pl"),
        ("Поезд в город отходит в полдень, и он уже опоздал.", "ru"),
    ],
)
def test_a_plain_sentence_is_known(text: str, language: str) -> None:
    assert written_language(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello.",
        "Guten Tag!",
        "Rio de Janeiro",
        "La Traviata by Verdi",
        "ERROR 404: index.html",
        "今天天气怎么样？",
        "x = y + 1; return z",
    ],
)
def test_what_is_not_plain_is_not_guessed(text: str) -> None:
    assert written_language(text) == ""


def test_a_foreign_name_in_an_english_sentence_does_not_count() -> None:
    text = "I saw Le Nozze di Figaro in Rio de Janeiro with Ludwig van Beethoven and it was the best of all."
    assert written_language(text) in {"en", ""}


@pytest.mark.parametrize(
    "text",
    [
        "Please tell me a short story about a cat.",
        "Give me a name for a dog and a cat.",
        "No, as a friend, do me a favour and draw me a map.",
    ],
)
def test_a_short_english_request_is_not_taken_for_another_language(text: str) -> None:
    """Words that a language shares with English, and words that come twice, are no evidence against English."""
    assert written_language(text) in {"", "en"}
