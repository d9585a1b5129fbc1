"""Handles the talk key and the mute key.

A key only gives orders to the listener. The listener reports the start and end of an utterance, as it does for one that was started by voice.
So there is one path from speech to answer.
"""

from __future__ import annotations

import dataclasses
from typing import assert_never

from voicecli import events
from voicecli import messages as m
from voicecli.session.barge_in import on_dismissed
from voicecli.session.commands import Cancel, Command, MarkTime, MuteMicrophone, Order
from voicecli.session.cut_off import cut_off
from voicecli.session.exchange import Step, ended, is_open, when_idle
from voicecli.session.history import Played
from voicecli.session.ignored_speech import tell
from voicecli.session.state import Pending, State
from voicecli.session.user_turn import thrown_away
from voicecli.speech.utterance_segmenter import BeginTalk, DropTalk, EndTalk


def on_key(state: State, report: m.Key, played: Played) -> Step:
    """Handles a key that was pressed, tapped or released."""
    if state.mode == "typed":
        return state, [_notice("no-microphone", "There is no microphone to talk into; type instead.")]
    match report:
        case m.TalkPressed():
            return _begin(state, played)
        case m.TalkReleased():
            return _let_go(state)
        case m.TalkToggled():
            return _let_go(state) if state.microphone.hearing or state.microphone.talking else _begin(state, played)
        case m.TalkDiscarded():
            return _discard(state)
        case m.MuteToggled():
            return _switch_mute(state)
        case _:
            assert_never(report)


def _begin(state: State, played: Played) -> Step:
    if state.microphone.talking:
        return state, []  # a held key repeats
    if state.microphone.muted:
        return state, [_notice("microphone-muted", "Microphone muted. Press F2 to unmute.")]
    commands: list[Command] = []
    exchange = state.exchange
    sounding = state.sounding
    # A draft continues, because it belongs to the present speech. So does a question that is not yet transcribed: its words are the beginning.
    if exchange is not None and not isinstance(exchange, Pending) and is_open(exchange):
        state, commands = cut_off(state, "key", played, keeps_question=True)
    commands.append(Order(order=BeginTalk(pre_roll=not sounding)))
    return dataclasses.replace(state, microphone=dataclasses.replace(state.microphone, talking=True)), commands


def _let_go(state: State) -> Step:
    commands: list[Command] = [Order(order=EndTalk())]
    if state.exchange is not None and not is_open(state.exchange):
        commands.insert(0, MarkTime(mark="release"))
    return dataclasses.replace(state, microphone=dataclasses.replace(state.microphone, talking=False)), commands


def _discard(state: State) -> Step:
    if state.microphone.hearing or state.microphone.talking:
        return _throw_away(state, [Order(order=DropTalk())], because="discarded")
    if state.barge is not None:
        return on_dismissed(state)
    exchange = state.exchange
    if isinstance(exchange, Pending):
        return ended(state, [Cancel(turn=exchange.turn)])  # it was released a moment ago and is not yet transcribed
    return state, []


def _switch_mute(state: State) -> Step:
    state = dataclasses.replace(
        state, microphone=dataclasses.replace(state.microphone, muted=not state.microphone.muted)
    )
    commands: list[Command] = [
        MuteMicrophone(muted=state.microphone.muted),
        tell(events.MicrophoneMuted(t_s=0.0, muted=state.microphone.muted)),
    ]
    if state.microphone.muted and (state.microphone.hearing or state.microphone.talking):
        return _throw_away(state, commands, because="muted")
    if state.microphone.muted and state.barge is not None:
        state, more = on_dismissed(state)
        commands += more
    return state, commands


def _throw_away(state: State, commands: list[Command], *, because: str) -> Step:
    """Discards the utterance in progress, and starts whatever waited for its end."""
    after, dropped = thrown_away(state, state.microphone.now_sample, because)
    after, more = when_idle(after)
    return after, [*commands, *dropped, *more]


def _notice(code: str, message: str) -> Command:
    return tell(events.Notice(t_s=0.0, code=code, message=message))
