"""Handles barge-in. The answer pauses at the first sign of speech, and then stops or resumes.

The listener's `InterruptionJudge` decides by sound whether a person interrupts; a short utterance is decided by its words. Until
then the speech is set aside (`State.barge`). If it is an interruption, it becomes the next question from its first sample on.
"""

from __future__ import annotations

import dataclasses
from typing import Literal, assert_never

from voicecli import events
from voicecli import messages as m
from voicecli.pcm import samples_of
from voicecli.pipeline.listen import Attend, ForgetSpeech, IgnoreMicrophone
from voicecli.session.commands import Cancel, Command, Judge, Measure, Order, PauseAnswer, Transcribe
from voicecli.session.cut_off import cut_off, give_up_barge
from voicecli.session.exchange import Step
from voicecli.session.history import Played
from voicecli.session.ignored_speech import tell
from voicecli.session.overlap import Overlap, Written
from voicecli.session.state import Asked, State
from voicecli.session.user_turn import on_speech_ended, on_transcribed, spoken
from voicecli.speech import utterance_segmenter as seg
from voicecli.speech.barge_in_detector import Interruption, is_backchannel, is_hesitation
from voicecli.turn import Turn

TOO_SOON_MS = 800
"""Nobody understands an answer and asks another question in less time. A person who speaks sooner had not finished the first question. If it was
another question after all, the model gets both."""


def into_answer(state: State) -> bool:
    """Whether speech that starts now is said during an audible answer, and may stop it."""
    sounds = state.sounding
    open_ears = not state.half_duplex and not state.microphone.muted and state.mode == "hands-free"
    return sounds and open_ears and not state.microphone.hearing


def on_barge_in(state: State, report: m.BargeIn, played: Played) -> Step:
    """Handles the verdict of the listener while an answer plays."""
    if not into_answer(state) or state.exchange is None:
        return state, []
    barge = state.barge or Overlap()
    match report.verdict:
        case Interruption.QUIET:
            return state, []
        case Interruption.SUSPECTED:
            if barge.paused:
                return dataclasses.replace(state, barge=dataclasses.replace(barge, brief=False)), []
            barge = dataclasses.replace(barge, paused_sample=report.now_sample, brief=False)
            after = dataclasses.replace(state, barge=barge)
            return after, [PauseAnswer(), tell(events.AnswerPaused(t_s=0.0, turn=state.exchange.turn.number))]
        case Interruption.DISMISSED:
            return _go_on(state, "noise")
        case Interruption.BRIEF:
            if barge.started_sample is None:
                return _go_on(state, "noise")
            return _weigh(dataclasses.replace(state, barge=dataclasses.replace(barge, brief=True)), played)
        case Interruption.CONFIRMED:
            return _stop(state, played)
        case _:
            assert_never(report.verdict)


def on_segment(state: State, segment: seg.Segment, played: Played) -> Step:
    """Handles a segment of the speech that is set aside."""
    barge = state.barge or Overlap()
    if barge.started_sample is None and not isinstance(segment, seg.SpeechStarted):
        return state, []  # the rest of speech that was discarded
    match segment:
        case seg.SpeechStarted():
            return dataclasses.replace(state, barge=dataclasses.replace(barge, started_sample=segment.at_sample)), []
        case seg.SpeechGrown():
            return state, []
        case seg.SpeechPaused():
            written, begun = _write_down(state, barge, segment.utterance)
            return _keep(state, barge, written), begun
        case seg.SpeechResumed():
            commands: list[Command] = [Cancel(turn=barge.turn)] if barge.turn is not None else []
            return dataclasses.replace(state, barge=dataclasses.replace(barge, written=None)), commands
        case seg.SpeechDiscarded():
            return _go_on(state, "noise") if barge.brief else (dataclasses.replace(state, barge=_unsaid(barge)), [])
        case seg.SpeechEnded():
            written, begun = (
                _write_down(state, barge, segment.utterance) if barge.written is None else (barge.written, [])
            )
            after, more = _weigh(_keep(state, barge, dataclasses.replace(written, ended=segment)), played)
            return after, [*begun, *more]
        case _:
            assert_never(segment)


def on_barge_transcribed(state: State, barge: Overlap, written: Written, report: m.Transcribed, played: Played) -> Step:
    """Handles the transcription of the speech that is set aside, which is `written` down for `barge`."""
    return _weigh(_keep(state, barge, dataclasses.replace(written, transcription=report.transcription)), played)


def on_barge_failed(state: State) -> Step:
    """Resumes the answer, because speech that cannot be transcribed cannot be answered."""
    return _go_on(state, "noise")


def on_answer_over(state: State, commands: list[Command]) -> Step:
    """Handles an answer that ended before the barge-in was decided. The speech then comes after the answer."""
    barge = state.barge
    after, more = give_up_barge(dataclasses.replace(state, exchange=None), keep_turn=True)
    commands = [*commands, Order(order=Attend(on=False)), *more]
    if barge is None or barge.started_sample is None:
        return after, commands
    after, more = _adopt(after, barge)
    return after, [*commands, *more]


def on_echo_uncancelled(state: State) -> Step:
    """Switches to half duplex: the microphone is closed while an answer plays."""
    if state.half_duplex:
        return state, []
    message = "The answer's own echo cannot be kept out of the microphone here, so I do not listen while I speak."
    commands: list[Command] = [
        tell(events.DuplexChanged(t_s=0.0, duplex="half")),
        tell(events.Notice(t_s=0.0, code="half-duplex", message=message)),
    ]
    if state.sounding:
        state, more = give_up_barge(state)
        commands += [*more, Order(order=Attend(on=False)), Order(order=IgnoreMicrophone(on=True))]
    return dataclasses.replace(state, half_duplex=True), commands


def on_dismissed(state: State) -> Step:
    """Discards the speech set aside because the user says so. A paused answer resumes."""
    return _go_on(state, "noise")


def _unsaid(barge: Overlap) -> Overlap | None:
    return Overlap(paused_sample=barge.paused_sample) if barge.paused else None


def _write_down(state: State, barge: Overlap, utterance: seg.Utterance) -> tuple[Written, list[Command]]:
    """Has the speech up to a pause transcribed."""
    turn = Turn(state.turns + 1, barge.attempts + 1)
    return Written(utterance=utterance, turn=turn), [Transcribe(turn=turn, utterance=utterance, in_context=False)]


def _keep(state: State, barge: Overlap, written: Written) -> State:
    barge = dataclasses.replace(barge, attempts=written.turn.attempt, written=written)
    return dataclasses.replace(state, barge=barge)


def _weigh(state: State, played: Played) -> Step:
    """Decides a finished barge-in by its words."""
    barge = state.barge
    written = barge.written if barge is not None else None
    if barge is None or written is None or written.transcription is None or not (barge.brief or written.ended):
        return state, []
    heard = written.transcription.text
    if is_backchannel(heard) and not (is_hesitation(heard) and _goes_on(state, barge)):
        return _go_on(state, "backchannel" if heard else "noise", heard)
    return _stop(state, played)


def _go_on(state: State, because: Literal["noise", "backchannel"], heard: str = "") -> Step:
    if state.barge is None or state.exchange is None:
        return state, []
    number, paused = state.exchange.turn.number, state.barge.paused
    after, commands = give_up_barge(state)
    if state.barge.started_sample is not None:
        commands.append(Order(order=ForgetSpeech()))
    if paused:
        commands.append(tell(events.AnswerResumed(t_s=0.0, turn=number, because=because, heard=heard)))
    return after, commands


def _stop(state: State, played: Played) -> Step:
    barge = state.barge
    # The transcription continues, because it belongs to the next question.
    kept = dataclasses.replace(barge, written=None) if barge is not None else None
    state, overlap_ms = dataclasses.replace(state, barge=kept), _overlap_ms(state, barge)
    after, commands = cut_off(state, "voice", played, withdrawn=_goes_on(state, barge), overlap_ms=overlap_ms)
    if barge is None or barge.started_sample is None:
        return after, commands  # the gate will open in a moment
    after, more = _adopt(after, barge)
    return after, [*commands, *more]


def _overlap_ms(state: State, barge: Overlap | None) -> float:
    """Returns for how long both spoke: from the person's first sound to the pause of the answer. 0.0 if the gate has not opened yet."""
    exchange = state.exchange
    if not isinstance(exchange, Asked) or exchange.sounding_sample is None:
        return 0.0
    if barge is None or barge.paused_sample is None or barge.started_sample is None:
        return 0.0
    both_sample = max(barge.started_sample, exchange.sounding_sample)
    return max(0, barge.paused_sample - both_sample) / samples_of(1)


def _goes_on(state: State, barge: Overlap | None) -> bool:
    """Whether the person had not finished: the speech came too soon to be a reaction to the answer."""
    exchange = state.exchange
    if not isinstance(exchange, Asked) or exchange.typed or exchange.sounding_sample is None:
        return False
    if barge is None or barge.started_sample is None:
        return False
    return barge.started_sample - exchange.sounding_sample < samples_of(TOO_SOON_MS)


def _adopt(state: State, barge: Overlap) -> Step:
    """Turns the speech that is set aside into the next question, as far as it goes."""
    number = state.turns + 1
    at_ms = (barge.started_sample or 0) / samples_of(1)
    commands: list[Command] = [tell(events.SpeechStarted(t_s=0.0, turn=number, at_ms=at_ms))]
    began_sample = barge.started_sample or 0
    state = dataclasses.replace(
        state,
        turns=number,
        attempts=barge.attempts,
        microphone=dataclasses.replace(state.microphone, hearing=True, began_sample=began_sample, by_key=False),
    )
    written = barge.written
    if written is None:
        return state, commands
    draft = spoken(state, written.turn, written.utterance, stage="draft")
    if written.transcription is not None:  # its words are known already
        draft = dataclasses.replace(draft, source=dataclasses.replace(draft.source, cut_sample=0))
    state = dataclasses.replace(state, exchange=draft)
    commands += [Measure(utterance=written.utterance), Judge(turn=written.turn, utterance=written.utterance)]
    if written.transcription is not None:
        state, more = on_transcribed(state, m.Transcribed(turn=written.turn, transcription=written.transcription))
        commands += more
    if written.ended is not None:
        state, more = on_speech_ended(state, written.ended)
        commands += more
    return state, commands
