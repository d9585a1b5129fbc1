"""Handles the answer, from its first word to its last sound or its failure."""

from __future__ import annotations

import dataclasses
from typing import assert_never

from voicecli import background as b
from voicecli import events
from voicecli import messages as m
from voicecli.pipeline.listen import Attend, IgnoreMicrophone
from voicecli.session.announcements import told_client
from voicecli.session.answer_work import kept_answer
from voicecli.session.barge_in import on_answer_over
from voicecli.session.commands import Cancel, Command, MarkTime, Open, Order, ReportLatency, SayAside
from voicecli.session.cut_off import cut_off, give_up_barge
from voicecli.session.exchange import (
    Step,
    ended,
    error_event,
    is_open,
    on_complete,
    say_aside,
    tell_trim,
    tell_unsaid,
    tell_unspoken,
    when_idle,
)
from voicecli.session.history import Played, heard_text
from voicecli.session.ignored_speech import tell
from voicecli.session.record_changes import answer, retract
from voicecli.session.saying import say_on
from voicecli.session.state import Aside, Asked, LastAnswer, State, Unclear
from voicecli.speech.sentence_chunker import as_written
from voicecli.speech.translation import in_words
from voicecli.speech.translation_trials import POOR
from voicecli.turn import Turn


def on_reply(
    state: State,
    report: m.ReplyText | m.ChunkReady | m.ReplyComplete | m.OldTurnsDropped | m.SpeechMade | m.LeftUnsaid,
) -> Step:
    """Handles output of the model and of the voice."""
    exchange = state.exchange
    if exchange is None or exchange.turn is not report.turn:
        return state, []
    if isinstance(report, m.SpeechMade):
        return state, [MarkTime(mark="first_audio")]
    if not isinstance(exchange, Asked):
        return state, []  # a script that the voice does not read, in the program's own words
    match report:
        case m.ReplyText():
            commands: list[Command] = [] if exchange.reply else [MarkTime(mark="first_token")]
            if not exchange.reply and exchange.stage == "open" and not state.voice:
                commands.append(ReportLatency(turn=exchange.turn.number, typed=exchange.typed))
            exchange = dataclasses.replace(exchange, reply=exchange.reply + report.text)
            if exchange.stage == "open":
                commands.append(tell(events.ReplyDelta(t_s=0.0, turn=exchange.turn.number, text=report.text)))
            return dataclasses.replace(state, exchange=exchange), commands
        case m.ChunkReady():
            exchange = dataclasses.replace(exchange, chunks=(*exchange.chunks, report.chunk))
            return dataclasses.replace(state, exchange=exchange), []
        case m.ReplyComplete():
            exchange = dataclasses.replace(
                exchange, reply=exchange.reply[: report.end], end="limit" if report.hit_limit else "whole"
            )
            state = dataclasses.replace(state, exchange=exchange)
            return on_complete(state, exchange) if exchange.stage == "open" else (state, [])
        case m.OldTurnsDropped():
            exchange = dataclasses.replace(exchange, trimmed=True)
            return tell_trim(dataclasses.replace(state, exchange=exchange), exchange)
        case m.LeftUnsaid():
            silent = exchange.silent | {report.chunk} if report.whole else exchange.silent
            exchange = dataclasses.replace(
                exchange, unsaid=exchange.unsaid or report.script or report.language, silent=silent
            )
            return tell_unsaid(dataclasses.replace(state, exchange=exchange), exchange)
        case _:
            assert_never(report)


def on_tried(state: State, report: b.TranslationTried) -> Step:
    """Handles the trial of a model: the user is told if it does not translate well enough."""
    if report.can and report.model not in POOR:
        message = (
            f"Translating between {in_words(report.between)}, in both directions. "
            "Numbers and names are checked; the wording is not."
        )
        return state, [tell(events.Notice(t_s=0.0, code="translating", message=message))]
    message = (
        f"{report.model} cannot translate well enough between {in_words(report.between)}. Do not rely on what it says. "
        "A larger model does better: voicecli models get recommended"
    )
    return state, [tell(events.Notice(t_s=0.0, code="poor-translator", message=message))]


def on_playout(state: State, report: m.Sounding | m.WordSounding | m.Played) -> Step:
    """Handles reports of the playout."""
    exchange = state.exchange
    if exchange is None or exchange.turn is not report.turn or not isinstance(exchange, Asked | Aside):
        return state, []
    number = exchange.turn.number
    match report:
        case m.Sounding():
            commands: list[Command] = []
            commands.append(
                Order(order=IgnoreMicrophone(on=True)) if state.half_duplex else Order(order=Attend(on=True))
            )
            if isinstance(exchange, Asked):
                commands += [MarkTime(mark="first_sound"), ReportLatency(turn=number, typed=exchange.typed)]
            exchange = dataclasses.replace(exchange, sounding_sample=state.microphone.now_sample)
            return dataclasses.replace(state, exchange=exchange), commands
        case m.WordSounding():
            exchange, more = say_on(exchange, sounding=report.chunk)
            state = dataclasses.replace(state, exchange=exchange)
            said = [word for chunk in exchange.chunks if chunk.index == report.chunk for word in chunk.words]
            if report.word >= len(said):
                return state, more
            start, end = said[report.word].start, said[report.word].end
            return state, [
                tell(events.Speaking(t_s=0.0, turn=number, start=start, end=end, text=exchange.reply[start:end])),
                *more,
            ]
        case m.Played():
            return _on_played(state, exchange)
        case _:
            assert_never(report)


def _on_played(state: State, exchange: Asked | Aside) -> Step:
    """Handles the last sound of what was to be heard."""
    aloud = " ".join(chunk.text for chunk in exchange.chunks) or exchange.reply
    state = dataclasses.replace(state, last_said=LastAnswer(text=aloud, over_sample=state.microphone.now_sample))
    heard = exchange.reply.strip()
    spoken = tell(events.Spoken(t_s=0.0, turn=exchange.turn.number, text=heard, cut=False))
    if isinstance(exchange, Aside):
        again = [spoken] if exchange.shown else []
        return ended(state, [*again, *told_client(exchange, heard, cut=False)])
    state, answered = answer(state, exchange, heard)
    state = dataclasses.replace(state, answered=state.answered + bool(heard))
    over = [*answered, spoken]
    if all(chunk.index in exchange.silent for chunk in exchange.chunks) and state.barge is None:
        return _nothing_was_said(state, exchange, over)
    return ended(state, over) if state.barge is None else on_answer_over(state, over)


def _nothing_was_said(state: State, exchange: Asked, commands: list[Command]) -> Step:
    """Handles an answer without sound: it is empty, or contains only code or pictures. The program says so, since silence would confuse the user."""
    commands += tell_unspoken(exchange)
    state, aside = say_aside(state, exchange, "only-shown" if exchange.reply.strip() else "no-answer")
    return state, [*commands, *aside]


def on_failure(state: State, report: m.StageFailed, played: Played) -> Step:
    """Handles the failure of a stage. It ends the turn, not the session."""
    if report.turn is state.titling:
        return when_idle(dataclasses.replace(state, titling=None))
    if state.partial is not None and report.turn is state.partial.turn:
        return dataclasses.replace(state, partial=None), []  # it is tried again with the whole utterance
    rest = tuple(each for each in state.withdrawn if each.turn is not report.turn)
    if rest != state.withdrawn:
        return dataclasses.replace(state, withdrawn=rest), []
    exchange = state.exchange
    if exchange is None or exchange.turn is not report.turn:
        return state, []
    if isinstance(exchange, Unclear) or (not isinstance(exchange, Aside) and exchange.stage != "open"):
        # A draft may fail silently. When the person has finished, the question is asked again and fails audibly.
        return dataclasses.replace(state, exchange=None), [Cancel(turn=exchange.turn)]
    number = exchange.turn.number
    commands: list[Command] = [Cancel(turn=exchange.turn)]
    if not isinstance(exchange, Aside):
        heard = (
            heard_text(exchange.reply, exchange.chunks, played)
            if isinstance(exchange, Asked) and exchange.sounding
            else ""
        )
        if isinstance(exchange, Asked):
            state, answered = answer(state, exchange, kept_answer(exchange.work, exchange.reply, heard), stopped=True)
        else:
            state, answered = retract(state, number)
        commands += answered
        if heard:
            commands.append(tell(events.Spoken(t_s=0.0, turn=number, text=heard, cut=True)))
    commands.append(tell(error_event(number, report.error)))
    commands += told_client(exchange, "", cut=True, fault=report.error.message)
    if not state.voice or isinstance(exchange, Aside) or report.stage == "synthesize":
        return ended(state, commands)
    state, given_up = give_up_barge(state)  # a playout that is paused would not be heard
    state, apology = say_aside(state, exchange, "apology")
    return state, [*commands, *given_up, *apology]


def on_greeting(state: State, report: m.Greeting) -> Step:
    """Handles a greeting: the assistant speaks first."""
    said = [
        tell(events.ReplyDelta(t_s=0.0, turn=0, text=report.text)),
        tell(events.Reply(t_s=0.0, turn=0, text=report.text)),
    ]
    if not state.voice:
        return state, [*said]
    greeting = Aside(turn=Turn(0), reply=report.text, chunks=(as_written(report.text),))
    commands: list[Command] = [*said, SayAside(turn=greeting.turn, text=report.text), Open(turn=greeting.turn)]
    return dataclasses.replace(state, exchange=greeting), commands


def on_interrupt_pressed(state: State, played: Played) -> Step:
    """Handles Ctrl-C: stops the answer, or says what a second Ctrl-C does."""
    if state.exchange is None or not is_open(state.exchange):
        message = "Press Ctrl-C again to end."
        return state, [tell(events.Notice(t_s=0.0, code="press-again", message=message))]
    state, commands = cut_off(state, "key", played)
    after, more = when_idle(state)
    return after, commands + more
