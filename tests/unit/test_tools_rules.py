"""Everyday requests are recognised, with their slots, and nothing else is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicecli.bench.questions import FINISHED, PAUSED
from voicecli.tools.builtin_catalog import BY_NAME
from voicecli.tools.definitions import Call, Json
from voicecli.tools.registry import mistake
from voicecli.tools.request_recognition import LONGEST, recognise

DATA = Path(__file__).parents[1] / "data" / "tools"


def requests(name: str) -> list[tuple[str, str, dict[str, str | int]]]:
    rows = [line.split("\t") for line in (DATA / name).read_text(encoding="utf-8").splitlines() if line]
    return [(said, tool, json.loads(arguments) if arguments else {}) for said, tool, arguments in rows]


def understood(said: str, language: str = "en") -> tuple[str, dict[str, Json]]:
    call = recognise(said, language)
    return (call.name, dict(call.arguments)) if call is not None else ("", {})


@pytest.mark.parametrize("table", ["requests.tsv", "phrasings.tsv"])
def test_what_is_asked_for_is_recognised(table: str) -> None:
    wanted = requests(table)
    assert len(wanted) >= 30
    wrong = {said: found for said, tool, arguments in wanted if (found := understood(said)) != (tool, arguments)}
    assert wrong == {}
    mistakes = {said: mistake(arguments, BY_NAME[tool].schema) for said, tool, arguments in wanted if tool}
    assert {said: found for said, found in mistakes.items() if found} == {}


@pytest.mark.parametrize(
    ("said", "tool", "arguments"),
    [
        ("Wie spät ist es?", "time", {}),
        ("Wie spät ist es in Tokio?", "time", {"place": "Tokio"}),
        ("Welcher Tag ist heute?", "date", {}),
        ("Stell bitte einen Timer auf zehn Minuten.", "set_timer", {"seconds": 600}),
        ("Stelle einen Nudeltimer auf elf Minuten.", "set_timer", {"seconds": 660, "name": "Nudel"}),
        ("Timer für anderthalb Stunden", "set_timer", {"seconds": 5400}),
        ("Erinnere mich in einer halben Stunde daran, Brot zu kaufen.", "remind", {"seconds": 1800, "text": "Brot zu kaufen"}),
        ("Wie viel ist siebzehn mal dreiundzwanzig?", "calculate", {"expression": "17*23"}),
        ("Was ist 3,5 plus 2?", "calculate", {"expression": "3.5+2"}),
        ("Wie viele Kilometer sind fünf Meilen?", "convert", {"value": "5", "from": "mi", "to": "km"}),
        ("Mach eine Notiz: Milch kaufen.", "add_note", {"text": "Milch kaufen"}),
        ("Lies mir meine Notizen vor.", "read_notes", {}),
        ("Bitte etwas lauter.", "volume", {"change": "louder"}),
        ("Sprich langsamer.", "speed", {"change": "slower"}),
        ("Stopp!", "stop", {}),
        ("Sag das noch einmal.", "repeat", {}),
        ("Tschüss!", "quit", {}),
        ("Erzähl mir einen Witz.", "", {}),
        ("Was ist Zeit?", "", {}),
        ("Wie viel kostet eine Fahrkarte nach Berlin?", "", {}),
    ],
)  # fmt: skip
def test_german(said: str, tool: str, arguments: dict[str, str | int]) -> None:
    assert understood(said, "de") == (tool, arguments)


@pytest.mark.parametrize(
    ("said", "tool", "arguments"),
    [
        ("status of my timers", "list_timers", {}),
        ("pizza timer status", "list_timers", {}),
        ("how much time left on pizza timer", "list_timers", {}),
        ("create a timer for 10 minutes to check the oven", "remind", {"seconds": 600, "text": "check the oven"}),
        # As a recogniser hears them.
        ("How many kilometers or 5 miles?", "convert", {"value": "5", "from": "mi", "to": "km"}),
        ("What 17 times 23?", "calculate", {"expression": "17*23"}),
        ("Set in alarm for 45 seconds.", "set_timer", {"seconds": 45}),
        ("And an hour remind me to water the plants.", "remind", {"seconds": 3600, "text": "water the plants"}),
        ("notes.gguf is not a GGUF file.", "", {}),
        ("Notes about models.", "", {}),
        ("Make a note to call Ana.", "add_note", {"text": "call Ana"}),
        ("Divide 100 by 7.", "calculate", {"expression": "100/7"}),
        ("Subtract three from ten.", "calculate", {"expression": "10-3"}),
        ("Add 5 and 6.", "calculate", {"expression": "5+6"}),
        ("Set the volume to 50.", "volume", {"percent": 50}),
        ("How many minutes are left?", "list_timers", {}),
        ("Wake me up in twenty minutes.", "remind", {"seconds": 1200}),
        (
            "Set a reminder for ten minutes to turn off the stove.",
            "remind",
            {"seconds": 600, "text": "turn off the stove"},
        ),
        ("What year is it?", "date", {}),
        ("Set a timer for 10 minutes and tell me a joke.", "", {}),
        ("What time is it and what's the weather?", "", {}),
        ("Dinner is in twenty minutes.", "", {}),
        ("Say goodbye.", "", {}),
        ("Give me a minute.", "", {}),
        ("9:45", "", {}),
        ("What is the time complexity of quicksort?", "", {}),
    ],
)
def test_other_ways_to_say_it(said: str, tool: str, arguments: dict[str, str | int]) -> None:
    assert understood(said) == (tool, arguments)


def test_a_short_word_that_was_taken_for_another_language_is_recognised_all_the_same() -> None:
    assert understood("Stopp.", "nl")[0] == "stop"
    assert understood("Louder.", "de")[0] == "volume"


@pytest.mark.parametrize("said", ["Set a timer.", "Remind me to call my mother."])
def test_a_request_without_a_time_is_recognised_so_that_it_can_be_asked_for(said: str) -> None:
    assert "seconds" not in understood(said)[1]
    assert understood(said)[0] in {"set_timer", "remind"}


def test_questions_of_every_day_call_nothing_but_what_answers_them() -> None:
    called = {said for said in (*FINISHED, *(" ".join(parts) for parts in PAUSED)) if recognise(said)}
    assert called == {"How many days are there in a week?"}  # seven


def test_what_is_long_is_never_looked_at() -> None:
    assert recognise("stop " * LONGEST) is None


@given(st.text(max_size=80))
def test_whatever_is_said_is_looked_at_without_an_error(said: str) -> None:
    call = recognise(said)
    assert call is None or call.name in BY_NAME


@given(st.integers(0, 999_999), st.sampled_from(["en", "de"]))
def test_every_number_in_words_is_understood(number: int, language: str) -> None:
    from voicecli.speech.normalize import cardinals

    words = cardinals.english(number) if language == "en" else cardinals.german(number % 10_000)
    plus = f"{words} plus {'one' if language == 'en' else 'eins'}"
    expected = number if language == "en" else number % 10_000
    assert understood(plus, language) == ("calculate", {"expression": f"{expected}+1"})


def test_every_call_is_one_that_there_is() -> None:
    names = set(
        re.findall(r"^\| `\w+` \| (.+) \|$", (DATA.parents[2] / "docs" / "tools.md").read_text("utf-8"), re.MULTILINE)
    )
    listed = {name for row in names for name in re.findall(r"`(\w+)`", row)}
    assert listed == set(BY_NAME)
    assert Call(name="stop").arguments == {}
