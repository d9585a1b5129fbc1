"""Builds the stages of a conversation's pipeline from the engines and the sound devices."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from voicecli.app import engine_setup
from voicecli.app.listen_settings import listening
from voicecli.app.voice_cache import VoiceCache
from voicecli.config import languages
from voicecli.pipeline.graph import Stages
from voicecli.pipeline.listen import Listen
from voicecli.pipeline.stages import Ending, Judge, Respond, Synthesize, Transcribe
from voicecli.pipeline.voice_choice import speaks

if TYPE_CHECKING:
    from voicecli.app.session_sound import Sound
    from voicecli.audio.playout import Playout
    from voicecli.config.load import Loaded
    from voicecli.config.schema import Settings
    from voicecli.session.personas import Persona
    from voicecli.speech.speculation import Speculation


def languages_of(setting: str) -> tuple[str, ...]:
    """Returns the codes in `chat.languages`, in their order.

    Raises:
        UnknownName: A recogniser does not know one of the languages.
    """
    codes = tuple(setting.replace(",", " ").split())
    for code in codes:
        languages.find(code)
    return codes


def usual_language(chosen: str | None, setting: str) -> str:
    """Returns the language in which the first question is likely: the chosen one, or the first in `chat.languages`; empty if any may be spoken."""
    return chosen or next(iter(languages_of(setting)), "")


def make_stages(
    engines: engine_setup.Engines,
    sound: Sound,
    playout: Playout | None,
    *,
    loaded: Loaded,
    persona: Persona,
    speculation: Speculation,
    ending: Ending,
) -> Stages:
    """Returns the stages that the loaded engines make possible.

    Args:
        engines: The engines; there must be a language model.
        sound: The microphone and the speaker.
        playout: Where sound is played; None without a voice.
        loaded: The settings, and which of them were given.
        persona: The persona, for its patience and its speed.
        speculation: What is prepared ahead of time.
        ending: Returns what is added to answers.
    """
    settings = loaded.settings
    listen = transcribe = synthesize = None
    voices = VoiceCache(settings)
    if sound.microphone is not None and engines.transcriber is not None:
        listen = _listener(sound, settings, engine_setup.patience(persona, loaded), speculation)
        transcribe = Transcribe(engines.transcriber, languages_of(settings.chat.languages))
    if engines.voice is not None and playout is not None:
        speed = engine_setup.speed(persona, loaded)
        synthesize = Synthesize(engines.voice, playout, speed=speed, voices=voices, clock=time.monotonic)

    def expect(language: str) -> None:
        if synthesize is not None and not speaks(synthesize.manner.voice, language):
            voices.prepare(language)

    assert engines.model is not None  # noqa: S101 - `run_chat` has made sure
    respond = Respond(
        engines.model,
        reply_tokens=settings.reply.longest_tokens,
        voice_first=playout if synthesize is not None and engine_setup.cores_are_few(engines) else None,
        spoken_language=synthesize.spoken_language if synthesize is not None else None,
        heard=playout if synthesize is not None else None,
        clock=time.monotonic,
        expect=expect,
        ending=ending,
    )
    judge = Judge(engines.turn_detector) if engines.turn_detector is not None else None
    return Stages(listen=listen, transcribe=transcribe, respond=respond, synthesize=synthesize, judge=judge)


def _listener(sound: Sound, settings: Settings, patience: float, speculation: Speculation) -> Listen:
    first, confirming = engine_setup.detectors()
    gate, segmenter, foreground = listening(settings.listen, patience, speculation)
    return Listen(
        first_stage=first,
        confirming=confirming,
        gate=gate,
        segmenter=segmenter,
        foreground=foreground,
        near_end=sound.near_end(),
        relies_on_canceller=settings.audio.duplex == "auto",
    )
