"""Turns speech into questions. It starts a draft at every pause, and opens it when the pause is long enough."""

from __future__ import annotations

import dataclasses
from typing import Literal, TypeVar, assert_never

from voicecli import events
from voicecli import messages as m
from voicecli.engines.ports import Transcription
from voicecli.pcm import samples_of
from voicecli.pipeline.listen import EndAfter
from voicecli.session.commands import Cancel, Command, Judge, MarkTime, Measure, Order, ReadAhead, Transcribe
from voicecli.session.cut_off import cut_off
from voicecli.session.early_draft import adopted, covering, drop_early, on_partial, on_speech_grown, on_time
from voicecli.session.exchange import (
    Step,
    drop_partial,
    drop_unclear,
    is_open,
    next_file,
    open_up,
    speech_dropped,
    transcript,
    when_idle,
)
from voicecli.session.history import Played
from voicecli.session.ignored_speech import OWN_WORDS, ignored, is_own_words, tell, without_echo
from voicecli.session.partial import Partial
from voicecli.session.record_changes import ask
from voicecli.session.state import Aside, Asked, Exchange, Pending, Speech, State, Unclear
from voicecli.session.tool_gate import begin_answer
from voicecli.speech import endpoint
from voicecli.speech import utterance_segmenter as seg
from voicecli.turn import Turn

FILE_GRACE_MS = 2000
"""How long a microphone file must have been at its end, in an idle session, before the next one starts. It is longer than any
endpoint waits."""


def on_heard(state: State, segment: seg.Segment, played: Played) -> Step:
    """Handles a segment. While no utterance is in progress, only the start of speech counts."""
    match segment:
        case _ if state.microphone.muted:
            return state, []  # said before the microphone was muted
        case seg.SpeechStarted():
            return _on_speech_started(state, segment, played)
        case _ if not state.microphone.hearing:
            # The user typed instead, or was answered. The rest of that utterance is ignored.
            return state, []
        case seg.SpeechGrown():
            return on_speech_grown(state, segment)
        case seg.SpeechPaused() if not state.pace.drafts:
            return state, []
        case seg.SpeechPaused():
            return _begin(state, segment.utterance, stage="draft")
        case seg.SpeechResumed():
            return _drop_draft(state)
        case seg.SpeechDiscarded():
            after, commands = thrown_away(state, segment.at_sample, segment.because)
            if segment.because == "nothing-said":
                message = "I heard nothing after you pressed the key."
                commands.append(tell(events.Notice(t_s=0.0, code="nothing-said", message=message)))
            after, more = when_idle(after)
            return after, commands + more
        case seg.SpeechEnded():
            return on_speech_ended(state, segment)
        case _:
            assert_never(segment)


def _begin(state: State, said: seg.Utterance, *, stage: Literal["draft", "open"]) -> Step:
    """Has an utterance transcribed that has paused or ended. Words so far that only silence followed are not transcribed again."""
    before = covering(state, said)
    if before is None:
        state, commands = drop_partial(state, known_too=False)
        turn = Turn(state.turns, state.attempts + 1)
    else:
        commands, turn = [], before.turn
    exchange = spoken(state, turn, said, stage=stage)
    commands.append(Measure(utterance=said))
    commands.append(Judge(turn=turn, utterance=said) if stage == "draft" else MarkTime(mark="endpoint"))
    state = dataclasses.replace(state, attempts=turn.attempt, exchange=exchange)
    match before:
        case None:
            return state, [*commands, Transcribe(turn=turn, utterance=said)]
        case Asked():
            return _known(state, exchange, before.question, before.language, commands)
        case Partial():
            source = dataclasses.replace(exchange.source, cut_sample=before.cut_sample)
            exchange = dataclasses.replace(exchange, source=source)
            state = dataclasses.replace(state, exchange=exchange, partial=None)
            return (state, commands) if before.heard is None else _heard(state, exchange, before.heard, commands)
        case _:
            assert_never(before)


def thrown_away(state: State, at_sample: int, because: str) -> Step:
    """Discards the utterance in progress: it was not speech, or the user does not want it."""
    after, dropped = drop_partial(
        dataclasses.replace(state, microphone=dataclasses.replace(state.microphone, hearing=False, talking=False))
    )
    after, commands = _drop_draft(after)
    commands = [*dropped, *commands]
    if state.microphone.hearing:
        commands.append(tell(speech_dropped(state, at_sample, because)))
    return after, commands


def _on_speech_started(state: State, segment: seg.SpeechStarted, played: Played) -> Step:
    if segment.by_key and state.microphone.hearing:
        return dataclasses.replace(
            state, microphone=dataclasses.replace(state.microphone, by_key=True)
        ), []  # the utterance in progress now counts
    commands: list[Command] = []
    if isinstance(state.exchange, Pending):
        # The question continues before its transcription. Its words will be the beginning of the next question.
        state = dataclasses.replace(state, withdrawn=(*state.withdrawn, state.exchange), exchange=None)
    elif state.exchange is not None:
        state, commands = cut_off(state, "key" if segment.by_key else "voice", played, keeps_question=True)
    number = state.turns + 1
    commands.append(tell(events.SpeechStarted(t_s=0.0, turn=number, at_ms=segment.at_sample / samples_of(1))))
    if state.pace.partials and state.converses and not state.translates:
        commands.append(ReadAhead(turn=Turn(number, 0), question=""))
    state = dataclasses.replace(
        state, microphone=dataclasses.replace(state.microphone, began_sample=segment.at_sample, by_key=segment.by_key)
    )
    return dataclasses.replace(
        state, turns=number, attempts=0, microphone=dataclasses.replace(state.microphone, hearing=True)
    ), commands


def spoken(state: State, turn: Turn, said: seg.Utterance, *, stage: Literal["draft", "open"]) -> Pending:
    """Returns an exchange for speech in progress."""
    source = Speech(
        began_sample=state.microphone.began_sample,
        by_key=state.microphone.by_key,
        pause_sample=said.speech_end_sample,
        cut_sample=said.now_sample,
        judged=turn,
    )
    return Pending(turn=turn, source=source, stage=stage)


def on_speech_ended(state: State, segment: seg.SpeechEnded) -> Step:
    """Handles the end of an utterance: opens the draft, if there is one."""
    utterance = segment.utterance
    ended = events.SpeechEnded(
        t_s=0.0,
        turn=state.turns,
        at_ms=utterance.speech_end_sample / samples_of(1),
        duration_ms=len(utterance.samples) / samples_of(1),
        reason=segment.reason,
        waited_ms=(state.microphone.now_sample - utterance.speech_end_sample) / samples_of(1),
        because=_because(state, segment),
    )
    commands: list[Command] = [tell(ended)]
    if segment.reason == "limit":
        length_s = len(utterance.samples) / samples_of(1000)
        message = f"That was {length_s:.0f} seconds, the longest I listen at a time; I answer what I heard so far."
        commands.append(tell(events.Notice(t_s=0.0, code="utterance-limit", message=message)))
    state = dataclasses.replace(state, microphone=dataclasses.replace(state.microphone, hearing=False, talking=False))
    if state.exchange is None:
        after, more = _begin(state, utterance, stage="open")
        return after, commands + more
    commands.append(MarkTime(mark="endpoint"))
    match state.exchange:
        case Pending():
            return dataclasses.replace(state, exchange=dataclasses.replace(state.exchange, stage="open")), commands
        case Unclear():
            after, more = drop_unclear(state, state.exchange)
            return after, commands + more
        case Asked():
            after, more = open_up(state, state.exchange)
            return after, commands + more
        case Aside():
            return state, commands
        case _:
            assert_never(state.exchange)


def _because(state: State, segment: seg.SpeechEnded) -> str:
    if segment.reason != "silence":
        return segment.reason
    speech = _speech_of(state.exchange)
    return speech.wait.reason if speech is not None and speech.wait is not None else "silence"


def _speech_of(exchange: Exchange | None) -> Speech | None:
    """Returns how the question of `exchange` was spoken; None if it was not."""
    if isinstance(exchange, Pending | Unclear | Asked) and isinstance(exchange.source, Speech):
        return exchange.source
    return None


def _drop_draft(state: State) -> Step:
    state, dropped = drop_early(state)
    if state.exchange is None or is_open(state.exchange):
        return state, dropped
    return dataclasses.replace(state, exchange=None), [*dropped, Cancel(turn=state.exchange.turn)]


def on_pulse(state: State, pulse: m.Pulse) -> Step:
    """Handles the passing of time: publishes the level, and starts the next file after the end of one."""
    state = dataclasses.replace(state, microphone=dataclasses.replace(state.microphone, now_sample=pulse.now_sample))
    commands: list[Command] = [tell(events.LevelChanged(t_s=0.0, dbfs=pulse.dbfs))]
    ended = state.microphone.file_ended_sample
    if state.idle and ended is not None and state.microphone.now_sample - ended >= samples_of(FILE_GRACE_MS):
        after, more = next_file(state)
        return after, commands + more
    return state, commands


def on_transcribed(state: State, report: m.Transcribed) -> Step:
    """Handles the transcription of a pause, or of a whole utterance."""
    if state.partial is not None and report.turn is state.partial.turn:
        return on_partial(state, state.partial, report)
    for begun in state.withdrawn:
        if begun.turn is report.turn:
            return _on_beginning(state, begun, report)
    pending = state.exchange
    if not isinstance(pending, Pending) or pending.turn is not report.turn:
        return state, []
    state = on_time(state, pending.source.cut_sample, pending.source.pause_sample)
    return _heard(state, pending, report.transcription, [])


def _heard(state: State, pending: Pending, heard: Transcription, commands: list[Command]) -> Step:
    """Handles the transcription of `pending`, after `commands`."""
    text, echoed = without_echo(state, pending.source, heard.text)
    reasons = (*(refused.because for refused in heard.refused), *echoed)
    pending = dataclasses.replace(pending, source=dataclasses.replace(pending.source, ignored=reasons))
    if text:
        return _known(state, pending, text, heard.language, commands)
    state, dropped = drop_early(state)
    commands = [*commands, *dropped, MarkTime(mark="transcript")]
    unclear = Unclear(turn=pending.turn, source=pending.source)
    if pending.stage == "open":
        after, more = drop_unclear(state, unclear)
        return after, commands + more
    unclear, waiting = _wait(state, unclear, pending.source)
    return dataclasses.replace(state, exchange=unclear), commands + waiting


def _known(state: State, pending: Pending, text: str, language: str, commands: list[Command]) -> Step:
    """Handles the words of `pending`, after `commands`. An answer to the same words that was begun early is taken up."""
    state, early, settled = adopted(state, pending, text)
    commands = [*commands, *settled, MarkTime(mark="transcript")]
    exchange = early or Asked(
        turn=pending.turn,
        source=pending.source,
        stage=pending.stage,
        question=text,
        language=language,
    )
    state, dropped = drop_partial(state)
    commands += dropped
    if exchange.stage == "open":
        after, more = open_up(state, exchange)
        return after, commands + more
    exchange, waiting = _wait(state, exchange, pending.source)
    commands += [*waiting, tell(transcript(exchange.turn, text, language, final=False))]
    if early is None:
        exchange, answering = begin_answer(state, exchange)
        commands += answering
    return dataclasses.replace(state, exchange=exchange), commands


def _on_beginning(state: State, begun: Pending, report: m.Transcribed) -> Step:
    """Handles the transcription of a question that continued before it was transcribed. Its words are the beginning of the next question."""
    rest = tuple(each for each in state.withdrawn if each is not begun)
    state = dataclasses.replace(state, withdrawn=rest)
    text, echoed = without_echo(state, begun.source, report.transcription.text)
    reasons: tuple[str, ...] = (*(refused.because for refused in report.transcription.refused), *echoed)
    if text and is_own_words(state, begun.source, text):
        text, reasons = "", (*reasons, OWN_WORDS)
    left_out = ignored(report.turn, reasons)
    if not text:
        return state, left_out
    language = report.transcription.language
    asked = Asked(turn=report.turn, source=Speech(), stage="open", question=text, language=language)
    state, kept = ask(state, asked)
    after, more = when_idle(dataclasses.replace(state, unanswered=asked))
    told = [] if more else [tell(transcript(report.turn, text, language))]
    return after, [*left_out, *kept, *told, *more]


def on_judged(state: State, report: m.Judged) -> Step:
    """Handles the turn model's probability for a pause."""
    exchange = state.exchange
    speech = _speech_of(exchange)
    if (
        exchange is None
        or speech is None
        or speech.judged is not report.turn
        or isinstance(exchange, Aside)
        or (not isinstance(exchange, Unclear) and exchange.stage != "draft")
    ):
        return state, []
    heard = dataclasses.replace(speech, turn_probability=report.probability, last_sounds=report.last)
    judged, commands = _wait(state, exchange, heard)
    return dataclasses.replace(state, exchange=judged), commands


Draft = TypeVar("Draft", bound=Pending | Unclear | Asked)


def _wait(state: State, exchange: Draft, speech: Speech) -> tuple[Draft, list[Command]]:
    """Computes the endpoint wait for the pause, given the evidence so far. `speech` is how the question of `exchange` was spoken."""
    text, language = (exchange.question, exchange.language) if isinstance(exchange, Asked) else (None, "")
    if isinstance(exchange, Unclear):
        text = ""
    evidence = endpoint.Evidence(
        turn_probability=speech.turn_probability,
        last=speech.last_sounds,
        text=text,
        language=language or "en",
        pauses_before=exchange.turn.attempt
        - 1
        + len(state.record.parts),  # a question that was answered too early has paused, too
    )
    wait = endpoint.wait(evidence, state.patience)
    order = Order(order=EndAfter(silence_ms=wait.ms, speech_end_sample=speech.pause_sample))
    return dataclasses.replace(exchange, source=dataclasses.replace(speech, wait=wait)), [order]
