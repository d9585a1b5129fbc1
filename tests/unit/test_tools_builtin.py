"""The answers of the built-in tools."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Sequence
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicecli.tools import arithmetic, clock, units
from voicecli.tools.builtin import registry
from voicecli.tools.builtin_catalog import OWN
from voicecli.tools.definitions import LONGEST_RESULT, Arguments, Call, Language, Result, ToolFailed, cleaned
from voicecli.tools.memory_words import Outcome, told
from voicecli.tools.registry import Registry
from voicecli.tools.timers import Timer, TimerBook, farewell, when_over

NOON = dt.datetime(2026, 11, 28, 14, 5, tzinfo=dt.timezone(dt.timedelta(hours=1)))


class OneFile:
    """A file that the user named."""

    def read(self, *, name: str, about: str, number: int, page: int, language: Language) -> str:
        return f"{name}{about}{number}{page}{language}"

    def read_on(self, *, skips: bool, language: Language) -> str:
        return f"{skips}{language}"

    def listing(self, language: Language) -> str:
        return language


class Session:
    """Everything that tools reach, and what they did to it."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.texts: list[str] = []
        self.book = TimerBook()

    def turn_dial(self, dial: str, *, up: bool) -> None:
        self.done.append(f"{dial} {'up' if up else 'down'}")

    def set_volume(self, percent: int) -> None:
        self.done.append(f"volume {percent}")

    def become(self, persona: str) -> str:
        if persona != "tutor":
            raise ToolFailed("There is no such persona.")
        return persona

    def add(self, text: str) -> None:
        self.texts.insert(0, text)

    def newest(self, count: int) -> tuple[Sequence[str], int]:
        return self.texts[:count], len(self.texts)

    def search(self, text: str, count: int) -> tuple[Sequence[str], int]:
        found = [each for each in self.texts if text in each]
        return found[:count], len(found)

    def remember_now(self, text: str) -> Outcome:
        self.done.append(f"remember {text}")
        return "added"

    def forget_now(self, text: str) -> Outcome:
        self.done.append(f"forget {text}")
        return "several" if text == "a cat" else "removed"

    def set(self, seconds: int, *, name: str, text: str, language: Language) -> Timer:
        timer = Timer(seconds=seconds, over_s=seconds, name=name, text=text, language=language)
        self.book.set(timer)
        return timer

    def cancel(self, which: str, language: Language) -> list[Timer]:
        return self.book.cancel(which, language)

    def listing(self, language: Language) -> str:
        return self.book.listing(0.0, language)

    def farewell(self, language: Language) -> str:
        return farewell(self.book.running, language, kept=True)

    def tools(self) -> Registry:
        return registry(now=lambda: NOON, host=self, notes=self, memory=self, timekeeper=self, documents=OneFile())

    def run(self, tool: str, language: Language = "en", /, **arguments: str | int) -> Result:
        return self.tools().run(Call(name=tool, arguments=arguments, language=language))


def said(tool: str, language: Language = "en", /, **arguments: str | int) -> str:
    return Session().run(tool, language, **arguments).text


def test_every_tool_in_the_catalogue_can_be_run() -> None:
    needed: dict[str, Arguments] = {
        "calculate": {"expression": "1+1"},
        "convert": {"value": "1", "from": "km", "to": "m"},
        "set_timer": {"seconds": 1},
        "remind": {"seconds": 1, "text": "it"},
        "add_note": {"text": "it"},
        "cancel_timer": {"name": "all"},
        "search_notes": {"text": "it"},
        "volume": {"change": "louder"},
        "speed": {"change": "faster"},
        "persona": {"name": "tutor"},
        "remember": {"text": "it"},
        "forget": {"text": "it"},
    }
    session = Session()
    for tool in OWN:
        result = session.tools().run(Call(name=tool.name, arguments=needed.get(tool.name, {})))
        assert not result.failed, (tool.name, result.text)
        assert not (tool.ahead and result.changed)
    assert session.done == ["remember it", "forget it", "volume up", "speed up"]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "I will remember that."),
        ("de", "Das merke ich mir."),
        ("es", "Lo recordaré."),
        ("fr", "Je m'en souviendrai."),
        ("it", "Me ne ricorderò."),
    ],
)
def test_what_is_remembered_is_confirmed_in_fixed_words_of_the_language(language: Language, text: str) -> None:
    result = Session().run("remember", language, text="I like tea")
    assert (result.text, result.changed, result.failed) == (text, True, False)
    assert all(told(outcome, language) for outcome in get_args(Outcome))
    several = Session().run("forget", language, text="a cat")
    assert (several.text, several.changed) == (told("several", language), False)


def test_the_time_is_told_here_and_elsewhere() -> None:
    assert said("time") == "It is 2:05 PM."
    assert said("time", place="Tokyo") == "It is 10:05 PM in Tokyo."
    assert said("time", place="Auckland") == "It is 2:05 AM in Auckland, on Sunday."
    assert said("time", "de", place="Wien") == "Es ist 14:05 Uhr in Wien."
    assert said("time", place="Sydney, Australia") == "It is 12:05 AM in Sydney, Australia, on Sunday."
    failed = Session().run("time", place="Atlantis")
    assert failed.failed
    assert failed.text == "I do not know the time zone of Atlantis."


def test_midnight_and_noon_are_twelve() -> None:
    assert clock.time_answer(NOON.replace(hour=0)) == "It is 12:05 AM."
    assert clock.time_answer(NOON.replace(hour=12)) == "It is 12:05 PM."


def test_the_date_is_told() -> None:
    assert said("date") == "Today is Saturday, 28 November 2026."
    assert said("date", day="tomorrow") == "Tomorrow is Sunday, 29 November 2026."
    assert said("date", "de") == "Heute ist Samstag, 28. November 2026."


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("17*23", "17 times 23 is 391."),
        ("0.1+0.2", "0.1 plus 0.2 is 0.3."),
        ("1/2+1/3", "One half plus 1/3 is 5/6, about 0.8333."),
        ("15/100*80", "15 percent of 80 is 12."),
        ("2**10", "2 to the power of 10 is 1,024."),
        ("sqrt(2)", "The square root of 2 is about 1.4142."),
        ("sqrt(1/4)", "Sqrt(1/4) is 0.5."),
        ("3+4*5", "3 plus 4 times 5 is 23."),
        ("-2**2", "Minus 2 to the power of 2 is -4."),
        ("2**-2", "2 to the power of minus 2 is 0.25."),
        ("8/(1/2)", "8 divided by (one half) is 16."),
    ],
)
def test_sums_are_exact(expression: str, answer: str) -> None:
    assert said("calculate", expression=expression) == answer


@pytest.mark.parametrize(
    "expression", ["1/0", "0**-1", "9**9**9", "__import__('os')", "(1", "1)", "", "sqrt(-1)", "2**0.3", "1" * 201, "(" * 60 + "1"]
)  # fmt: skip
def test_what_is_no_sum_or_comes_to_too_much_is_refused_in_a_sentence(expression: str) -> None:
    result = Session().run("calculate", expression=expression)
    assert result.failed
    assert result.text.endswith(".")


@given(st.text(alphabet="0123456789.+-*/()%sqrt ", max_size=60))
def test_any_sum_comes_to_something_or_is_refused(text: str) -> None:
    with contextlib.suppress(ToolFailed):
        arithmetic.evaluate(text)


@pytest.mark.parametrize(
    ("value", "source", "target", "answer"),
    [
        ("5", "mi", "km", "5 miles are about 8.05 kilometres."),
        ("100", "°C", "°F", "100 degrees Celsius are 212 degrees Fahrenheit."),
        ("-40", "°F", "°C", "-40 degrees Fahrenheit are -40 degrees Celsius."),
        ("1", "d", "min", "1 day is 1,440 minutes."),
        ("1", "gal", "l", "1 US gallon is about 3.79 litres."),
    ],
)
def test_units_are_converted(value: str, source: str, target: str, answer: str) -> None:
    assert said("convert", **{"value": value, "from": source, "to": target}) == answer


def test_units_of_different_kinds_are_not_converted() -> None:
    result = Session().run("convert", **{"value": "1", "from": "km", "to": "kg"})
    assert (result.failed, result.text) == (True, "Kilometres cannot be converted into kilograms.")
    assert {each.kind for each in units.UNITS} >= {"length", "mass", "volume", "temperature"}


def test_timers_are_named_listed_and_cancelled() -> None:
    session = Session()
    assert session.run("list_timers").text == "No timer is running."
    assert session.run("set_timer", seconds=660, name="pasta").text == "The pasta timer is set for 11 minutes."
    assert session.run("set_timer", seconds=90).text == "The timer is set for 1 minute and 30 seconds."
    assert session.run("remind", seconds=1200, text="call my mother").text == "I will remind you in 20 minutes."
    assert session.run("list_timers").text == (
        "The timer for 1 minute and 30 seconds, 1 minute and 30 seconds left; the pasta timer, 11 minutes left; "
        "the reminder to call my mother, 20 minutes left."
    )
    unclear = session.run("cancel_timer")
    assert unclear.failed
    assert unclear.text.startswith("Which one?")
    assert session.run("cancel_timer", name="Pasta").text == "The pasta timer is cancelled."
    assert session.run("cancel_timer", name="tea").text == "There is no timer called tea."
    assert session.run("cancel_timer", name="all").text == "2 timers are cancelled."
    assert session.run("cancel_timer").failed


def test_a_timer_is_called_by_its_length_too() -> None:
    session = Session()
    session.run("set_timer", seconds=600)
    session.run("set_timer", seconds=300)
    assert session.run("cancel_timer", name="10 minute").text == "The timer for 10 minutes is cancelled."


def test_what_is_due_is_taken_once() -> None:
    book = TimerBook()
    book.set(Timer(seconds=2, over_s=2.0, name="tea"))
    book.set(Timer(seconds=1, over_s=1.0, text="call"))
    assert book.take_due(0.5) == []
    assert [when_over(each) for each in book.take_due(5.0)] == [
        "You wanted to be reminded: call.",
        "The tea timer is over.",
    ]
    assert book.take_due(9.0) == []


def test_a_timer_without_a_time_asks_for_it() -> None:
    result = Session().run("set_timer")
    assert (result.failed, result.text) == (True, "Say how long as well, for example in ten minutes.")
    assert Session().run("set_timer", seconds=700_000).text == "I cannot wait for more than a week."


def test_notes_are_added_read_and_found() -> None:
    session = Session()
    assert session.run("read_notes").text == "You have no notes."
    assert session.run("add_note", text="buy milk").text == "Noted: buy milk."
    session.run("add_note", text="the plumber comes")
    assert session.run("read_notes").text == "2 notes. the plumber comes. buy milk."
    assert session.run("search_notes", text="milk").text == "1 note. buy milk."
    assert session.run("search_notes", text="tea").text == "No note contains “tea”."
    for n in range(20):
        session.run("add_note", text=f"note {n}")
    assert session.run("read_notes").text.endswith("I leave out the other 12.")


def test_wrong_arguments_never_reach_a_tool() -> None:
    session = Session()
    for call in (
        Call(name="volume", arguments={"change": "sideways"}),
        Call(name="volume", arguments={"percent": 1000}),
        Call(name="volume", arguments={"percent": "50"}),
        Call(name="volume", arguments={"how": "loud"}),
        Call(name="explode"),
    ):
        assert session.tools().run(call).failed
    assert session.done == []


def test_results_are_text_of_limited_length_without_control_characters() -> None:
    assert cleaned("a\x1b[31mb\x00c\u202ed\r\ne\tf") == "a [31mb c d\ne f"
    assert len(cleaned("x" * 1_000_000)) <= LONGEST_RESULT
    assert cleaned("x" * 1_000_000).endswith(" …")
    session = Session()
    session.texts = ["\x1b]0;title\x07" + "y" * 10_000]
    assert "\x1b" not in session.run("read_notes").text
    assert len(session.run("read_notes").text) <= LONGEST_RESULT
