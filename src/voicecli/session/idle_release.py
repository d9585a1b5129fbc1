"""Frees the memory of the models while nobody talks, and loads them again at the first sign of a user.

The language model and the recogniser are released; the voice is small and stays. Both are loaded again as soon as somebody starts to speak, presses
the talk key or sends a line, so that they are ready when the first sentence is over. Questions wait until then.
"""

from __future__ import annotations

import dataclasses

from voicecli import events
from voicecli import tuning as t
from voicecli.session.commands import Command, Load, ReleaseModel, UseTranscriber
from voicecli.session.exchange import Step
from voicecli.session.ignored_speech import tell
from voicecli.session.state import State


def on_idle_time_over(state: State, report: t.IdleTimeOver) -> Step:
    """Releases the models, unless something is going on or another model is being loaded."""
    changing = state.engines.model_released != "no" or state.engines.model_wanted or state.engines.voice_wanted
    if not state.idle or state.engines.rest != "no" or changing or state.closing:
        return state, []
    since = "a minute" if report.minutes == 1 else f"{report.minutes} minutes"
    message = f"Nothing was said for {since}, so the models have given their memory back. They are loaded again as soon as you speak or type."
    commands: list[Command] = [ReleaseModel()]
    if state.engines.transcriber_name:
        commands.append(UseTranscriber(transcriber=None))
    commands.append(tell(events.Notice(t_s=0.0, code="models-resting", message=message)))
    return dataclasses.replace(
        state, engines=dataclasses.replace(state.engines, rest="resting", model_released="soon")
    ), commands


def awake(state: State) -> Step:
    """Loads released models again as soon as anything is going on."""
    if state.engines.rest != "resting" or state.idle or state.closed:
        return state, []
    commands: list[Command] = []
    if state.engines.transcriber_name:
        commands.append(Load(kind="stt", name=state.engines.transcriber_name, urgent=True))
    if state.engines.model_released == "yes" and not state.engines.model_wanted:
        commands.append(Load(kind="llm", name=state.engines.model_name, urgent=True))
    return dataclasses.replace(state, engines=dataclasses.replace(state.engines, rest="waking")), commands
