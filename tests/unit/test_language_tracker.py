"""The language of a person is kept through short utterances and changed by longer ones."""

from __future__ import annotations

import pytest

from voicecli.app.session_stages import languages_of
from voicecli.errors import UnknownName
from voicecli.speech.language_tracker import SHORT_MS, LanguageTracker


def test_the_first_utterance_is_always_detected() -> None:
    known = LanguageTracker()
    assert known.expected(600) is None
    assert known.expected(6000) is None


def test_a_short_utterance_never_changes_the_language_and_a_longer_one_may() -> None:
    known = LanguageTracker()
    known.learn("en", 0.9)
    assert [known.expected(ms) for ms in (300, SHORT_MS - 1)] == ["en", "en"]
    assert known.expected(SHORT_MS) is None
    known.learn("de", 0.8)
    assert known.expected(500) == "de"
    known.learn("fr", 0.3)  # a guess
    assert known.expected(500) == "de"


def test_only_languages_that_are_spoken_count() -> None:
    known = LanguageTracker(["en", "de"])
    assert known.instead_of("de") is None
    assert known.instead_of("cy") == "en"
    known.learn("de", 0.9)
    assert known.instead_of("nl") == "de"
    assert LanguageTracker().instead_of("cy") is None


def test_an_uncertain_language_does_not_replace_one_that_is_known() -> None:
    known = LanguageTracker()
    assert known.instead_of("de", 0.2) is None
    known.learn("en", 0.9)
    assert known.instead_of("de", 0.2) == "en"
    assert known.instead_of("en", 0.2) is None


def test_of_one_language_nothing_is_detected() -> None:
    known = LanguageTracker(["de"])
    assert [known.expected(ms) for ms in (300, 9000)] == ["de", "de"]


@pytest.mark.parametrize(("setting", "codes"), [("", ()), ("en", ("en",)), ("en, de,fr", ("en", "de", "fr"))])
def test_codes_stand_with_commas_between_them(setting: str, codes: tuple[str, ...]) -> None:
    assert languages_of(setting) == codes


def test_a_code_that_is_no_language_is_told() -> None:
    with pytest.raises(UnknownName, match="There is no language xx"):
        languages_of("en, xx")
