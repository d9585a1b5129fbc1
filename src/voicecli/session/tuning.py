"""Handles requests for another voice, model, language, speed or volume.

An engine is loaded in the background and takes over when it is ready: a voice with the next chunk that is not being heard yet, a model with the next
answer. Until then, and if loading fails, the previous engine stays in use.
"""

from __future__ import annotations

import dataclasses
from typing import assert_never

from voicecli import events
from voicecli import tuning as t
from voicecli.pcm import Pcm
from voicecli.session.commands import (
    Command,
    KnowFacts,
    Load,
    Open,
    PlaySound,
    ReleaseModel,
    SetLanguage,
    SetSpeed,
    SetVolume,
    UseModel,
    UseTranscriber,
    UseVoice,
)
from voicecli.session.cut_off import cut_off
from voicecli.session.exchange import Step, error_event, quit_now
from voicecli.session.history import Played
from voicecli.session.ignored_speech import tell
from voicecli.session.state import Aside, State
from voicecli.turn import Turn

SPEEDS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0, 2.3, 2.6, 3.0)
"""The steps of `/faster` and `/slower`: about 15 % each, which is clearly audible."""

VOLUMES = (0, 6, 12, 18, 25, 35, 50, 70, 100, 140, 200)
"""The steps of `/louder` and `/quieter`: 3 dB each near the middle."""


def on_tuning(state: State, report: t.Change, played: Played) -> Step:
    """Handles a request for a change, or its result."""
    match report:
        case t.VoiceChosen() | t.VoiceLoaded():
            return _on_voice(state, report)
        case t.ModelChosen() | t.ModelLoaded() | t.ModelReleased():
            return _on_model(state, report)
        case t.TranscriberLoaded(transcriber=transcriber):
            return state, [UseTranscriber(transcriber=transcriber)]
        case t.EngineFailed(kind="stt"):
            return quit_now(state, report.error, played)  # nothing can be recognised any more
        case t.EngineFailed(kind="voice"):
            return _on_voice_failed(state, report)
        case t.EngineFailed():
            return _on_model_failed(state, report, played)
        case t.EngineCrashed(message=message):
            return state, [_notice("engine-crashed", message)]
        case t.LanguageChosen(language=language):
            changed = events.Changed(t_s=0.0, what="language", value=language or "auto")
            return state, [SetLanguage(language=language), tell(changed)]
        case t.SoundChosen(pcm=pcm):
            return _play(state, pcm, played)
        case t.FactsChanged(facts=facts, added=added, removed=removed):
            changed_facts = events.MemoryChanged(t_s=0.0, added=added, removed=removed)
            return state, [KnowFacts(facts=facts), tell(changed_facts)]
        case t.FilesChanged(message=message):
            return state, [KnowFacts(facts=None), _notice("files", message)]
        case t.DialSet():
            return _set(state, report.dial, report.value)
        case t.DialTurned():
            steps, now = (SPEEDS, state.engines.speed) if report.dial == "speed" else (VOLUMES, state.engines.volume)
            higher = [step for step in steps if step > now + _SAME]
            lower = [step for step in steps if step < now - _SAME]
            if report.up:
                return _set(state, report.dial, higher[0] if higher else now)
            return _set(state, report.dial, lower[-1] if lower else now)
        case _:
            assert_never(report)


def _play(state: State, pcm: Pcm, played: Played) -> Step:
    """Plays saved sound as an utterance of the program itself: it can be stopped in the same ways, and is not part of the conversation."""
    if not state.voice:
        return state, [tell(events.Notice(t_s=0.0, code="no-speaker", message="There is no loudspeaker to play that."))]
    state, commands = cut_off(state, "key", played)
    number = state.turns + 1
    aside = Aside(turn=Turn(number))
    state = dataclasses.replace(state, turns=number, attempts=1, exchange=aside)
    return state, [*commands, PlaySound(turn=aside.turn, pcm=pcm), Open(turn=aside.turn)]


_SAME = 0.001
"""Speeds that differ by less are the same."""


def _set(state: State, dial: t.Dial, value: float) -> Step:
    changed = tell(events.Changed(t_s=0.0, what=dial, value=value))
    if dial == "speed":
        return dataclasses.replace(state, engines=dataclasses.replace(state.engines, speed=value)), [
            SetSpeed(speed=value),
            changed,
        ]
    return dataclasses.replace(state, engines=dataclasses.replace(state.engines, volume=value)), [
        SetVolume(percent=value),
        changed,
    ]


def _on_voice(state: State, report: t.VoiceChosen | t.VoiceLoaded) -> Step:
    match report:
        case t.VoiceChosen() if not state.voice:
            return state, [_notice("no-speaker", "Nothing is spoken in this session, so there is no voice to change.")]
        case t.VoiceChosen(name=name) if name == state.engines.voice_name:
            return dataclasses.replace(state, engines=dataclasses.replace(state.engines, voice_wanted="")), [
                _notice("voice", f"The voice is {name} already.")
            ]
        case t.VoiceChosen(name=name):
            message = f"Loading the voice {name}; {state.engines.voice_name} speaks until it is ready."
            state = dataclasses.replace(state, engines=dataclasses.replace(state.engines, voice_wanted=name))
            return state, [_notice("voice-loading", message), Load(kind="voice", name=name)]
        case t.VoiceLoaded(name=name, voice=voice):
            if name != state.engines.voice_wanted:
                return state, []  # another voice was requested meanwhile
            state = dataclasses.replace(
                state, engines=dataclasses.replace(state.engines, voice_name=voice.name, voice_wanted="")
            )
            return state, [UseVoice(voice=voice), tell(events.Changed(t_s=0.0, what="voice", value=voice.name))]
        case _:
            assert_never(report)


def _on_model(state: State, report: t.ModelChosen | t.ModelLoaded | t.ModelReleased) -> Step:
    match report:
        case t.ModelChosen():
            return _on_model_chosen(state, report)
        case t.ModelReleased() if state.engines.rest == "resting":
            return dataclasses.replace(state, engines=dataclasses.replace(state.engines, model_released="yes")), []
        case t.ModelReleased():
            return dataclasses.replace(state, engines=dataclasses.replace(state.engines, model_released="yes")), [
                Load(
                    kind="llm",
                    name=state.engines.model_wanted or state.engines.model_name,
                    urgent=state.engines.rest == "waking",
                )
            ]
        case t.ModelLoaded(name=name, model=model):
            if name != (state.engines.model_wanted or state.engines.model_name):
                return state, []
            same = state.engines.rest == "waking" and name == state.engines.model_name
            state = dataclasses.replace(
                state,
                engines=dataclasses.replace(
                    state.engines, model_name=model.name, model_wanted="", model_released="no", rest="no"
                ),
            )
            told: list[Command] = [] if same else [tell(events.Changed(t_s=0.0, what="model", value=model.name))]
            return state, [UseModel(model=model), *told]
        case _:
            assert_never(report)


def _on_model_chosen(state: State, report: t.ModelChosen) -> Step:
    """Has a model loaded: beside the present one, or after that has freed its memory."""
    engines, name = state.engines, report.name
    if name == engines.model_name and engines.model_released == "no":
        state = dataclasses.replace(state, engines=dataclasses.replace(engines, model_wanted=""))
        return state, [_notice("model", f"The model is {name} already.")]
    state = dataclasses.replace(state, engines=dataclasses.replace(engines, model_wanted=name))
    if engines.model_released != "no":
        # A model that is being loaded already is discarded when it arrives.
        load: list[Command] = [Load(kind="llm", name=name)] if engines.model_released == "yes" else []
        return state, [_notice("model-loading", f"Loading the model {name}."), *load]
    if report.beside:
        message = f"Loading the model {name}; {engines.model_name} answers until it is ready."
        return state, [_notice("model-loading", message), Load(kind="llm", name=name)]
    message = (
        f"There is not enough memory for two models, so {engines.model_name} is released before {name} is loaded. "
        "What you say meanwhile is answered when it is ready."
    )
    state = dataclasses.replace(state, engines=dataclasses.replace(state.engines, model_released="soon"))
    return state, [_notice("model-loading", message), ReleaseModel()]


def _on_voice_failed(state: State, report: t.EngineFailed) -> Step:
    if report.name != state.engines.voice_wanted:
        return state, []
    state = dataclasses.replace(state, engines=dataclasses.replace(state.engines, voice_wanted=""))
    return state, [
        tell(error_event(None, report.error)),
        _notice("voice", f"The voice stays {state.engines.voice_name}."),
    ]


def _on_model_failed(state: State, report: t.EngineFailed, played: Played) -> Step:
    if report.name != (state.engines.model_wanted or state.engines.model_name):
        return state, []
    told = tell(error_event(None, report.error))
    if state.engines.model_released == "yes" and report.name == state.engines.model_name:
        return quit_now(state, report.error, played)  # the session cannot continue without a model
    state = dataclasses.replace(state, engines=dataclasses.replace(state.engines, model_wanted=""))
    if state.engines.model_released == "no":
        return state, [told, _notice("model", f"The model stays {state.engines.model_name}.")]
    again = _notice("model-loading", f"Loading the model {state.engines.model_name} again.")
    return state, [told, again, Load(kind="llm", name=state.engines.model_name)]


def _notice(code: str, message: str) -> Command:
    return tell(events.Notice(t_s=0.0, code=code, message=message))
