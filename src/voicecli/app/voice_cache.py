"""Voices for the languages that the voice of a session does not speak. They are loaded when they are first needed."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final

from voicecli.errors import VoiceCliError

if TYPE_CHECKING:
    from voicecli.config.schema import Settings
    from voicecli.engines.ports import Voice

MOST_VOICES: Final = 2
"""How many voices are kept besides the voice of the session. Each takes some 150 MB; a conversation has two languages, rarely three."""

log = logging.getLogger(__name__)


class VoiceCache:
    """Returns a voice for a language.

    Thread: any. Each voice is loaded in a thread of its own. That takes half a second, and longer while a language model generates.

    Args:
        settings: Threads.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._voices: OrderedDict[str, Future[Voice | None]] = OrderedDict()

    def prepare(self, language: str) -> Future[Voice | None]:
        """Begins to load the best installed voice that speaks `language`, ISO 639-1, unless it is loaded already or there is none."""
        with self._lock:
            if language in self._voices:
                self._voices.move_to_end(language)
                return self._voices[language]
            loading: Future[Voice | None] = Future()
            self._voices[language] = loading
            loaded = [each for each, future in self._voices.items() if not future.done() or future.result() is not None]
            for oldest in loaded[:-MOST_VOICES]:
                del self._voices[oldest]
        # The thread is no daemon: native code that is cut off while it loads could crash the program when it exits.
        threading.Thread(target=self._load, args=(language, loading), name=f"load voice {language}").start()
        return loading

    def __call__(self, language: str) -> Voice | None:
        """Returns the best installed voice that speaks `language`, ISO 639-1; None if there is none, or it cannot be loaded.

        Waits until it is loaded.
        """
        return self.prepare(language).result()

    def _load(self, language: str, loading: Future[Voice | None]) -> None:
        try:
            loading.set_result(self._found(language))
        except Exception as error:  # noqa: BLE001 - after any exception the usual voice stays in use
            code = error.code if isinstance(error, VoiceCliError) else type(error).__name__
            log.warning("voice for %s: %s", language, code)
            loading.set_result(None)

    def _found(self, language: str) -> Voice | None:
        from voicecli.app import engine_setup
        from voicecli.models.store import ModelStore

        store = ModelStore.default()
        entry = store.best("voice", language=language)
        if entry is None or not entry.speaks(language):
            return None
        return engine_setup.load_voice(store.resolve("voice", entry.name), self._settings)
