"""Messages about text that the voice cannot speak because of its script or language: which voice can, and how to get it."""

from __future__ import annotations

from voicecli.config.languages import in_words
from voicecli.errors import ConfigError
from voicecli.speech.writing_systems import LANGUAGE_OF
from voicecli.speech.written_language import written_language


def in_chat(script: str) -> str:
    """Returns the notice that `chat` shows for a script that the voice cannot read, or for a language, given by its code, that no voice speaks."""
    if script.islower():
        told = f"No voice for {in_words(script)} is installed, so text in that language is only shown."
        return " ".join((told, _voice_in(script, "/voice {}"))).strip()
    told = f"This voice cannot say text in {script} script, so such text is only shown."
    return " ".join((told, _voice_for(script, "/voice {}"))).strip()


def left_out(script: str) -> str:
    """Returns the message of a command that has spoken the rest."""
    told = f"note: this voice cannot say text in {script} script, so it was left out."
    return " ".join((told, _voice_for(script, "--voice {}"))).strip()


def nothing_left(script: str) -> ConfigError:
    """Returns the error for a text with nothing else in it."""
    return ConfigError(
        f"There is nothing to say: this voice cannot say text in {script} script.", _voice_for(script, "--voice {}")
    )


def other_language(text: str, voice: str, spoken: str) -> str:
    """Returns the message of a command whose text is plainly in another language than its voice; empty if it is not.

    Args:
        text: The spoken text, or its beginning.
        voice: The name of the voice.
        spoken: Its language: `en-us`.
    """
    language, spoken = written_language(text), spoken.partition("-")[0]
    if not language or language == spoken:
        return ""
    told = f"note: the text seems to be {in_words(language)}, and the voice {voice} speaks {in_words(spoken)}."
    return " ".join((told, _voice_in(language, "--voice {}"))).strip()


def _voice_for(script: str, choose: str) -> str:
    """As `_voice_in`, for the language that is written in `script`."""
    language = LANGUAGE_OF.get(script)
    return _voice_in(language, choose) if language is not None else ""


def _voice_in(language: str, choose: str) -> str:
    """Returns the command for a voice that can speak it; empty if the catalogue has none. `choose`: how an installed one is chosen."""
    from voicecli.models.store import ModelStore

    store = ModelStore.default()
    best = store.best("voice", language=language)
    if best is not None and best.speaks(language):
        return f"A voice that can: {choose.format(best.name)}"
    offers = [entry for entry in store.better("voice", language=language) if entry.speaks(language)]
    return f"A voice that can: {offers[0].get_command}" if offers else ""
