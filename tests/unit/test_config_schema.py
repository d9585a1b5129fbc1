from __future__ import annotations

import dataclasses
import math
from typing import Literal, get_args, get_origin, get_type_hints

import pytest

from voicecli.config.rules import Value
from voicecli.config.schema import SECTIONS, SETTINGS, Settings


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_takes_its_own_default_and_says_what_it_is_for(name: str) -> None:
    setting = SETTINGS[name]
    assert setting.check(setting.default) == setting.default
    assert setting.rule.meaning.endswith(".")
    assert setting.section in SECTIONS
    if not isinstance(setting.default, str):
        assert setting.read(str(setting.default).lower()) == setting.default


@pytest.mark.parametrize("name", [name for name, setting in SETTINGS.items() if setting.rule.low is not None])
def test_both_ends_of_a_range_are_allowed_and_nothing_beyond(name: str) -> None:
    setting = SETTINGS[name]
    low, high = setting.rule.low, setting.rule.high
    assert low is not None
    assert high is not None
    for end in (low, high):
        assert setting.check(type(setting.default)(end)) == end
    for beyond in (low - 1, high + 1):
        with pytest.raises(ValueError, match=f"must be a (whole )?number from {low} to {high}, not "):
            setting.check(type(setting.default)(beyond))


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("listen.start_ms", "60", "must be a whole number from 20 to 500, not '60'"),
        ("listen.start_ms", 60.0, "must be a whole number from 20 to 500, not 60.0"),
        ("listen.start_ms", True, "must be a whole number from 20 to 500, not true"),
        ("listen.longest_utterance_s", math.nan, "must be a number from 5 to 120, not nan"),
        ("listen.longest_utterance_s", math.inf, "must be a number from 5 to 120, not inf"),
        ("log.words", 1, "must be true or false, not 1"),
        ("log.level", "loud", "must be one of debug, info, warning, error, not 'loud'"),
        ("models.device", "gpu", "must be one of auto, cpu, cuda, not 'gpu'"),
        ("chat.persona", "", "must be a name, not ''"),
        ("chat.language", "English", "must be auto or a language code such as en or de, not 'English'"),
        (
            "models.hub",
            "ftp://example.org",
            "must be an address that begins with https:// or http://, not 'ftp://example.org'",
        ),
        ("audio.microphone", 3, "must be text, not 3"),
        ("audio.microphone", [1], r"must be text, not \[1\]"),
    ],
)
def test_a_wrong_value_is_told_what_is_expected(name: str, value: object, says: str) -> None:
    with pytest.raises(ValueError, match=f"^{says}$"):
        SETTINGS[name].check(value)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("listen.start_ms", "80", 80),
        ("listen.longest_utterance_s", "12", 12.0),
        ("listen.stop_probability", "0.2", 0.2),
        ("log.words", "TRUE", True),
        ("log.words", "false", False),
        ("audio.microphone", "3", "3"),
        ("audio.microphone", "", ""),
        ("chat.language", "de", "de"),
        ("chat.language", "yue", "yue"),
    ],
)
def test_text_becomes_a_value_of_the_settings_type(name: str, text: str, value: Value) -> None:
    read = SETTINGS[name].read(text)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("name", "text"),
    [("listen.start_ms", "sixty"), ("listen.start_ms", "60.5"), ("log.words", "yes"), ("threads.stt", "")],
)
def test_text_that_is_no_value_is_told_what_is_expected(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=f"not '{text}'"):
        SETTINGS[name].read(text)


def test_a_whole_number_will_do_for_a_number() -> None:
    value = SETTINGS["listen.longest_utterance_s"].check(20)
    assert value == 20.0
    assert type(value) is float


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Settings().listen.start_ms = 3  # type: ignore[misc] # the very thing that must not work


def test_numbers_have_a_unit_in_their_name() -> None:
    units = ("_ms", "_s", "_db", "_days", "_tokens", "_probability")
    counts = {
        "threads.stt",
        "threads.llm",
        "threads.voice",
        "listen.patience",
        "reply.speed",
        "audio.volume",
    }  # and factors
    assert all(
        name.endswith(units)
        for name, setting in SETTINGS.items()
        if setting.rule.low is not None and name not in counts
    )


def test_a_setting_with_a_fixed_set_of_words_is_a_literal_of_exactly_these() -> None:
    settings = Settings()
    for section in dataclasses.fields(settings):
        hints = get_type_hints(type(getattr(settings, section.name)))
        for key, hint in hints.items():
            rule = SETTINGS[f"{section.name}.{key}"].rule if f"{section.name}.{key}" in SETTINGS else None
            words = get_args(hint) if get_origin(hint) is Literal else ()
            assert rule is None or rule.choices == words, f"{section.name}.{key}"
