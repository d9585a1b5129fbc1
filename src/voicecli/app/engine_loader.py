"""Finds and loads a voice or a language model while a session runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from voicecli.app.voice_names import joined, parted
from voicecli.config.suggest import did_you_mean
from voicecli.engines.hardware import available_bytes
from voicecli.engines.native_memory import give_back
from voicecli.errors import InternalError, ModelNotFound, UnknownName, VoiceCliError
from voicecli.pipeline.context_window import ContextWindow
from voicecli.pipeline.worker import give_way, log_fault
from voicecli.tuning import EngineFailed, ModelLoaded, TranscriberLoaded, VoiceLoaded

if TYPE_CHECKING:
    from voicecli.app import engine_setup
    from voicecli.config.schema import Settings
    from voicecli.engines.ports import ChatMessage, ChatModel
    from voicecli.messages import Report
    from voicecli.session.commands import Load

Kind: TypeAlias = Literal["voice", "llm"]
"""The kinds of model that the user can change while a session runs."""

_WORDS: Final = {"voice": "voice", "llm": "model", "stt": "recogniser"}

SPARE_BYTES: Final = 700_000_000
"""The memory that a second language model needs besides its file: its context, and a reserve for everything else that runs."""


class EngineLoader:
    """Loads engines in the background, each in a thread of its own.

    Thread: the conductor's thread calls it; the threads that load send the reports.

    Args:
        settings: Threads, context, device.
        report: Takes the result of each load.
        chosen: The models of the session's start; they are not looked up again.
        speakers: The speaker that the persona wants, by the name of the voice; it may change.
    """

    def __init__(
        self,
        settings: Settings,
        report: Callable[[Report], object],
        chosen: engine_setup.Chosen | None = None,
        speakers: Mapping[str, str] | None = None,
    ) -> None:
        self._speakers: Mapping[str, str] = {} if speakers is None else speakers
        self._settings = settings
        self._report = report
        known = (chosen.stt, chosen.llm) if chosen is not None else ()
        self._served = chosen.served if chosen is not None else None
        self._ear = chosen.ear if chosen is not None else None
        self._known = {model.name: model for model in known if model is not None}

    def __call__(self, order: Load, messages: Sequence[ChatMessage]) -> None:
        """Begins to load. `messages` is the conversation that a model reads first."""
        # The thread is no daemon: native code that is cut off while it loads could crash the program when it exits.
        threading.Thread(target=self._run, args=(order, tuple(messages)), name=f"load {order.name}").start()

    def _run(self, order: Load, messages: tuple[ChatMessage, ...]) -> None:
        try:
            loaded = self._load(order, messages)
            give_back()  # memory that loading used temporarily
            self._report(loaded)
        except VoiceCliError as error:
            self._report(EngineFailed(kind=order.kind, name=order.name, error=error))
        except Exception as error:  # noqa: BLE001 - after any exception of an engine the present one stays in use
            log_fault("load", error)
            what = f"The {_WORDS[order.kind]} {order.name} cannot be loaded: {type(error).__name__}."
            self._report(EngineFailed(kind=order.kind, name=order.name, error=InternalError(what)))

    def _load(self, order: Load, messages: tuple[ChatMessage, ...]) -> Report:
        from voicecli.app import engine_setup
        from voicecli.models.store import ModelStore

        if self._served is not None and (order.kind, order.name) == ("llm", self._served.name):
            return self._primed(order, self._served.engine(), messages)
        if self._ear is not None and (order.kind, order.name) == ("stt", self._ear.name):
            return TranscriberLoaded(transcriber=self._ear.engine())
        device = engine_setup.device_for(order.kind, self._settings.models.device)
        name, speaker = parted(order.name) if order.kind == "voice" else (order.name, "")
        found = self._known.get(name) or ModelStore.default().resolve(order.kind, name, device=device)
        if order.kind == "stt":
            return TranscriberLoaded(transcriber=engine_setup.load_transcriber(found, self._settings))
        if order.kind == "voice":
            # A voice with a chosen speaker has a different name than the same voice without one.
            shown = joined(found.name, speaker)
            speaker = speaker or self._speakers.get(order.name, "")
            return VoiceLoaded(
                name=order.name, voice=engine_setup.load_voice(found, self._settings, speaker, name=shown)
            )
        if not order.urgent:
            give_way()  # reading the conversation must not slow down an answer in progress
        return self._primed(order, engine_setup.load_model(found, self._settings), messages)

    def _primed(self, order: Load, model: ChatModel, messages: tuple[ChatMessage, ...]) -> ModelLoaded:
        """Returns the report of a model that has read the conversation."""
        try:
            room = model.context_tokens - self._settings.reply.longest_tokens
            model.prime(ContextWindow(room, model.count_tokens).fit(messages))
        except BaseException:
            model.close()
            raise
        return ModelLoaded(name=order.name, model=model)


def find_voice(wanted: str) -> str:
    """Returns the full name of an installed voice, with the speaker that `wanted` names after `#`, if any. Raises as `find_installed`."""
    name, speaker = parted(wanted)
    return joined(find_installed("voice", name), speaker)


def find_installed(kind: Kind, name: str) -> str:
    """Returns the full name of an installed voice or model. A part of a name is enough if only one name contains it. A path is returned as it is.

    Raises:
        UnknownName: There is no such model.
        ModelNotFound: It is not on this machine; the hint is the command that downloads it.
        ModelError: The user's own file is no model.
    """
    from voicecli.models.store import ModelStore
    from voicecli.models.user_models import check_own, looks_like_path

    store = ModelStore.default()
    entries = {entry.name: entry for entry in store.catalog.of_kind(kind)}
    if name not in entries and looks_like_path(name):
        check_own(kind, name)
        return name
    installed = installed_names(kind)
    if name not in entries:
        like = [each for each in installed if name.casefold() in each.casefold()]
        if len(like) == 1:
            return like[0]
        what = _WORDS[kind]
        near = did_you_mean(name, entries) or f"Installed: {', '.join(installed)}."
        raise UnknownName(f"There is no {what} {name}.", near)
    entry = entries[name]
    if store.state(entry) == "absent":
        raise ModelNotFound(f"{name} is not installed.", f"Download it: {entry.get_command}")
    return name


def installed_names(kind: Kind) -> list[str]:
    """Returns the names of the voices or models on this machine."""
    from voicecli.models.store import ModelStore

    return sorted(entry.name for entry in ModelStore.default().installed() if entry.kind == kind)


def fits_beside(name: str) -> bool:
    """Whether there is memory for a language model besides the one in use. True for a model of unknown size."""
    from voicecli.models.store import ModelStore
    from voicecli.models.user_models import looks_like_path

    store = ModelStore.default()
    entry = next((each for each in store.catalog.of_kind("llm") if each.name == name), None)
    if entry is not None:
        size = store.variant(entry).size_bytes
    elif looks_like_path(name) and Path(name).expanduser().is_file():
        size = Path(name).expanduser().stat().st_size
    else:
        return True
    return available_bytes() > size + SPARE_BYTES


def voice_for(language: str, now: str) -> tuple[str | None, str]:
    """Chooses the installed voice to change to when another language is spoken.

    Args:
        language: ISO 639-1.
        now: The voice in use.

    Returns:
        The name of the voice, or None if the present one speaks that language or no voice does; and a message for the user, or "".
    """
    from voicecli.config.languages import in_words
    from voicecli.models.store import ModelStore

    store = ModelStore.default()
    present = next((entry for entry in store.catalog.of_kind("voice") if entry.name == now), None)
    if present is not None and present.speaks(language):
        return None, ""
    best = store.best("voice", language=language)
    if best is not None:
        return best.name, ""
    offers = store.better("voice", language=language)
    hint = f" Download one: {offers[0].get_command}" if offers else ""
    return None, f"No voice for {in_words(language)} is installed, so {now} goes on.{hint}"


def best_voice(language: str | None) -> str | None:
    """Returns the installed voice that suits a language best, or any voice; None if there is none."""
    from voicecli.models.store import ModelStore

    best = ModelStore.default().best("voice", language=language)
    return best.name if best is not None else None
