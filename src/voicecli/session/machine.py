"""The conversation as a pure function: (state, report) -> (state, commands).

No thread, no clock, no engine: the conductor feeds it reports and carries out the commands. One exchange is in progress at a time:
a question, as far as it is known, and its answer, as far as it is made. An exchange that is not `opened` is a draft: it runs down the
same pipeline, but its sound waits behind a shut gate and it is not in the history; opening it is all that the end of speech does.
"""

from __future__ import annotations

import dataclasses
from typing import Literal, TypeAlias, assert_never

from voicecli import events
from voicecli import messages as m
from voicecli.errors import VoiceCliError
from voicecli.pcm import samples_of
from voicecli.session.commands import (
    Answer,
    Ask,
    Cancel,
    Command,
    EndAfter,
    Judge,
    Mark,
    Measure,
    MuteMicrophone,
    NextFile,
    Open,
    Quit,
    ReportLatency,
    Respond,
    Retract,
    SayAside,
    Tell,
    Transcribe,
)
from voicecli.session.history import Played, heard_text
from voicecli.session.state import Exchange, State
from voicecli.speech import endpoint
from voicecli.speech import segmenter as seg
from voicecli.turn import Turn

FILE_GRACE_MS = 2000
"""How long a microphone file must have been at its end, with nothing going on, before the next one is begun: longer than any
endpoint waits."""

Step: TypeAlias = tuple[State, list[Command]]


def step(state: State, report: m.Report, played: Played) -> Step:
    """What comes of `report`.

    Args:
        state: Before.
        report: What happened.
        played: How far the playout is with the exchange in progress.

    Returns:
        The state after, and what is to be done, in this order.
    """
    if state.closed:
        return state, []
    after, commands = _dispatch(state, report, played)
    if after.phase != state.phase and not after.closed:  # nothing follows the last word
        commands.append(_tell(events.PhaseChanged(t_s=0.0, phase=after.phase)))
    return after, commands


def _dispatch(state: State, report: m.Report, played: Played) -> Step:
    match report:
        case m.Heard():
            return _on_heard(dataclasses.replace(state, now_sample=report.now_sample), report.segment, played)
        case m.Pulse():
            return _on_pulse(state, report)
        case m.Transcribed():
            return _on_transcribed(state, report)
        case m.Judged():
            return _on_judged(state, report)
        case m.ReplyText() | m.PieceReady() | m.ReplyComplete() | m.OldTurnsDropped() | m.SpeechMade():
            return _on_reply(state, report)
        case m.Sounding() | m.PieceSounding() | m.Played():
            return _on_playout(state, report)
        case m.StageFailed():
            return _on_failure(state, report, played)
        case m.Typed():
            return _on_typed(state, report, played)
        case m.Greeting():
            return _on_greeting(state, report)
        case m.InterruptPressed():
            return _on_interrupt_pressed(state, played)
        case m.FileBegun():
            at_ms = report.at_sample / samples_of(1)
            return state, [_tell(events.FileStarted(t_s=0.0, number=report.number, name=report.name, at_ms=at_ms))]
        case m.MicrophoneExhausted():
            return dataclasses.replace(state, file_ended_sample=state.now_sample), []
        case m.InputClosed():
            return _when_idle(dataclasses.replace(state, closing=True))
        case m.QuitAsked():
            return _quit(state, None, played)
        case m.WorkerDied():
            return _quit(state, report.error, played)
        case m.DeviceChanged():
            return state, [_tell(_device_event(report))]
        case _:
            assert_never(report)


def _tell(event: events.Event) -> Tell:
    return Tell(event=event)


def _device_event(report: m.DeviceChanged) -> events.Event:
    if report.error is None:
        return events.Notice(t_s=0.0, code="device-back", message="The sound device is back.")
    return _error_event(None, report.error)


def _error_event(turn: int | None, error: VoiceCliError) -> events.Event:
    return events.ErrorRaised(t_s=0.0, turn=turn, code=error.code, message=error.message, hint=error.hint)


# ---------------------------------------------------------------- what the microphone hears


def _on_heard(state: State, segment: seg.Segment, played: Played) -> Step:
    match segment:
        case seg.SpeechStarted():
            return _on_speech_started(state, segment, played)
        case _ if not state.hearing:
            # The person typed instead, or was answered: the rest of that utterance is not waited for.
            return state, []
        case seg.SpeechPaused():
            attempt = state.attempts + 1
            said = segment.utterance
            draft = Exchange(turn=Turn(state.turns, attempt), opened=False, pause_sample=said.speech_end_sample)
            return dataclasses.replace(state, attempts=attempt, exchange=draft), [
                Measure(utterance=said),
                Judge(turn=draft.turn, utterance=said),
                Transcribe(turn=draft.turn, utterance=said),
            ]
        case seg.SpeechResumed():
            return _drop_draft(state)
        case seg.SpeechDiscarded():
            after, commands = _drop_draft(dataclasses.replace(state, hearing=False))
            at_ms = segment.at_sample / samples_of(1)
            commands.append(
                _tell(
                    events.SpeechEnded(
                        t_s=0.0,
                        turn=state.turns,
                        at_ms=at_ms,
                        duration_ms=0.0,
                        reason="noise",
                        waited_ms=0.0,
                        because="noise",
                    )
                )
            )
            return after, commands
        case seg.SpeechEnded():
            return _on_speech_ended(state, segment)
        case _:
            assert_never(segment)


def _on_speech_started(state: State, segment: seg.SpeechStarted, played: Played) -> Step:
    commands: list[Command] = []
    if state.exchange is not None and state.exchange.question is None and not state.exchange.aside:
        # The question goes on before it was written down: its words will be the beginning of the next.
        state = dataclasses.replace(state, withdrawn=(*state.withdrawn, state.exchange.turn), exchange=None)
    elif state.exchange is not None:
        state, commands = _cut(state, "voice", played)
    number = state.turns + 1
    commands.append(_tell(events.SpeechStarted(t_s=0.0, turn=number, at_ms=segment.at_sample / samples_of(1))))
    return dataclasses.replace(state, turns=number, attempts=0, hearing=True), commands


def _on_speech_ended(state: State, segment: seg.SpeechEnded) -> Step:
    utterance = segment.utterance
    ended = events.SpeechEnded(
        t_s=0.0,
        turn=state.turns,
        at_ms=utterance.speech_end_sample / samples_of(1),
        duration_ms=len(utterance.samples) / samples_of(1),
        reason=segment.reason,
        waited_ms=(state.now_sample - utterance.speech_end_sample) / samples_of(1),
        because=_because(state, segment),
    )
    commands: list[Command] = [_tell(ended)]
    if segment.reason == "limit":
        length_s = len(utterance.samples) / samples_of(1000)
        message = (
            f"That was {length_s:.0f} seconds without a pause, the longest I listen; I answer what I heard so far."
        )
        commands.append(_tell(events.Notice(t_s=0.0, code="utterance-limit", message=message)))
    state = dataclasses.replace(state, hearing=False)
    if state.exchange is None:
        attempt = state.attempts + 1
        exchange = Exchange(turn=Turn(state.turns, attempt), opened=True)
        commands += [
            Measure(utterance=utterance),
            Mark(mark="endpoint"),
            Transcribe(turn=exchange.turn, utterance=utterance),
        ]
        return dataclasses.replace(state, attempts=attempt, exchange=exchange), commands
    commands.append(Mark(mark="endpoint"))
    after, more = _open(state, dataclasses.replace(state.exchange, opened=True))
    return after, commands + more


def _because(state: State, segment: seg.SpeechEnded) -> str:
    if segment.reason != "silence":
        return segment.reason
    wait = state.exchange.wait if state.exchange is not None else None
    return wait.reason if wait is not None else "silence"


def _drop_draft(state: State) -> Step:
    if state.exchange is None or state.exchange.opened:
        return state, []
    return dataclasses.replace(state, exchange=None), [Cancel(turn=state.exchange.turn)]


def _on_pulse(state: State, pulse: m.Pulse) -> Step:
    state = dataclasses.replace(state, now_sample=pulse.now_sample)
    commands: list[Command] = [_tell(events.LevelChanged(t_s=0.0, dbfs=pulse.dbfs))]
    ended = state.file_ended_sample
    if state.idle and ended is not None and state.now_sample - ended >= samples_of(FILE_GRACE_MS):
        after, more = _next_file(state)
        return after, commands + more
    return state, commands


# ---------------------------------------------------------------- the question


def _on_transcribed(state: State, report: m.Transcribed) -> Step:
    text = report.transcription.text
    if report.turn in state.withdrawn:
        rest = tuple(turn for turn in state.withdrawn if turn is not report.turn)
        state = dataclasses.replace(state, withdrawn=rest)
        if not text:
            return state, []
        return state, [Ask(text=text), _tell(_transcript(report.turn, text, report.transcription.language))]
    exchange = state.exchange
    if exchange is None or exchange.turn is not report.turn:
        return state, []
    language = report.transcription.language
    exchange = dataclasses.replace(exchange, question=text, language=language, drafted=not exchange.opened)
    commands: list[Command] = [Mark(mark="transcript")]
    if exchange.opened:
        after, more = _open(state, exchange)
        return after, commands + more
    exchange, waiting = _wait(state, exchange)
    commands += waiting
    if text:
        partial = _transcript(exchange.turn, text, language, final=False)
        commands += [_tell(partial), Respond(turn=exchange.turn, question=text)]
    return dataclasses.replace(state, exchange=exchange), commands


def _on_judged(state: State, report: m.Judged) -> Step:
    exchange = state.exchange
    if exchange is None or exchange.turn is not report.turn or exchange.opened:
        return state, []
    exchange, commands = _wait(state, dataclasses.replace(exchange, turn_probability=report.probability))
    return dataclasses.replace(state, exchange=exchange), commands


def _wait(state: State, exchange: Exchange) -> tuple[Exchange, list[Command]]:
    """How long the pause is waited out, in the light of what is known of it by now."""
    evidence = endpoint.Evidence(
        turn_probability=exchange.turn_probability,
        text=exchange.question,
        language=exchange.language or "en",
        pauses_before=exchange.turn.attempt - 1,
    )
    wait = endpoint.wait(evidence, state.patience)
    order = EndAfter(silence_ms=wait.ms, speech_end_sample=exchange.pause_sample)
    return dataclasses.replace(exchange, wait=wait), [order]


def _transcript(turn: Turn, text: str, language: str, *, final: bool = True, typed: bool = False) -> events.Transcript:
    return events.Transcript(t_s=0.0, turn=turn.number, text=text, language=language, final=final, typed=typed)


def _open(state: State, exchange: Exchange) -> Step:
    """The question is complete; what is known of it and of its answer comes out."""
    state = dataclasses.replace(state, exchange=exchange)
    if exchange.question is None:
        return state, []
    if not exchange.question:
        # Nothing was said that could be believed: the turn never was.
        return _ended(state, [Cancel(turn=exchange.turn)])
    question = _transcript(exchange.turn, exchange.question, exchange.language, typed=exchange.typed)
    commands: list[Command] = [_tell(question)]
    if not exchange.drafted:
        commands.append(Respond(turn=exchange.turn, question=exchange.question))
    commands += [Ask(text=exchange.question), Open(turn=exchange.turn)]
    if exchange.reply:
        commands.append(_tell(events.ReplyDelta(t_s=0.0, turn=exchange.turn.number, text=exchange.reply)))
    if exchange.complete:
        more = _on_complete(state, exchange)
        return more[0], commands + more[1]
    return state, commands


def _on_typed(state: State, report: m.Typed, played: Played) -> Step:
    if report.wait and not state.idle:
        return dataclasses.replace(state, waiting=(*state.waiting, report.text)), []
    commands: list[Command] = []
    if state.exchange is not None:
        state, commands = _cut(state, "typing", played)
    number = state.turns + 1
    exchange = Exchange(turn=Turn(number), opened=True, question=report.text, typed=True)
    state = dataclasses.replace(state, turns=number, attempts=1, hearing=False)
    after, more = _open(state, exchange)
    return after, [*commands, Measure(utterance=None), *more]


def _on_greeting(state: State, report: m.Greeting) -> Step:
    said = [
        _tell(events.ReplyDelta(t_s=0.0, turn=0, text=report.text)),
        _tell(events.Reply(t_s=0.0, turn=0, text=report.text)),
    ]
    if not state.voice:
        return state, [*said]
    greeting = Exchange(turn=Turn(0), opened=True, question="", reply=report.text, complete=True, aside=True)
    commands: list[Command] = [*said, SayAside(turn=greeting.turn, text=report.text), Open(turn=greeting.turn)]
    return dataclasses.replace(state, exchange=greeting), commands


# ---------------------------------------------------------------- the answer


def _on_reply(
    state: State, report: m.ReplyText | m.PieceReady | m.ReplyComplete | m.OldTurnsDropped | m.SpeechMade
) -> Step:
    exchange = state.exchange
    if exchange is None or exchange.turn is not report.turn:
        return state, []
    match report:
        case m.ReplyText():
            commands: list[Command] = [] if exchange.reply else [Mark(mark="first_token")]
            if not exchange.reply and exchange.opened and not state.voice:
                commands.append(ReportLatency(turn=exchange.turn.number, typed=exchange.typed))
            exchange = dataclasses.replace(exchange, reply=exchange.reply + report.text)
            if exchange.opened:
                commands.append(_tell(events.ReplyDelta(t_s=0.0, turn=exchange.turn.number, text=report.text)))
            return dataclasses.replace(state, exchange=exchange), commands
        case m.PieceReady():
            exchange = dataclasses.replace(exchange, pieces=(*exchange.pieces, report.piece))
            return dataclasses.replace(state, exchange=exchange), []
        case m.ReplyComplete():
            exchange = dataclasses.replace(exchange, complete=True)
            state = dataclasses.replace(state, exchange=exchange)
            return _on_complete(state, exchange) if exchange.opened else (state, [])
        case m.OldTurnsDropped():
            return _on_trim(state)
        case m.SpeechMade():
            return state, [Mark(mark="first_audio")]
        case _:
            assert_never(report)


def _on_complete(state: State, exchange: Exchange) -> Step:
    commands: list[Command] = [_tell(events.Reply(t_s=0.0, turn=exchange.turn.number, text=exchange.reply))]
    if state.voice:
        return state, commands  # it is over when it has been heard
    commands.append(_answer(exchange.reply.strip(), cut=False))
    after, more = _ended(dataclasses.replace(state, answered=state.answered + 1), [])
    return after, commands + more


def _on_trim(state: State) -> Step:
    if state.trim_told:
        return state, []
    message = (
        "This conversation has outgrown what the model can keep in mind; from now on its oldest turns are left out."
    )
    notice = _tell(events.Notice(t_s=0.0, code="context-full", message=message))
    return dataclasses.replace(state, trim_told=True), [notice]


def _on_playout(state: State, report: m.Sounding | m.PieceSounding | m.Played) -> Step:
    exchange = state.exchange
    if exchange is None or exchange.turn is not report.turn:
        return state, []
    number = exchange.turn.number
    match report:
        case m.Sounding():
            commands: list[Command] = []
            if state.half_duplex:
                commands.append(MuteMicrophone(muted=True))
            if not exchange.aside:
                commands += [Mark(mark="first_sound"), ReportLatency(turn=number, typed=exchange.typed)]
            return dataclasses.replace(state, exchange=dataclasses.replace(exchange, sounding=True)), commands
        case m.PieceSounding():
            sounding = [piece for piece in exchange.pieces if piece.index == report.piece]
            return state, [
                _tell(events.Speaking(t_s=0.0, turn=number, start=piece.start, end=piece.end)) for piece in sounding
            ]
        case m.Played():
            if exchange.aside:
                return _ended(state, [])
            heard = exchange.reply.strip()
            spoken = _tell(events.Spoken(t_s=0.0, turn=number, text=heard, cut=False))
            return _ended(dataclasses.replace(state, answered=state.answered + 1), [_answer(heard, cut=False), spoken])
        case _:
            assert_never(report)


# ---------------------------------------------------------------- endings


def _answer(heard: str, *, cut: bool) -> Command:
    return Answer(heard=heard, cut=cut) if heard else Retract()


def _ended(state: State, commands: list[Command]) -> Step:
    """The exchange in progress is over; what waits for that begins."""
    if state.half_duplex and state.exchange is not None and state.exchange.sounding:
        commands = [*commands, MuteMicrophone(muted=False)]
    after, more = _when_idle(dataclasses.replace(state, exchange=None))
    return after, [*commands, *more]


def _when_idle(state: State) -> Step:
    if not state.idle:
        return state, []
    if state.waiting:
        state, text = dataclasses.replace(state, waiting=state.waiting[1:]), state.waiting[0]
        return _on_typed(state, m.Typed(text=text), Played())
    if state.closing:
        return _quit(state, None, Played())
    if state.file_ended_sample is not None:
        return _next_file(state)
    return state, []


def _next_file(state: State) -> Step:
    return dataclasses.replace(state, file_ended_sample=None), [NextFile()]


def _cut(state: State, by: Literal["voice", "key", "typing"], played: Played) -> Step:
    """Stops the exchange in progress: silence first, then what was heard of it."""
    exchange = state.exchange
    if exchange is None:
        return state, []
    commands: list[Command] = [Cancel(turn=exchange.turn)]
    if exchange.sounding and state.half_duplex:
        commands.append(MuteMicrophone(muted=False))
    if exchange.opened and not exchange.aside:
        number = exchange.turn.number
        heard = heard_text(exchange.reply, exchange.pieces, played) if exchange.sounding else ""
        commands.append(_tell(events.Interrupted(t_s=0.0, turn=number, by=by)))
        if heard:
            commands.append(Answer(heard=heard, cut=True))
            state = dataclasses.replace(state, answered=state.answered + 1)
        elif by == "key":
            commands.append(Retract())
        if state.voice and exchange.reply:
            commands.append(_tell(events.Spoken(t_s=0.0, turn=number, text=heard, cut=True)))
    return dataclasses.replace(state, exchange=None), commands


def _on_interrupt_pressed(state: State, played: Played) -> Step:
    if state.exchange is None or not state.exchange.opened:
        message = "Press Ctrl-C again to end."
        return state, [_tell(events.Notice(t_s=0.0, code="press-again", message=message))]
    state, commands = _cut(state, "key", played)
    after, more = _when_idle(state)
    return after, commands + more


def _on_failure(state: State, report: m.StageFailed, played: Played) -> Step:
    if report.turn in state.withdrawn:
        rest = tuple(turn for turn in state.withdrawn if turn is not report.turn)
        return dataclasses.replace(state, withdrawn=rest), []
    exchange = state.exchange
    if exchange is None or exchange.turn is not report.turn:
        return state, []
    if not exchange.opened:
        # A draft may fail in silence: when the person has finished, the question is put again and fails aloud.
        return dataclasses.replace(state, exchange=None), [Cancel(turn=exchange.turn)]
    number = exchange.turn.number
    commands: list[Command] = [Cancel(turn=exchange.turn)]
    if not exchange.aside:
        heard = heard_text(exchange.reply, exchange.pieces, played) if exchange.sounding else ""
        commands.append(_answer(heard, cut=True))
        if heard:
            commands.append(_tell(events.Spoken(t_s=0.0, turn=number, text=heard, cut=True)))
    commands.append(_tell(_error_event(number, report.error)))
    if not state.voice or exchange.aside or report.stage == "synthesize":
        return _ended(state, commands)
    apology = Exchange(
        turn=Turn(number, exchange.turn.attempt + 1), opened=True, question="", complete=True, aside=True
    )
    return dataclasses.replace(state, exchange=apology), [
        *commands,
        SayAside(turn=apology.turn, text=None),
        Open(turn=apology.turn),
    ]


def _quit(state: State, error: VoiceCliError | None, played: Played) -> Step:
    after, commands = _cut(state, "key", played) if state.exchange is not None else (state, [])
    return dataclasses.replace(after, closed=True, hearing=False), [*commands, Quit(error=error)]
