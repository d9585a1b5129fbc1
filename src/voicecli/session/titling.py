"""Titles of conversations, made by the model while nobody waits for it: when nothing is going on, and when a conversation ends or is left.

The request follows the conversation as a question would, so that the model has read all but a line of it. Whatever a person does cancels it.
"""

from __future__ import annotations

import dataclasses

from voicecli import background as b
from voicecli import events
from voicecli.session.commands import Cancel, Command, MakeTitle, Tell
from voicecli.session.state import State
from voicecli.turn import Turn


def is_due(state: State) -> bool:
    """Whether the conversation has no title of the model's, or has twice as many turns as when it got one."""
    if not state.titles or state.translates or state.titling is not None or not state.record.answered:
        return False
    if state.engines.rest != "no" or state.engines.model_released != "no" or state.engines.model_wanted:
        return False
    return not state.titled or len(state.record.answered) >= 2 * state.titled


def begin(state: State, *, least: int = 1) -> tuple[State, list[Command]]:
    """Has a title made, if it is due and the conversation has at least so many turns."""
    answered = state.record.answered
    if not is_due(state) or len(answered) < least:
        return state, []
    token = Turn(0)
    wanted = MakeTitle(turn=token, of=answered[-1].turn)
    return dataclasses.replace(state, titling=token, titled=len(answered)), [wanted]


def give_up(before: State, state: State) -> tuple[State, list[Command]]:
    """Cancels a title that is being made as soon as anything else is going on. It is due again."""
    if state.titling is None or before.titling is None or (state.idle and not state.closed):
        return state, []
    return dataclasses.replace(state, titling=None, titled=0), [Cancel(turn=state.titling)]


def leave(state: State) -> tuple[State, list[Command]]:
    """Has a title made for a conversation that is left for another one. The next one has none yet."""
    state, commands = begin(state)
    return dataclasses.replace(state, titled=0), commands


def made(state: State, report: b.TitleMade) -> tuple[State, list[Command]]:
    """Handles a title. An empty one leaves the conversation with the one that it has."""
    if report.turn is state.titling:
        state = dataclasses.replace(state, titling=None)
    if not report.title:
        return state, []
    return state, [Tell(event=events.Titled(t_s=0.0, turn=report.of, title=report.title))]
