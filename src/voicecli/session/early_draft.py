"""Drafts that begin before a pause: the answer to the words so far, if they may be a whole question or request.

`State.early` holds the draft. It is an ordinary turn that may not be heard yet, and all work for it takes the ordinary way. When the words at the
pause are the same, it becomes the exchange in progress, as if it had begun at the pause. Whatever else happens, it is cancelled.
"""

from __future__ import annotations

import dataclasses

from voicecli import messages as m
from voicecli.pcm import samples_of
from voicecli.session.commands import Cancel, Command, MarkTime, Measure, ReadAhead, Respond, TakeUp, Transcribe
from voicecli.session.exchange import Step, drop_partial, transcript
from voicecli.session.ignored_speech import is_own_words, tell, without_echo
from voicecli.session.partial import Partial
from voicecli.session.state import Asked, Pending, Speech, State
from voicecli.session.tool_gate import begin_answer, callable_tools
from voicecli.speech import utterance_segmenter as seg
from voicecli.speech.early_text import may_be_whole, same_words
from voicecli.turn import Turn


def on_speech_grown(state: State, segment: seg.SpeechGrown) -> Step:
    """Handles speech that goes on: has it transcribed so far.

    A transcription in progress is not waited for when the voice dips. If the person has finished, what it yields is too little.
    """
    partial = state.partial
    if not state.pace.partials or (partial is not None and partial.heard is None and not segment.dipped):
        return state, []
    after, commands = drop_partial(state)
    said = segment.utterance
    # It has the number of the draft at the next pause, which it may become.
    turn = Turn(state.turns, state.attempts + 1)
    partial = Partial(turn=turn, end_sample=said.speech_end_sample, cut_sample=said.now_sample)
    commands.append(Transcribe(turn=turn, utterance=said))
    return dataclasses.replace(after, partial=partial), commands


def on_partial(state: State, partial: Partial, report: m.Transcribed) -> Step:
    """Handles the words so far: shows them, and has the model answer them or read ahead."""
    heard = report.transcription
    state = dataclasses.replace(state, partial=dataclasses.replace(partial, heard=heard))
    state = on_time(state, partial.cut_sample, partial.end_sample)
    if not heard.text:
        return state, []
    commands: list[Command] = [tell(transcript(report.turn, heard.text, heard.language, final=False))]
    source = Speech(
        began_sample=state.microphone.began_sample,
        by_key=state.microphone.by_key,
        pause_sample=partial.end_sample,
        cut_sample=partial.cut_sample,
    )
    text, _ = without_echo(state, source, heard.text)
    early = state.early
    if early is not None and same_words(early.question, text):
        kept = dataclasses.replace(early, source=source)
        return dataclasses.replace(state, early=kept, partial=None), commands
    state, dropped = drop_early(state)
    commands = [*dropped, *commands]
    if state.translates or not text:  # a part of a sentence is not translated
        return state, commands
    if not _may_answer(state, source, text, heard.language):
        can_act = bool(callable_tools(state))
        ahead = ReadAhead(turn=report.turn, question=heard.text, language=heard.language, can_act=can_act)
        return state, [*commands, ahead]
    draft = Asked(turn=report.turn, source=source, stage="draft", question=text, language=heard.language)
    draft, answering = begin_answer(state, draft)
    commands.append(Measure(utterance=None, early=True))
    commands += [dataclasses.replace(each, early=True) if isinstance(each, Respond) else each for each in answering]
    return dataclasses.replace(state, early=draft, partial=None), commands


def _may_answer(state: State, source: Speech, text: str, language: str) -> bool:
    """Whether the words so far are answered before a pause."""
    if not state.pace.early or state.withdrawn or state.exchange is not None or is_own_words(state, source, text):
        return False
    return may_be_whole(text, language)


def covering(state: State, said: seg.Utterance) -> Partial | Asked | None:
    """Returns the work for words so far that nothing but silence followed up to the end of `said`; None if there is none."""
    if state.partial is not None and state.partial.end_sample == said.speech_end_sample:
        return state.partial
    early = state.early
    if early is not None and isinstance(early.source, Speech) and early.source.pause_sample == said.speech_end_sample:
        return early
    return None


def adopted(state: State, pending: Pending, text: str) -> tuple[State, Asked | None, list[Command]]:
    """Takes the early draft for the answer to `pending` if it answers the same words; cancels it otherwise."""
    early = state.early
    if early is None:
        return state, None, []
    if not same_words(early.question, text):
        state, commands = drop_early(state)
        return state, None, commands
    draft = dataclasses.replace(early, source=pending.source, stage=pending.stage)
    return dataclasses.replace(state, early=None), draft, [TakeUp()]


def drop_early(state: State) -> Step:
    """Cancels the early draft, if there is one."""
    if state.early is None:
        return state, []
    return dataclasses.replace(state, early=None), [Cancel(turn=state.early.turn)]


def settle(state: State) -> Step:
    """Cancels an early draft that cannot become the exchange any more."""
    if state.early is None:
        return state, []
    waits = isinstance(state.exchange, Pending) or (state.exchange is None and state.microphone.hearing)
    usable = waits and state.early.turn.number == state.turns and not state.closed
    return (state, []) if usable else drop_early(state)


def concerns(state: State, report: m.Report) -> bool:
    """Whether `report` is about the early draft."""
    return state.early is not None and getattr(report, "turn", None) is state.early.turn


def as_exchange(state: State) -> State:
    """Returns the state in which the early draft is the exchange in progress."""
    return dataclasses.replace(state, exchange=state.early, early=None)


def within(state: State, after: State, commands: list[Command]) -> Step:
    """Puts the early draft back in its place, after a report about it was handled as if it were the exchange."""
    draft = after.exchange if isinstance(after.exchange, Asked) else None
    marked: list[Command] = [
        dataclasses.replace(each, early=True) if isinstance(each, MarkTime) else each for each in commands
    ]
    return dataclasses.replace(after, exchange=state.exchange, early=draft), marked


def on_time(state: State, cut_sample: int, end_sample: int) -> State:
    """Takes note of how long the words took that are just known. `cut_sample`: when they were ordered, 0 if not just now; `end_sample`: their end."""
    if not cut_sample:
        return state
    late_ms = (state.microphone.now_sample - cut_sample) / samples_of(1)
    length_ms = (end_sample - state.microphone.began_sample) / samples_of(1)
    return dataclasses.replace(state, pace=state.pace.heard(late_ms, length_ms=length_ms))
