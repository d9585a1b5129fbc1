"""A voice for another language is loaded from the installed models."""

from __future__ import annotations

import pytest

from voicecli.app.voice_cache import MOST_VOICES, VoiceCache
from voicecli.config.schema import Settings
from voicecli.engines.ports import Voice

pytestmark = pytest.mark.engines


def test_the_best_installed_voice_of_a_language_speaks_and_is_loaded_once() -> None:
    shelf = VoiceCache(Settings())
    loading = shelf.prepare("en")
    voice = shelf("en")
    assert voice is not None
    assert voice is loading.result()
    assert voice is shelf("en")
    assert voice.language == "en-us"
    assert sum(len(chunk) for chunk in voice.speak("Good morning.", is_cancelled=lambda: False)) > voice.rate_hz // 4


def test_a_language_without_a_voice_has_none() -> None:
    assert VoiceCache(Settings())("sv") is None


def test_of_many_languages_the_last_ones_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def found(_: VoiceCache, language: str) -> Voice | None:
        made.append(language)
        return None if language == "sv" else object()  # type: ignore[return-value] # it is only kept

    monkeypatch.setattr(VoiceCache, "_found", found)
    shelf = VoiceCache(Settings())
    for language in ("de", "sv", "fr", "de", "es", "sv", "de"):
        shelf(language)
    assert made == ["de", "sv", "fr", "es"]
    assert MOST_VOICES == 2
    shelf("fr")
    assert made[-1] == "fr"  # the one that was used least lately was let go
