# ruff: noqa: RUF001 - the signs of other scripts are what this is about
from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.readings import Line, plain, table
from voicecli.models.catalog import load
from voicecli.speech.normalize import read_aloud, rules_of
from voicecli.speech.normalize.spoken_form import Reading
from voicecli.speech.sentence_chunker import Cut, SentenceChunker
from voicecli.speech.writing_systems import readable

LANGUAGES = ("en", "de", "es", "zh")
OTHERS = ("fr", "it", "pt", "nl", "pl", "ru")
UNSPEAKABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
SPACE = re.compile(UNSPEAKABLE.pattern + r"|\[{2,}|\]{2,}")


def is_wanted(said: str, line: Line, language: str) -> bool:
    return plain(said, language) in {plain(wanted, language) for wanted in line.wanted}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_written_is_read_as_a_person_would(language: str) -> None:
    lines = table(language)
    assert len(lines) > 80
    read = {line.written: read_aloud(line.written, language).text for line in lines}
    assert {
        line.written: read[line.written] for line in lines if not is_wanted(read[line.written], line, language)
    } == {}


QUOTED = {">100 cars"}
"""Read as a quotation, as Markdown has it."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_markup_and_cuts_leave_of_it_what_must_be_read(language: str) -> None:
    wrong = {}
    for line in table(language):
        chunker = SentenceChunker()
        chunks = [*chunker.feed(line.written), *chunker.finish()]
        read = [read_aloud(chunk.text, language).text for chunk in chunks]
        ends_early = any(chunk.cut not in {Cut.CLAUSE, Cut.JOINT} for chunk in chunks[:-1])
        if ends_early or not is_wanted(" ".join(read), line, language):
            wrong[line.written] = read
    assert wrong.keys() - QUOTED == set(), wrong


MESSY = st.text(alphabet="0123456789.,:-–/$€£%^²½ <>=+#@&'\"()[]aAmMkKpPsSdDrR.stIVXeé三点\n", max_size=80) | st.text(
    max_size=60
)


def parts_cover(reading: Reading, text: str) -> bool:
    at_said = at = 0
    for part in reading.parts:
        if (part.said, part.start) != (at_said, at) or part.said_end < part.said or part.end < part.start:
            return False
        if not part.changed and reading.text[part.said : part.said_end] != text[part.start : part.end]:
            return False
        at_said, at = part.said_end, part.end
    return (at_said, at) == (len(reading.text), len(text))


@pytest.mark.parametrize("language", [*LANGUAGES, *OTHERS, "tlh"])
@settings(max_examples=50, deadline=None)  # for each of the languages
@given(text=MESSY)
def test_every_part_of_a_reading_stands_for_a_part_of_the_text(language: str, text: str) -> None:
    text = text.replace("^", "").replace("#", "")  # only where a language knows it, it is read
    blanked, _ = readable(SPACE.sub(lambda found: " " * len(found[0]), text), language)
    assert parts_cover(read_aloud(text, language), blanked)


@pytest.mark.parametrize(
    "text", ["Well-known facts, said twice.", "He said it (and meant it)!", "¿Qué?", "", " ", "an e-reader", "don't"]
)
def test_what_needs_no_reading_stays_as_it_is(text: str) -> None:
    assert read_aloud(text, "en").text == text


def test_a_language_that_is_not_known_is_left_alone() -> None:
    assert read_aloud("Dr. 5 km", "tlh").text == "Dr. 5 km"


@pytest.mark.parametrize("language", ["en", "de", "zh"])
@settings(max_examples=50, deadline=None)  # for each of the languages
@given(text=MESSY, cuts=st.lists(st.integers(0, 80), max_size=6))
def test_the_same_is_said_however_the_text_arrives(language: str, text: str, cuts: list[int]) -> None:
    ends = sorted({*(min(cut, len(text)) for cut in cuts), len(text)})
    splitter, at, chunks = SentenceChunker(), 0, []
    for end in ends:
        chunks += splitter.feed(text[at:end])
        at = end
    chunks += splitter.finish()
    whole = SentenceChunker()
    expected = [*whole.feed(text), *whole.finish()]
    assert chunks == expected
    said = [read_aloud(chunk.text, language).text for chunk in chunks]
    assert said == [read_aloud(chunk.text, language).text for chunk in expected]
    assert not any(UNSPEAKABLE.search(line) or "[[" in line for line in said)


@pytest.mark.parametrize("text", ["a[[b]]c", "\x1b[31m", "a\x00b", "[[[5]]]"])
def test_nothing_that_a_voice_takes_for_an_order_is_left(text: str) -> None:
    said = read_aloud(text, "en").text
    assert "[[" not in said
    assert not UNSPEAKABLE.search(said)


NASTY = [
    "1-", "1 ", "$", "$1", "1.", "1,000", "1,000,", "a.", "A.", "A. ", "X ", "9", "v1.", "1/", "<", "<1", "a@", "a@b.", "+1-", "IV ", "=1", "A-",
    "1^", "½", "²", "1:00", "1 1/", "#a", "a_", "st. ", "AB", "1 000", "...", "(1)", "1 - ", "z. B. ", "5'", "€", "1x", "x=", "a-", "1st",
]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("unit", NASTY)
def test_the_work_grows_with_the_text_and_no_faster(unit: str, language: str) -> None:
    def work_s(length: int) -> float:
        text = (unit * length)[:length]
        start = time.process_time()
        read_aloud(text, language)
        return time.process_time() - start

    read_aloud(unit, language)
    short = min(work_s(800) for _ in range(2))
    most_s = max(40 * short, 0.05)  # 8 times as long; what grows with the square takes 64 times as long
    assert any(work_s(6400) < most_s for _ in range(2))  # again only if something came between


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [
        ("fr", "Il y a 71 pays et 1 000 000 de personnes.", "Il y a soixante et onze pays et un million de personnes."),
        ("fr", "le 1er mai 2024 à 14h30", "le premier mai deux mille vingt-quatre à quatorze heures trente"),
        ("fr", "M. Dupont paie 5,99 €.", "Monsieur Dupont paie cinq euros quatre-vingt-dix-neuf."),
        ("fr", "le 21e siècle, 50 % à 20 °C", "le vingt et unième siècle, cinquante pour cent à vingt degrés Celsius"),
        ("it", "il 1 maggio 2024 alle 14:30", "il primo maggio duemilaventiquattro alle quattordici e trenta"),
        ("it", "Costa 5,99 €.", "Costa cinque euro e novantanove."),
        ("it", "1.000.000 e 3,14", "un milione e tre virgola quattordici"),
        (
            "pt",
            "em 15 de março de 2024 às 14:30",
            "em quinze de março de dois mil e vinte e quatro às catorze horas e trinta",
        ),
        ("pt", "Custa R$ 5,99.", "Custa cinco reais e noventa e nove."),
        (
            "nl",
            "op 15 maart 1945 om 14:30 uur",
            "op vijftien maart negentienhonderdvijfenveertig om veertien uur dertig",
        ),
        ("nl", "Het kost € 5,99.", "Het kost vijf euro negenennegentig."),
        ("pl", "W 1945 roku", "W tysiąc dziewięćset czterdziestego piątego roku"),
        ("pl", "o 14:30 za 5,99 zł.", "o czternastej trzydzieści za pięć złotych dziewięćdziesiąt dziewięć groszy."),
        ("pl", "15 marca 2024 r.", "piętnastego marca dwa tysiące dwudziestego czwartego roku"),
        ("ru", "15 марта 2024 г.", "пятнадцатого марта две тысячи двадцать четвёртого года"),
        ("ru", "В 1945 году 21 ₽ и 2 %", "В тысяча девятьсот сорок пятом году двадцать один рубль и два процента"),
        ("ru", "100 км в 14:30", "сто километров в четырнадцать тридцать"),
    ],
)
def test_numbers_dates_times_and_money_in_the_other_languages(language: str, written: str, said: str) -> None:
    assert read_aloud(written, language).text == said


def test_every_voice_in_the_catalogue_has_a_language_that_can_be_read() -> None:
    spoken = {language for entry in load().entries if entry.kind == "voice" for language in entry.languages}
    assert spoken - {"*"} <= {*LANGUAGES, *OTHERS}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("10^6", "ten to the power of six"),
        ("x^{10} and 2^n", "x to the power of ten and two to the power of n"),
        ("3 × 10^8 m/s", "three times ten to the power of eight meters per second"),
    ],
)
def test_powers_survive_what_takes_out_markup(written: str, said: str) -> None:
    splitter = SentenceChunker()
    assert [read_aloud(chunk.text, "en").text for chunk in [*splitter.feed(written), *splitter.finish()]] == [said]


TOKENS = (
    *"年月到至％0123456789 .,:;/-–'’%^²½ⁿ€$£=<>+×x°ºaApPmMsthkg()#@&~_\u00a0\u2009§ÄжЖ天两",
    *(
        "1,000",
        " 000",
        "10 000",
        "IV",
        "Mai",
        "may",
        "am",
        "p.m.",
        "km",
        "Mo",
        "Sat",
        "CA ",
        "www.",
        ".com",
        ".py",
        "Dr.",
        "z. B.",
    ),
    *(
        "No. ",
        "uur",
        "Uhr",
        "roku",
        "году",
        "NASA",
        "h30",
        "million",
        "Mio.",
        "ft ",
        "in",
        "周一",
        "亿元",
        "and/or",
        "US$",
        "C++",
    ),
    *("etc.", "str."),
)


@pytest.mark.parametrize("language", ["en", "de", "es", "zh", "fr", "it", "pt", "nl", "pl", "ru"])
@given(text=st.lists(st.sampled_from(TOKENS), max_size=20).map("".join))
def test_rules_are_left_out_only_where_they_cannot_apply(language: str, text: str) -> None:
    said = read_aloud(text, language).text
    rules = rules_of(language)
    assert rules is not None
    where, narrowed = dict(rules.where), dict(rules.narrowed)
    try:
        rules.where.clear()
        rules.narrowed.clear()
        assert read_aloud(text, language).text == said
    finally:
        rules.where.update(where)
        rules.narrowed.clear()
        rules.narrowed.update(narrowed)
