# ruff: noqa: RUF001 - dashes between numbers are what this is about
"""Numbers, dates, abbreviations and numerals whose reading differs from language to language, and what is none of these."""

from __future__ import annotations

import pytest

from voicecli.speech.normalize import prepare, read_aloud, rule_engine, rules_of
from voicecli.speech.normalize.numbers import MOST_PLAIN

READINGS = {
    "de": [
        ("3. Kapitel eins", "drei, Kapitel eins"),
        ("unser 3. Versuch", "unser dritte Versuch"),
        ("bis 3. (oder)", "bis drei (oder)"),
        ("am 24 Dezember", "am vierundzwanzig Dezember"),
        ("den 1. Januar", "den ersten Januar"),
        ("im Jahr 3500 war", "im Jahr dreitausendfünfhundert war"),
        ("jan. kam", "jan kam"),
        ("König Ludwig XIV. kam", "König Ludwig der vierzehnte kam"),
        ("König Olaf III. kam", "König Olaf der dritte kam"),
        ("Kapitel IV beginnt", "Kapitel vier beginnt"),
    ],
    "en": [
        ("Room 101", "Room one oh one"),
        ("101 dogs", "one hundred one dogs"),
        ("0044-03-15", "March fifteenth, forty-four"),
        ("1900 people came", "one thousand nine hundred people came"),
        ("1950 and later", "nineteen fifty and later"),
        ("in 1805 he", "in eighteen oh five he"),
        ("no. of dogs", "no of dogs"),
        ("co. is", "co is"),
        ("In John 3:1 he says", "In John three one he says"),
        ("Louis IXI came", "Louis I.X.I came"),
        ("9 a.m.–5 people", "nine A.M–five people"),
        ("a 5-g dose", "a five-g dose"),
        ("Ft. Worth", "Ft. Worth"),
        ("a file called done.So it is", "a file called done.So it is"),
        ("play a.mp3 now", "play a dot M.P three now"),
        ("8/2 = 4", "eight divided by two equals four"),
        ("$1234567890123456", "one two three four five six seven eight nine zero one two three four five six dollars"),
        ("$5.999", "five point nine nine nine dollars"),
        ("It is 25:10 pm", "It is twenty-five to ten pm"),
        ("King Olaf III came", "King Olaf the third came"),
        ("Elizabeth II came", "Elizabeth the second came"),
        ("Chapter IV begins", "Chapter four begins"),
        ("Rocky IV begins", "Rocky four begins"),
    ],
    "es": [
        ("612.345.678", "seiscientos doce millones trescientos cuarenta y cinco mil seiscientos setenta y ocho"),
        ("21 casas", "veintiuna casas"),
        ("2.1.3", "dos punto uno punto tres"),
        ("12,345 pesos", "doce mil trescientos cuarenta y cinco pesos"),
        ("11.º piso", "once.º piso"),
        ("1o de mayo", "uno o de mayo"),
        ("14:05:09", "catorce horas cinco minutos y nueve segundos"),
        ("5 millones €", "cinco millones de euros"),
        ("art. de hoy", "art de hoy"),
        ("D. es", "D es"),
        ("el rey Olaf III vino", "el rey Olaf tercero vino"),
    ],
    "zh": [
        ("2024-13-45", "二千零二十四减十三到四十五"),
        ("3456年前", "三千四百五十六年前"),
        ("工资/月", "工资/月"),
        ("增长5–10%左右", "增长百分之五到百分之十左右"),
        ("得分0/5", "得分零除以五"),
    ],
    "fr": [("80 000", "quatre-vingt mille"), ("180", "cent quatre-vingts")],
    "it": [("12:30", "dodici e trenta")],
    "nl": [("12:30:05", "twaalf uur dertig en vijf seconden"), ("3 mei 2024", "drie mei tweeduizend vierentwintig")],
    "pl": [
        ("3 maja 1000", "trzeciego maja tysięcznego roku"),
        ("3 maja 3000", "trzeciego maja trzytysięcznego roku"),
        ("3 maja 1900", "trzeciego maja tysiąc dziewięćsetnego roku"),
        ("1 min", "jedna minuta"),
        ("21:15", "dwudziesta pierwsza piętnaście"),
    ],
    "ru": [
        ("1942 год", "тысяча девятьсот сорок второй год"),
        ("5,30 €", "пять евро тридцать центов"),
        ("5 €", "пять евро"),
        ("13:30:05", "тринадцать часов тридцать минут пять секунд"),
    ],
}


@pytest.mark.parametrize(
    ("language", "written", "spoken"),
    [(language, *pair) for language, pairs in READINGS.items() for pair in pairs],
)
def test_it_is_read_as_a_person_would(language: str, written: str, spoken: str) -> None:
    assert read_aloud(written, language).text == spoken


def test_more_numbers_than_are_kept_are_read_the_same() -> None:
    for _ in range(2):
        for n in (7, 7001 + MOST_PLAIN):
            assert read_aloud(f"{n} dogs", "en").text.endswith("dogs")
        for n in range(7000, 7001 + MOST_PLAIN):
            read_aloud(f"({n} dogs)", "en")
    assert read_aloud("7 dogs", "en").text == "seven dogs"


def test_twenty_five_is_no_hour_of_a_span() -> None:
    assert read_aloud("25:00–26:00", "en").text == read_aloud("25:00", "en").text + "–" + read_aloud("26:00", "en").text


def test_rules_are_loaded_before_the_first_text() -> None:
    rules_of.cache_clear()
    prepare("it-IT")
    assert rules_of.cache_info().currsize == 1
    read_aloud("5 km", "it-IT")
    assert rules_of.cache_info().hits == 1


def test_more_characters_than_rules_are_kept_for_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rules_of.cache_clear()
    monkeypatch.setattr(rule_engine, "_MOST_NARROWED", 2)
    rules = rules_of("en")
    assert rules is not None
    for _ in range(2):
        assert read_aloud("5 km, 3% and $4: 7 ft", "en").text.startswith(
            "five kilometers, three percent and four dollars"
        )
        assert len(rules.narrowed) <= 2
