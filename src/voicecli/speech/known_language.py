"""The language in which a person speaks, known from utterance to utterance. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

SHORT_MS: Final = 1500.0
"""Shorter utterances, the pause after them included, never change the language: "Ja", "OK" and "No" are words of several languages, and a recogniser
guesses at them."""

SURE: Final = 0.5
"""How probable a language must be to be believed."""


class KnownLanguage:
    """Keeps the language of the last utterance that was sure.

    Args:
        allowed: The languages that are spoken, ISO 639-1, the usual one first; empty for any.
    """

    def __init__(self, allowed: Sequence[str] = ()) -> None:
        self._allowed = tuple(allowed)
        self._known = self._allowed[0] if len(self._allowed) == 1 else ""

    def expected(self, duration_ms: float) -> str | None:
        """The language of an utterance of that length, if it need not be detected; None if it must be."""
        if len(self._allowed) == 1 or (self._known and duration_ms < SHORT_MS):
            return self._known
        return None

    def instead_of(self, detected: str) -> str | None:
        """The language to listen in again, because the detected one is not spoken here; None if it may be."""
        if not self._allowed or detected in self._allowed:
            return None
        return self._known or self._allowed[0]

    def learn(self, language: str, probability: float) -> None:
        """An utterance was in `language`, as far as the recogniser is sure of it."""
        if probability >= SURE:
            self._known = language
