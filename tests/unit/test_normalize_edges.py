# ruff: noqa: RUF001 - the signs of other scripts are what this is about
"""What looks like a date, a time, an ordinal or an abbreviation and is none, and the rare forms of what is one."""

from __future__ import annotations

import pytest

from voicecli.speech.normalize import read_aloud

READINGS = {
    "de": [
        ("Sein 3. Kapitel", "Sein drittes Kapitel"),
        ("zur 2. Auflage", "zur zweiten Auflage"),
        ("ihre 4. Frage", "ihre vierte Frage"),
        ("am 32.13.2024", "am zweiunddreißig Punkt dreizehn Punkt zweitausendvierundzwanzig"),
        ("Am 24.12. kommt er", "Am vierundzwanzigsten Dezember kommt er"),
        ("um 14:30:05 Uhr", "um vierzehn Uhr dreißig und fünf Sekunden"),
        ("3/2 Liter", "drei halbe Liter"),
        ("1/128 Zoll", "eins durch hundertachtundzwanzig Zoll"),
        ("Seite s. oben", "Seite s oben"),
    ],
    "es": [
        ("612 345 678", "seis uno dos, tres cuatro cinco, seis siete ocho"),
        ("1/7 de la tarta", "un séptimo de la tarta"),
        ("1/30 parte", "uno sobre treinta parte"),
        ("2 1/3 tazas", "dos y un tercio tazas"),
        ("art. 5", "artículo cinco"),
        ("D. Juan", "don Juan"),
    ],
    "en": [
        ("March 45, 2024", "March forty-five, twenty twenty-four"),
        ("45 March 2024", "forty-five March twenty twenty-four"),
        ("15 March", "the fifteenth of March"),
        ("the year 2005", "the year two thousand five"),
        ("17 am", "seventeen am"),
        ("2 1/3 cups", "two and a third cups"),
        ("2 1/2 cups", "two and a half cups"),
        ("3 101 students", "three thousand one hundred one students"),
        ("ft. Worth", "ft. Worth"),
    ],
    "fr": [("le 1e jour", "le premier jour"), ("200000 personnes", "deux cent mille personnes")],
    "nl": [("in 1900", "in negentienhonderd"), ("in 2005", "in tweeduizend vijf"), ("1000 mensen", "duizend mensen")],
    "pl": [
        ("2000 r.", "dwutysięcznego roku"),
        ("1900 r.", "tysiąc dziewięćsetnego roku"),
        ("o 21:30", "o dwudziestej pierwszej trzydzieści"),
    ],
    "pt": [("100 pessoas", "cem pessoas"), ("115 pessoas", "cento e quinze pessoas")],
    "ru": [
        ("2000 г.", "двухтысячного года"),
        ("1900 г.", "тысяча девятисотого года"),
        ("в 2003 году", "в две тысячи третьем году"),
        ("5 ₽", "пять рублей"),
    ],
    "zh": [("3-5 kg", "三到五公斤"), ("2:00", "两点"), ("电话：13800138000", "电话：幺三八零零幺三八零零零")],
}


@pytest.mark.parametrize("language", READINGS)
def test_rare_forms_are_read_and_what_only_looks_like_one_is_not(language: str) -> None:
    read = {written: read_aloud(written, language).text for written, _ in READINGS[language]}
    assert read == dict(READINGS[language])
