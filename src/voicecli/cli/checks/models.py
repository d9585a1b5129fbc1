"""Checks of the models: whether those that `chat` would use are installed and right, and whether others would be better."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING

from voicecli.cli.checks.finding import Finding, Scene, right, warning
from voicecli.errors import ModelInvalid, ModelNotFound

if TYPE_CHECKING:
    from voicecli.config.schema import Settings
    from voicecli.models.catalog import Kind
    from voicecli.models.store import ModelStore, ResolvedModel


def recogniser(scene: Scene) -> Iterator[Finding]:
    """Checks the recogniser."""
    if scene.settings.models.stt_url:
        yield from _served_ear(scene)
        return
    yield from _model(scene, "stt")


def language_model(scene: Scene) -> Iterator[Finding]:
    """Checks the language model."""
    if scene.settings.models.llm_url:
        yield from _served(scene)
    else:
        yield from _model(scene, "llm")


def _served(scene: Scene) -> Iterator[Finding]:
    """Checks the language model on the user's own server."""
    from voicecli.app import remote_engines

    remote_engines.consented(scene.settings, asks=False, parts=remote_engines.parts_of(thinks=True))
    found = remote_engines.find(scene.settings)
    if found is not None:
        context = found.model.context_tokens
        room = f"context of {context} tokens" if context else "context not told"
        yield right(f"{found.name} on {found.server.address} ({found.model.kind} server), {room}.")


def _served_ear(scene: Scene) -> Iterator[Finding]:
    """Checks the recogniser on the user's own server."""
    from voicecli.app import remote_engines

    remote_engines.consented(scene.settings, asks=False, parts=remote_engines.parts_of(hears=True))
    found = remote_engines.find_ear(scene.settings)
    if found is not None:
        yield right(f"{found.name} on {found.server.address}.")


def _served_mouth(scene: Scene) -> Iterator[Finding]:
    """Checks the voice on the user's own server by having it say a word."""
    from voicecli.app import engine_setup, remote_engines

    remote_engines.consented(scene.settings, asks=False, parts=remote_engines.parts_of(speaks=True))
    found = remote_engines.find_mouth(scene.settings, engine_setup.language(scene.persona, scene.settings))
    if found is not None:
        yield right(f"{found.name} on {found.server.address}, {found.rate_hz} Hz.")


def voice(scene: Scene) -> Iterator[Finding]:
    """Checks the voice."""
    if scene.settings.audio.speaker == "none":
        yield right("Not needed: audio.speaker is none.")
        return
    if scene.settings.models.tts_url:
        yield from _served_mouth(scene)
        return
    yield from _model(scene, "voice")


def turn_detector(scene: Scene) -> Iterator[Finding]:
    """Checks the turn detector. `chat` works without one."""
    from voicecli.models.store import ModelStore

    store = ModelStore.default()
    try:
        model = store.resolve("turn")
    except ModelNotFound as error:
        yield warning(f"{error.message} The end of speech is detected by silence and words alone.", error.hint)
        return
    known = _checked(scene, store, model)
    scene.chosen["turn"] = model
    yield right(f"{model.name}, {known}.")


def others(scene: Scene) -> Iterator[Finding]:
    """Reports the installed models that are not in use."""
    from voicecli.models.store import ModelStore

    store = ModelStore.default()
    used = {model.name for model in scene.chosen.values()}
    rest = [entry for entry in store.catalog.entries if entry.name not in used and store.state(entry) != "absent"]
    good = 0
    for entry in rest:
        faults = store.faults(entry, afresh=scene.full)
        good += not faults
        for fault in faults:
            yield warning(f"{fault.path} {fault.reason}.", entry.get_command)
    if good:
        yield right(f"{good} more {'is' if good == 1 else 'are'} installed and verified.")


def effective(scene: Scene) -> Settings:
    """Returns the settings, with the CPU for everything if no card can be used, so that no engine is asked again."""
    if scene.card or scene.settings.models.device == "cuda":
        return scene.settings
    return dataclasses.replace(scene.settings, models=dataclasses.replace(scene.settings.models, device="cpu"))


def _model(scene: Scene, kind: Kind) -> Iterator[Finding]:
    from voicecli.app import engine_setup
    from voicecli.models.store import ModelStore

    settings = effective(scene)
    chosen = engine_setup.choose(
        settings, scene.persona, hears=kind == "stt", thinks=kind == "llm", speaks=kind == "voice"
    )
    model = {"stt": chosen.stt, "llm": chosen.llm, "voice": chosen.voice}[kind]
    if model is None:
        return
    store = ModelStore.default()
    known = _checked(scene, store, model)
    scene.chosen[kind] = model
    spoken = engine_setup.language(scene.persona, settings)
    offers = store.better(kind, device=engine_setup.device_for(kind, settings.models.device), language=spoken)
    named = _named(settings, kind)
    remedy = "" if not offers or named else f"A better one: {offers[0].get_command}"
    yield right(f"{model.name}, {known}.", remedy)


def _checked(scene: Scene, store: ModelStore, model: ResolvedModel) -> str:
    """Says in words how it is known that the model is right."""
    from voicecli.models.progress import human_size

    if model.entry is None:
        return f"your own model at {model.path}"
    if scene.full:
        for fault in store.faults(model.entry, afresh=True):
            raise ModelInvalid(f"{fault.path} {fault.reason}.", model.entry.get_command)
    how = "hashed again and verified" if scene.full else "verified"
    return f"{human_size(store.variant(model.entry).size_bytes)}, {how}"


def _named(settings: Settings, kind: Kind) -> bool:
    """Whether the user chose a model and did not leave the choice to the program."""
    wanted = settings.models
    match kind:
        case "stt":
            return wanted.stt != "auto"
        case "llm":
            return wanted.llm != "auto"
        case _:
            return wanted.voice != "auto"
