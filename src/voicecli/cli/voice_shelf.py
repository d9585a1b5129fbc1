"""Voices for the languages that the voice of a session does not speak, loaded when they are first needed."""

from __future__ import annotations

import logging
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from voicecli.errors import VoiceCliError

if TYPE_CHECKING:
    from voicecli.config.schema import Settings
    from voicecli.engines.ports import Voice

MOST_VOICES: Final = 2
"""How many are kept besides the voice of the session. Each takes some 150 MB; a conversation has two languages, seldom three."""

log = logging.getLogger(__name__)


class VoiceShelf:
    """Gives a voice for a language.

    Thread: the synthesis stage's. A voice that is not loaded yet takes about half a second.

    Args:
        settings: Threads.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._voices: OrderedDict[str, Voice] = OrderedDict()
        self._missing: set[str] = set()

    def __call__(self, language: str) -> Voice | None:
        """The best installed voice that speaks `language`, ISO 639-1; None if there is none, or it cannot be loaded."""
        if language in self._missing:
            return None
        voice = self._voices.pop(language, None) or self._load(language)
        if voice is None:
            self._missing.add(language)
            return None
        self._voices[language] = voice
        while len(self._voices) > MOST_VOICES:
            self._voices.popitem(last=False)
        return voice

    def _load(self, language: str) -> Voice | None:
        from voicecli.cli import compose
        from voicecli.models.store import ModelStore

        store = ModelStore.default()
        entry = store.best("voice", language=language)
        if entry is None or not entry.speaks(language):
            return None
        try:
            return compose.load_voice(store.resolve("voice", entry.name), self._settings)
        except VoiceCliError as error:  # the usual voice goes on
            log.warning("voice for %s: %s", language, error.code)
            return None
