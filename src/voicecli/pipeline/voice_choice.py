"""Chooses the voice for each chunk of an answer: one that speaks the language in which the chunk is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from voicecli.engines.ports import Voice
from voicecli.speech.written_language import has_words_of, written_language
from voicecli.turn import Turn

Voices: TypeAlias = Callable[[str], Voice | None]
"""Returns an installed voice for a language, ISO 639-1, and loads it if necessary; None if there is none."""

LOOKED_AT_CHARACTERS: Final = 300
"""How much of an answer is used to detect its language: the chunk in question and the text before it."""


TOLD_WORDS: Final = 2
"""A chunk with at least this many words, and without a function word of a language, is not in that language."""


def speaks(voice: Voice, language: str) -> bool:
    """Whether a voice speaks a language, ISO 639-1."""
    return voice.language.partition("-")[0] == language


class VoiceChoice:
    """Chooses voices for one answer after the other.

    An answer is spoken in the language of the question, unless it is clearly written in another one. A language without a voice is not spoken.
    A recogniser sometimes detects a wrong language, so the usual voice speaks text that is too short to decide, or contains words of its language.

    Thread: the synthesis stage's.

    Args:
        voices: Returns voices for languages other than the usual voice's; None if there is only that voice.
    """

    def __init__(self, voices: Voices | None) -> None:
        self._voices = voices
        self._turn: Turn | None = None
        self._text = ""
        self._unspoken = False  # whether a chunk of that turn was in a language that no voice speaks
        self._languages: dict[int, str] = {}  # languages of that turn's chunks that differ from the usual voice's

    def choose(
        self, turn: Turn, index: int, text: str, asked_in: str, usual: Voice, *, sure: bool = False
    ) -> tuple[Voice, str]:
        """Chooses the voice for the next chunk of an answer.

        Args:
            turn: The turn of the answer.
            index: The number of the chunk.
            text: The text of the chunk.
            asked_in: The language of the question, ISO 639-1; empty if unknown.
            usual: The user's chosen voice.
            sure: Whether `asked_in` is the language of the chunk itself, so that nothing has to be guessed.

        Returns:
            The voice, and the language that no voice speaks; the language is empty if the voice fits.
        """
        if self._voices is None and not sure:
            return usual, ""
        if self._turn is not turn:
            self._turn, self._text, self._languages, self._unspoken = turn, "", {}, False
        if sure:
            return self._in_language(index, asked_in, usual)
        self._text = f"{self._text} {text}"[-LOOKED_AT_CHARACTERS:]
        written = written_language(text) or written_language(self._text)
        language = written or asked_in
        if not language:
            return usual, ""
        voice, missing = self._in_language(index, language, usual)
        if not missing:
            return voice, ""
        told = self._unspoken or len(text.split()) >= TOLD_WORDS
        is_foreign = bool(written) or (told and not has_words_of(usual.language.partition("-")[0], text))
        self._unspoken = self._unspoken or is_foreign
        return usual, language if is_foreign else ""

    def _in_language(self, index: int, language: str, usual: Voice) -> tuple[Voice, str]:
        """Returns the voice for a chunk in `language`, and that language if no voice speaks it."""
        if speaks(usual, language):
            return usual, ""
        voice = self._voices(language) if self._voices is not None else None
        if voice is None:
            return usual, language
        self._languages[index] = language
        return voice, ""

    def again(self, index: int, usual: Voice) -> Voice:
        """Returns the voice for an earlier chunk that is synthesized again, because `usual` has changed."""
        language = self._languages.get(index, "")
        if self._voices is None or not language or speaks(usual, language):
            return usual
        return self._voices(language) or usual
