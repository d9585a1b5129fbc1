"""Chooses the voice of each piece of an answer: the one that speaks the language in which the piece is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from voicecli.engines.ports import Voice
from voicecli.speech.written_language import has_words_of, written_language
from voicecli.turn import Turn

Voices: TypeAlias = Callable[[str], Voice | None]
"""Gives an installed voice for a language, ISO 639-1, loading it if need be; None if there is none."""

LOOKED_AT_CHARACTERS: Final = 300
"""How much of an answer its language is told by: the piece in question and what was said just before it."""


TOLD_WORDS: Final = 3
"""A piece of so many words without a function word of a language is not in that language."""


def speaks(voice: Voice, language: str) -> bool:
    """Whether a voice speaks a language, ISO 639-1."""
    return voice.language.partition("-")[0] == language


class VoiceChoice:
    """The voices of one answer after the other.

    An answer is spoken in the language of the question, unless it is plainly written in another one. A language that no voice speaks is not spoken.
    A recogniser is wrong about a language now and then, so the usual voice speaks what is too short to tell, or has words of its language.

    Thread: the synthesis stage's.

    Args:
        voices: Gives voices for other languages than the usual voice's; None where there is only that one.
    """

    def __init__(self, voices: Voices | None) -> None:
        self._voices = voices
        self._turn: Turn | None = None
        self._text = ""
        self._languages: dict[int, str] = {}  # of the pieces of that turn, where it is not the usual voice's

    def choose(self, turn: Turn, index: int, text: str, asked_in: str, usual: Voice) -> tuple[Voice, str]:
        """The voice for the next piece of an answer.

        Args:
            turn: The turn of the answer.
            index: The number of the piece.
            text: What is to be said.
            asked_in: The language of the question, ISO 639-1; empty where it is not known.
            usual: The voice that was chosen by the person.

        Returns:
            The voice, and the language that no voice speaks; that one is empty where the voice fits.
        """
        if self._voices is None:
            return usual, ""
        if self._turn is not turn:
            self._turn, self._text, self._languages = turn, "", {}
        self._text = f"{self._text} {text}"[-LOOKED_AT_CHARACTERS:]
        written = written_language(text) or written_language(self._text)
        language = written or asked_in
        if not language or speaks(usual, language):
            return usual, ""
        voice = self._voices(language)
        if voice is not None:
            self._languages[index] = language
            return voice, ""
        is_foreign = len(text.split()) >= TOLD_WORDS and not has_words_of(usual.language.partition("-")[0], text)
        return usual, written or (language if is_foreign else "")

    def again(self, index: int, usual: Voice) -> Voice:
        """The voice for a piece that was chosen before and is said anew, now that `usual` is another one."""
        language = self._languages.get(index, "")
        if self._voices is None or not language or speaks(usual, language):
            return usual
        return self._voices(language) or usual
