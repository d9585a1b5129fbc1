"""Tracks the language of a person from utterance to utterance. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

SHORT_MS: Final = 1500.0
"""Shorter utterances, including the pause after them, never change the language: "Ja", "OK" and "No" are words of several languages, and a recogniser
can only guess."""

SURE: Final = 0.5
"""The probability from which a detected language is accepted."""


class LanguageTracker:
    """Keeps the language of the last utterance whose language was certain.

    Args:
        allowed: The spoken languages, ISO 639-1, the usual one first; empty for any.
    """

    def __init__(self, allowed: Sequence[str] = ()) -> None:
        self._allowed = tuple(allowed)
        self._known = self._allowed[0] if len(self._allowed) == 1 else ""

    def expected(self, duration_ms: float) -> str | None:
        """Returns the language of an utterance of this length if it need not be detected; None if it must be detected."""
        if len(self._allowed) == 1 or (self._known and duration_ms < SHORT_MS):
            return self._known
        return None

    def instead_of(self, detected: str) -> str | None:
        """Returns the language for a second recognition, because the detected one is not allowed; None if it is allowed."""
        if not self._allowed or detected in self._allowed:
            return None
        return self._known or self._allowed[0]

    def learn(self, language: str, probability: float) -> None:
        """Keeps `language` as that of the last utterance, if its probability suffices."""
        if probability >= SURE:
            self._known = language
