"""Speech that is not answered: the echo of an answer, and text that was not credible. Says why, where it may have been meant."""

from __future__ import annotations

from collections.abc import Iterable

from voicecli import events
from voicecli.session.commands import Command, Tell
from voicecli.session.state import Speech, State
from voicecli.speech import answer_echo
from voicecli.turn import Turn

OWN_WORDS = "own-words"
OWN_WORDS_FIRST = "own-words-first"
UNSURE = "I did not hear that clearly enough to answer. Please say it again."
IGNORED_IN_WORDS = {
    "credits": UNSURE,
    "phantom": UNSURE,
    "repetition": UNSURE,
    "too-much": UNSURE,
    OWN_WORDS: "I heard the end of my own answer again and did not take it for a question.",
    OWN_WORDS_FIRST: "I heard the end of my own answer again in front of your words and left it out.",
}
"""Reasons for not answering that the user should know. The others are noise, which is frequent."""


def tell(event: events.Event) -> Tell:
    """Returns the command that broadcasts `event`. The conductor fills in the time."""
    return Tell(event=event)


def ignored(turn: Turn, because: Iterable[str]) -> list[Command]:
    """Returns the events for sound that is not answered: the reason, and a sentence if it may have been meant."""
    told: list[Command] = []
    for reason in dict.fromkeys(because):
        told.append(tell(events.Ignored(t_s=0.0, turn=turn.number, because=reason)))
        if reason in IGNORED_IN_WORDS:
            told.append(tell(events.Notice(t_s=0.0, code="ignored", message=IGNORED_IN_WORDS[reason])))
    return told


def is_own_words(state: State, speech: Speech, question: str) -> bool:
    """Whether the question is the echo of the previous answer."""
    said = state.last_said
    if said is None or speech.by_key or speech.confirmed:
        return False
    near = answer_echo.can_be_echo(speech.began_sample, speech.pause_sample, said.over_sample)
    return near and answer_echo.is_end_of(question, said.text)


def without_echo(state: State, speech: Speech, question: str) -> tuple[str, tuple[str, ...]]:
    """Returns what a person said, without a preceding echo of the previous answer; and why something was left out, if it was."""
    said = state.last_said
    if said is None or speech.by_key:
        return question, ()
    if not answer_echo.can_begin_with_echo(speech.began_sample, speech.pause_sample, said.over_sample):
        return question, ()
    own = answer_echo.behind_echo(question, said.text)
    return own, (OWN_WORDS_FIRST,) if own != question else ()
