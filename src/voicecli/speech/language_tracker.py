"""Tracks the language of a person from utterance to utterance. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

SHORT_MS: Final = 1500.0
"""Shorter utterances, including the pause after them, never change the language: "Ja", "OK" and "No" are words of several languages, and a recogniser
can only guess."""

SURE: Final = 0.5
"""The probability from which a detected language is accepted."""

SURE_OF_SHORT: Final = 0.8
"""The probability from which the language of a short utterance is kept, while none is known."""


class LanguageTracker:
    """Keeps the language of the last utterance whose language was certain.

    Args:
        allowed: The spoken languages, ISO 639-1, the usual one first; empty for any.
        short_too: Whether the language of short utterances is detected as well, because two people speak, each in a language of their own.
    """

    def __init__(self, allowed: Sequence[str] = (), *, short_too: bool = False) -> None:
        self.allowed = tuple(allowed)
        self._short_too = short_too
        self._known = self.allowed[0] if len(self.allowed) == 1 else ""

    def expected(self, duration_ms: float) -> str | None:
        """Returns the language of an utterance of this length if it need not be detected; None if it must be detected."""
        if len(self.allowed) == 1 or (self._known and duration_ms < SHORT_MS and not self._short_too):
            return self._known
        return None

    def instead_of(self, detected: str, probability: float = 1.0) -> str | None:
        """Returns the language for a second recognition; None if the detected one is accepted.

        It is not accepted if it is not allowed, or if it is not certain and another one is known.
        """
        if self._known and detected != self._known and probability < SURE:
            return self._known
        if not self.allowed or detected in self.allowed:
            return None
        return self._known or self.allowed[0]

    def learn(self, language: str, probability: float, duration_ms: float = SHORT_MS) -> None:
        """Keeps `language` as that of the last utterance, if its probability suffices for its length."""
        if probability >= (SURE if duration_ms >= SHORT_MS else SURE_OF_SHORT):
            self._known = language
