"""The conversation as a pure function: (state, report) -> (state, commands).

There is no thread, clock or engine here: the conductor passes reports in and carries out the commands. One exchange is in progress at a time:
a question, as far as it is known, and its answer, as far as it is generated. An exchange that is not open is a draft. It uses the
same pipeline, but its sound waits in the playout, and it is not in the history. The end of speech only opens it.
"""

from __future__ import annotations

import dataclasses
from typing import assert_never

from voicecli import background as b
from voicecli import events
from voicecli import messages as m
from voicecli import tuning as t
from voicecli.conversation_start import Clear, ConversationChosen
from voicecli.pcm import samples_of
from voicecli.pipeline.listen import ForgetVoice
from voicecli.session import early_draft, titling
from voicecli.session.assistant_turn import (
    on_failure,
    on_greeting,
    on_interrupt_pressed,
    on_playout,
    on_reply,
    on_tried,
)
from voicecli.session.barge_in import (
    into_answer,
    on_barge_failed,
    on_barge_in,
    on_barge_transcribed,
    on_echo_uncancelled,
    on_segment,
)
from voicecli.session.calling import on_tools
from voicecli.session.commands import Command, Order
from voicecli.session.editing import on_edit
from voicecli.session.exchange import Step, error_event, on_typed, quit_now, when_idle
from voicecli.session.history import Played
from voicecli.session.idle_release import awake, on_idle_time_over
from voicecli.session.ignored_speech import tell
from voicecli.session.push_to_talk import on_key
from voicecli.session.state import State
from voicecli.session.tone_choice import chimes
from voicecli.session.tuning import on_tuning
from voicecli.session.user_turn import on_heard, on_judged, on_pulse, on_transcribed
from voicecli.speech.utterance_segmenter import Segment, SpeechStarted
from voicecli.timing import AUDIBLE_BLOCKS, BufferEnlarged, Measured, SoundDropped, StageBusy, StageRan
from voicecli.tools.reports import Announced, ClientListens, ClientStops, ToolAnswered, ToolsOffered
from voicecli.tools.rounds import CallsWanted, RoundDone, ToolSlow
from voicecli.turn import Turn

VOICE_IGNORED = (
    "I do not listen to a voice that is much softer than yours was. If it is you, come closer or press Space."
)

SOUND_DROPPED = {
    "microphone": "This computer is too busy to listen without gaps: some of what the microphone heard is missing.",
    "speaker": "This computer is too busy to speak without gaps: the answer broke off for a moment.",
}

STAGES = {
    "transcribe": "The recogniser",
    "judge": "The turn detector",
    "respond": "The language model",
    "synthesize": "The voice",
}
STAGE_BUSY = (
    "{what} ({stage}) still works on something that was stopped two seconds ago. What you say or type now waits for it."
)

SOUND_LOST = "This computer is too busy to listen: some of what the microphone heard was lost. Please say it again."


def step(state: State, report: m.Report, played: Played) -> Step:
    """Handles `report`.

    Args:
        state: The state before.
        report: What happened.
        played: How far the exchange in progress was played.

    Returns:
        The state after, and the commands, in order.
    """
    if state.closed:
        return state, []
    if early_draft.concerns(state, report):
        after, commands = early_draft.within(state, *_dispatch(early_draft.as_exchange(state), report, played))
    else:
        after, commands = _dispatch(state, report, played)
    after, woken = awake(after)
    after, given_up = titling.give_up(state, after)
    after, unused = early_draft.settle(after)
    commands = [*unused, *commands, *woken, *given_up]
    if after.microphone.talking != state.microphone.talking and not after.closed:
        commands.append(tell(events.RecordingChanged(t_s=0.0, on=after.microphone.talking)))
    if after.sounds and not after.closed:
        commands += chimes(commands)
    if after.phase != state.phase and not after.closed:  # nothing follows the last event
        commands.append(tell(events.PhaseChanged(t_s=0.0, phase=after.phase)))
    return after, commands


def _dispatch(state: State, report: m.Report, played: Played) -> Step:
    match report:
        case (
            m.Heard() | m.Pulse() | m.BargeIn() | m.EchoUncancelled() | m.VoiceIgnored() | m.Transcribed() | m.Judged()
        ):
            return _dispatch_heard(state, report, played)
        case b.TitleTime() | b.TitleMade() | b.TranslationTried() | t.IdleTimeOver():
            return _dispatch_background(state, report)
        case m.ReplyText() | m.ChunkReady() | m.ReplyComplete() | m.OldTurnsDropped() | m.SpeechMade() | m.LeftUnsaid():
            return on_reply(state, report)
        case m.Sounding() | m.WordSounding() | m.Played():
            return on_playout(state, report)
        case m.StageFailed() if _is_aside(state, report.turn):
            return on_barge_failed(state)
        case m.StageFailed():
            return on_failure(state, report, played)
        case (
            ToolAnswered()
            | Announced()
            | ToolsOffered()
            | ClientListens()
            | ClientStops()
            | CallsWanted()
            | RoundDone()
            | ToolSlow()
        ):
            return on_tools(state, report, played)
        case m.Typed():
            return on_typed(state, report, played)
        case m.Greeting():
            return on_greeting(state, report)
        case m.InterruptPressed():
            return on_interrupt_pressed(state, played)
        case m.TalkPressed() | m.TalkReleased() | m.TalkToggled() | m.TalkDiscarded() | m.MuteToggled():
            return on_key(state, report, played)
        case (
            t.VoiceChosen()
            | t.ModelChosen()
            | t.LanguageChosen()
            | t.DialSet()
            | t.DialTurned()
            | t.VoiceLoaded()
            | t.ModelLoaded()
            | t.ModelReleased()
            | t.TranscriberLoaded()
            | t.EngineFailed()
            | t.EngineCrashed()
            | t.FactsChanged()
            | t.FilesChanged()
            | t.SoundChosen()
        ):
            return on_tuning(state, report, played)
        case m.Undo() | m.Correct() | m.Confirmed() | m.Repeat() | Clear() | ConversationChosen() | m.PersonaChosen():
            return on_edit(state, report, played)
        case m.FileBegun() | StageRan() | StageBusy() | SoundDropped() | BufferEnlarged():
            return state, _noted(report)
        case m.MicrophoneExhausted():
            return dataclasses.replace(
                state, microphone=dataclasses.replace(state.microphone, file_ended_sample=state.microphone.now_sample)
            ), []
        case m.InputClosed():
            return when_idle(dataclasses.replace(state, closing=True))
        case m.QuitAsked() | m.WorkerDied():
            return _on_quit(state, report, played)
        case m.SoundLost() | m.EngineLost() | m.DeviceChanged():
            return _on_loss(state, report)
        case _:
            assert_never(report)


def _noted(report: m.FileBegun | Measured) -> list[Command]:
    """Returns the commands for what changes nothing in the conversation."""
    match report:
        case m.FileBegun():
            at_ms = report.at_sample / samples_of(1)
            begun = events.FileStarted(t_s=0.0, number=report.number, name=report.name, at_ms=at_ms)
            return [tell(begun), Order(order=ForgetVoice())]
        case StageRan():
            timed = events.StageTimed(
                t_s=0.0,
                turn=report.turn,
                stage=report.stage,
                job=report.job,
                attempt=report.attempt,
                waited_ms=report.waited_ms,
                ran_ms=report.ran_ms,
                cancelled=report.cancelled,
            )
            return [tell(timed)]
        case StageBusy():
            message = STAGE_BUSY.format(what=STAGES.get(report.stage, "A part of the program"), stage=report.stage)
            return [tell(events.Notice(t_s=0.0, code="stage-busy", message=message))]
        case SoundDropped():
            told: list[Command] = [tell(events.Dropped(t_s=0.0, device=report.device, blocks=report.blocks))]
            if report.blocks >= AUDIBLE_BLOCKS:
                told.append(tell(events.Notice(t_s=0.0, code="sound-dropped", message=SOUND_DROPPED[report.device])))
            return told
        case BufferEnlarged():
            return [tell(events.Buffered(t_s=0.0, block_ms=report.block_ms, held_ms=report.held_ms))]
        case _:
            assert_never(report)


def _on_quit(state: State, report: m.QuitAsked | m.WorkerDied, played: Played) -> Step:
    """Ends the session: at once, or gently after the title of the conversation."""
    if isinstance(report, m.WorkerDied):
        return quit_now(state, report.error, played)
    if report.gently and state.idle:
        return when_idle(dataclasses.replace(state, closing=True, waiting=()))
    return quit_now(state, None, played)


def _dispatch_background(state: State, report: b.TitleTime | b.TitleMade | b.TranslationTried | t.IdleTimeOver) -> Step:
    """Handles what concerns no answer."""
    match report:
        case b.TitleTime():
            return titling.begin(state) if state.idle and not state.closing else (state, [])
        case b.TitleMade():
            made, told = titling.made(state, report)
            after, commands = when_idle(made)
            return after, [*told, *commands]
        case b.TranslationTried():
            return on_tried(state, report)
        case t.IdleTimeOver():
            return on_idle_time_over(state, report)
        case _:
            assert_never(report)


def _on_loss(state: State, report: m.SoundLost | m.EngineLost | m.DeviceChanged) -> Step:
    """Handles a loss that the session can survive, at least for a while."""
    match report:
        case m.SoundLost():
            return state, [tell(events.Notice(t_s=0.0, code="sound-lost", message=SOUND_LOST))]
        case m.EngineLost():
            message = f"{report.what} failed and is switched off: {report.error.message}"
            lost = tell(events.Notice(t_s=0.0, code="engine-lost", message=message))
            after, more = on_echo_uncancelled(state) if report.needed_to_interrupt else (state, [])
            return after, [lost, *more]
        case m.DeviceChanged():
            return state, [
                tell(_device_event(report)),
                Order(order=ForgetVoice()),
            ]  # the device that comes back may be another one
        case _:
            assert_never(report)


def _dispatch_heard(
    state: State,
    report: m.Heard | m.Pulse | m.BargeIn | m.EchoUncancelled | m.VoiceIgnored | m.Transcribed | m.Judged,
    played: Played,
) -> Step:
    match report:
        case m.Heard() if into_answer(state) and not _by_key(report.segment):
            return on_segment(
                dataclasses.replace(
                    state, microphone=dataclasses.replace(state.microphone, now_sample=report.now_sample)
                ),
                report.segment,
                played,
            )
        case m.Heard():
            return on_heard(
                dataclasses.replace(
                    state, microphone=dataclasses.replace(state.microphone, now_sample=report.now_sample)
                ),
                report.segment,
                played,
            )
        case m.Pulse():
            return on_pulse(state, report)
        case m.BargeIn():
            return on_barge_in(state, report, played)
        case m.EchoUncancelled():
            return on_echo_uncancelled(state)
        case m.VoiceIgnored():
            return state, [tell(events.Notice(t_s=0.0, code="voice-ignored", message=VOICE_IGNORED))]
        case m.Transcribed():
            barge = state.barge
            if barge is not None and barge.written is not None and barge.written.turn is report.turn:
                return on_barge_transcribed(state, barge, barge.written, report, played)
            return on_transcribed(state, report)
        case m.Judged():
            return on_judged(state, report)
        case _:
            assert_never(report)


def _device_event(report: m.DeviceChanged) -> events.Event:
    if report.error is None:
        return events.Notice(t_s=0.0, code="device-back", message="The sound device is back.")
    return error_event(None, report.error)


def _by_key(segment: Segment) -> bool:
    """Whether the segment starts an utterance by a key."""
    return isinstance(segment, SpeechStarted) and segment.by_key


def _is_aside(state: State, turn: Turn) -> bool:
    """Whether `turn` is the turn of an undecided barge-in."""
    return state.barge is not None and state.barge.turn is turn
