"""Builds the state in which a chat begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voicecli import events
from voicecli.app import engine_setup
from voicecli.app.listen_settings import patience_of
from voicecli.session.state import EngineState, State
from voicecli.speech.speculation import Pace

if TYPE_CHECKING:
    from voicecli.app.session_tools import Equipment
    from voicecli.config.load import Loaded
    from voicecli.session.personas import Persona
    from voicecli.speech.speculation import Speculation


def initial_state(
    persona: Persona,
    loaded: Loaded,
    engines: engine_setup.Engines,
    *,
    voice: bool,
    duplex: str | None,
    speculation: Speculation,
    mode: events.Mode,
    confirms: bool,
    transcriber_name: str,
    tools: Equipment,
    live: bool,
    titles: bool,
    converses: bool,
) -> State:
    """Returns the state.

    Args:
        persona: Who speaks first.
        loaded: The settings, and which of them were given.
        engines: The loaded engines.
        voice: Whether anything is spoken.
        duplex: Whether the microphone stays open while an answer plays: `full` or `half`; None without one of them.
        speculation: What is prepared ahead of time.
        mode: What starts a turn.
        confirms: Whether recognised text waits for confirmation.
        transcriber_name: The recogniser; empty without a microphone.
        tools: The tools that the settings allow, and what the model may do with them.
        live: Whether a microphone hears a person.
        titles: Whether the model makes titles.
        converses: Whether a language model answers.
    """
    settings = loaded.settings
    return State(
        voice=voice,
        half_duplex=duplex == "half",
        pace=Pace(most=speculation, adapts=settings.listen.speculation == "auto"),
        mode=mode,
        patience=patience_of(settings.listen, engine_setup.patience(persona, loaded)),
        confirms=confirms,
        engines=EngineState(
            voice_name=engines.voice.name if engines.voice is not None and voice else "",
            model_name=engines.model.name if engines.model is not None else "",
            transcriber_name=transcriber_name,
            speed=engine_setup.speed(persona, loaded),
            volume=settings.audio.volume,
        ),
        sounds=settings.ui.sounds and voice,
        translates=persona.between is not None,
        titles=titles,
        **tools,
        groups=persona.tools,
        called=persona.called,
        live=live,
        converses=converses,
    )
