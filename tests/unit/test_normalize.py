# ruff: noqa: RUF001 - the signs of other scripts are what this is about
from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.readings import Line, plain, table
from voicecli.speech.normalize import read_aloud
from voicecli.speech.normalize.reading import Reading

LANGUAGES = ("en",)
LINES = [
    pytest.param(language, line, id=f"{language}-{line.written}") for language in LANGUAGES for line in table(language)
]


@pytest.mark.parametrize(("language", "line"), LINES)
def test_what_is_written_is_read_as_a_person_would(language: str, line: Line) -> None:
    said = read_aloud(line.written, language).text
    assert plain(said, language) in {plain(wanted, language) for wanted in line.wanted}, said


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


@pytest.mark.parametrize("language", [*LANGUAGES, "tlh"])
@settings(max_examples=150, deadline=None)
@given(text=MESSY)
def test_every_part_of_a_reading_stands_for_a_part_of_the_text(language: str, text: str) -> None:
    assert parts_cover(read_aloud(text, language), text)


@pytest.mark.parametrize(
    "text", ["Well-known facts, said twice.", "He said it (and meant it)!", "¿Qué?", "", " ", "an e-reader", "don't"]
)
def test_what_needs_no_reading_stays_as_it_is(text: str) -> None:
    assert read_aloud(text, "en").text == text


def test_a_language_that_is_not_known_is_left_alone() -> None:
    assert read_aloud("Dr. 5 km", "tlh").text == "Dr. 5 km"
