"""The conductor: the one thread that owns the conversation.

It passes reports to the machine and carries out the resulting commands. No other thread changes the history, makes or cancels
turns, or broadcasts events.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from typing import assert_never

from voicecli import events
from voicecli.background import TrialJob
from voicecli.engines.ports import ChatMessage
from voicecli.errors import InternalError, VoiceCliError, internal
from voicecli.messages import (
    EngineLost,
    JudgeJob,
    QuitAsked,
    ReadAheadJob,
    Report,
    SpeakJob,
    StageFailed,
    WorkerDied,
)
from voicecli.pcm import Pcm
from voicecli.pipeline.channel import Channel, ChannelClosed
from voicecli.pipeline.graph import Graph
from voicecli.pipeline.listen import ListenOrder
from voicecli.pipeline.turn_timing import Ledger
from voicecli.pipeline.worker import log_fault
from voicecli.session import commands as c
from voicecli.session.conversation_record import TurnRecord
from voicecli.session.exchange import quit_now, when_idle
from voicecli.session.history import History, Played
from voicecli.session.jobs import Manner, aside_job, asked, respond_job, title_job, transcribe_job
from voicecli.session.playout_port import PlayoutPort
from voicecli.session.record_changes import retract, so_far
from voicecli.session.state import Asked, State
from voicecli.session.state_machine import step
from voicecli.turn import Turn

__all__ = ["Conductor", "Manner"]

MOST_FAULTS = 5
"""How many internal errors a conversation survives. More of them will not stop coming."""


class Conductor:
    """Runs a conversation from its first report to its last.

    Args:
        state: The initial state.
        inbox: Reports from every thread.
        graph: The pipeline.
        gate: The playout.
        history: The conversation so far.
        manner: How the assistant converses.
        ledger: Time marks, and the session's clock.
        publish: Takes every event; called from this thread only.
        order: Gives the listener an order.
        next_file: Starts the microphone's next file; returns False if there is none.
        next_line: Called when another line from a pipe may come.
        load: Starts loading a voice or a model in the background. It gets the conversation, which a model reads before it is reported as ready.
        unsaid: Returns the message about a script, or a language by its code, that no voice reads.
        keep: Takes the sound of every question as far as it goes: its turn, the samples, the index after the last speech.
        use_tool: Has a call carried out elsewhere; never waits.
    """

    def __init__(
        self,
        *,
        state: State,
        inbox: Channel[Report],
        graph: Graph,
        gate: PlayoutPort,
        history: History,
        manner: Manner,
        ledger: Ledger,
        publish: Callable[[events.Event], None],
        order: Callable[[ListenOrder], object],
        next_file: Callable[[], bool],
        next_line: Callable[[], object] = lambda: None,
        load: Callable[[c.Load, tuple[ChatMessage, ...]], object] = lambda _order, _messages: None,
        unsaid: Callable[[str], str] = "Text in {} script is shown and not spoken.".format,
        use_tool: Callable[[c.UseTool | c.UseTools | c.RememberRules], object] = lambda _command: None,
        keep: Callable[[int, Pcm, int], object] = lambda _turn, _samples, _end: None,
    ) -> None:
        self._state = state
        self._inbox = inbox
        self._graph = graph
        self._gate = gate
        self._history = history
        self._manner = manner
        self._ledger = ledger
        self._publish = publish
        self._order = order
        self._next_file = next_file
        self._next_line = next_line
        self._load = load
        self._unsaid = unsaid
        self._use_tool = use_tool
        self._keep = keep
        self._reading = Turn(0)
        self._sure = threading.Event()
        self._error: VoiceCliError | None = None
        self._faults = 0
        self.internal_errors: list[InternalError] = []
        """Unexpected errors that the conversation survived, in order. Read it after `join`."""
        self._thread = threading.Thread(target=self._run, name="conductor", daemon=True)

    def start(self) -> None:
        """Starts the conductor's thread."""
        self._thread.start()

    def join(self, timeout_s: float | None = None) -> bool:
        """Waits for the end of the conversation. Returns False if it did not end in time."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def error(self) -> VoiceCliError | None:
        """The error that ended the conversation, if any. Read it after `join`."""
        return self._error

    def handle(self, report: Report) -> None:
        """Handles one report. Called by the thread, and by tests in virtual time."""
        if isinstance(report, StageFailed | EngineLost) and isinstance(report.error, InternalError):
            self.internal_errors.append(report.error)
        exchange = self._state.exchange
        played = self._gate.played(exchange.turn) if exchange is not None else Played()
        self._state, wanted = step(self._state, report, played)
        for command in wanted:
            self._carry_out(command)

    @property
    def closed(self) -> bool:
        """Whether the conversation is over."""
        return self._state.closed

    @property
    def said(self) -> tuple[TurnRecord, ...]:
        """The conversation as it stands, oldest turn first. Any thread may ask."""
        return so_far(self._state)

    @property
    def busy(self) -> bool:
        """Whether anything is being said, prepared or answered. Any thread may ask."""
        return not self._state.idle

    def _run(self) -> None:
        try:
            for report in self._inbox:
                try:
                    self.handle(report)
                except Exception as error:  # noqa: BLE001 - an internal error ends the exchange, not the conversation
                    log_fault("conductor", error)
                    fault = internal("the conversation", error)
                    self.internal_errors.append(fault)
                    self._recover(fault, ends=isinstance(report, QuitAsked | WorkerDied))
                if self._state.closed:
                    return
        except ChannelClosed:
            return
        except BaseException as error:  # noqa: BLE001 - after any error the program must end and report it
            self._error = internal("the conversation", error)

    def _recover(self, fault: InternalError, *, ends: bool) -> None:
        """Continues without the exchange in progress, or ends the session if there were too many errors."""
        self._faults += 1
        before = self._state
        for each in (before.exchange, before.barge, before.partial, before.early):
            if each is not None and each.turn is not None:
                self._carry_out(c.Cancel(turn=each.turn))
        self._tell(events.ErrorRaised(t_s=0.0, turn=None, code=fault.code, message=fault.message, hint=fault.hint))
        if ends or self._faults > MOST_FAULTS:
            self._state, wanted = quit_now(dataclasses.replace(before, exchange=None, barge=None), fault, Played())
        else:
            calm = dataclasses.replace(
                before,
                exchange=None,
                barge=None,
                partial=None,
                early=None,
                unanswered=None,
                microphone=dataclasses.replace(before.microphone, hearing=False, talking=False),
            )
            calm, retracted = retract(calm) if calm.record.parts else (calm, [])
            self._history.follow(calm.record)  # the failed step may have left it behind
            self._state, wanted = when_idle(calm)
            wanted = [*retracted, *wanted]
            self._tell(events.PhaseChanged(t_s=0.0, phase=self._state.phase))
        for command in wanted:
            self._carry_out(command)

    def _carry_out(self, command: c.Command) -> None:
        match command:
            case c.Transcribe() | c.Judge() | c.Respond() | c.ReadAhead() | c.SayAside() | c.Say():
                self._set_to_work(command)
            case c.Order():
                self._order(command.order)
            case c.UseTool() | c.UseTools() | c.RememberRules():
                self._use_tool(command)
            case c.MakeTitle():
                self._reading.cancel()  # it would read the same, without a limit
                self._graph.respond(title_job(command, self._history))
            case c.Open() | c.PlaySound() | c.PauseAnswer() | c.ResumeAnswer() | c.Cancel():
                self._let_sound(command)
            case c.Ask() | c.Answer() | c.Retract() | c.TakeBack() | c.Forget() | c.Recall():
                self._follow(command)
            case c.KnowFacts() | c.Become():
                self._rewrite_prompt(command)
            case (
                c.Load()
                | c.UseVoice()
                | c.UseModel()
                | c.ReleaseModel()
                | c.UseTranscriber()
                | c.SetLanguage()
                | c.SetSpeed()
                | c.SetVolume()
                | c.PlayChime()
            ):
                self._tune(command)
            case c.MuteMicrophone():
                self._graph.mute(on=command.muted)
            case c.NextFile():
                if not self._next_file():
                    self._inbox.insist(QuitAsked(gently=True))
            case c.NextLine():
                self._next_line()
            case c.Measure():
                utterance = command.utterance
                if command.early:
                    self._ledger.begin_early()
                elif utterance is None:
                    self._ledger.begin()
                else:
                    self._ledger.begin(utterance.speech_end_sample, utterance.now_sample)
            case c.MarkTime():
                self._ledger.mark(command.mark, early=command.early)
            case c.TakeUp():
                self._ledger.take_up()
                self._sure.set()
            case c.ReportLatency():
                self._tell(self._latency(command))
            case c.Tell():
                self._tell(command.event)
            case c.TellUnsaid():
                self._tell(events.Notice(t_s=0.0, code="unspoken-script", message=self._unsaid(command.script)))
            case c.Quit():
                self._reading.cancel()
                self._error = command.error
                self._tell(events.Bye(t_s=0.0, turns=self._state.answered))
            case _:
                assert_never(command)

    def _set_to_work(self, command: c.Transcribe | c.Judge | c.Respond | c.ReadAhead | c.SayAside | c.Say) -> None:
        turn = command.turn
        match command:
            case c.Transcribe(utterance=utterance):
                self._keep(turn.number, utterance.samples, utterance.speech_end_sample - utterance.first_sample)
                self._graph.transcribe(transcribe_job(command, self._manner, self._history))
            case c.Judge(utterance=utterance):
                self._graph.judge(JudgeJob(turn=turn, utterance=utterance))
            case c.Respond():
                answered = [self._state.exchange, self._state.early]
                languages = [each.language for each in answered if isinstance(each, Asked) and each.turn is turn]
                if command.early and not command.rounds:
                    self._sure = threading.Event()
                job = respond_job(command, self._manner, self._history, next(iter(languages), ""), self._sure)
                self._graph.respond(job)
            case c.ReadAhead(question=""):
                self._read_anew(turn)
            case c.ReadAhead(question=question):
                messages = asked(question, command.language, self._manner, self._history, can_act=command.can_act)
                self._graph.respond(ReadAheadJob(turn=turn, messages=messages))
            case c.Say(chunk=said):
                self._graph.speak(SpeakJob(turn=turn, chunk=said, language=command.language))
            case c.SayAside():
                self._graph.speak(aside_job(command, self._manner, self._graph.spoken_language))
                self._graph.speak(SpeakJob(turn=turn, chunk=None))
            case _:
                assert_never(command)

    def _tune(
        self,
        command: c.Load
        | c.UseVoice
        | c.UseModel
        | c.ReleaseModel
        | c.UseTranscriber
        | c.SetLanguage
        | c.SetSpeed
        | c.SetVolume
        | c.PlayChime,
    ) -> None:
        match command:
            case c.Load():
                self._load(command, self._history.messages)
            case c.UseVoice():
                self._graph.speak_as(voice=command.voice)
            case c.UseModel():
                self._graph.use_model(command.model)
            case c.ReleaseModel():
                self._graph.use_model(None)
            case c.UseTranscriber():
                self._graph.use_transcriber(command.transcriber)
            case c.SetLanguage():
                self._manner = dataclasses.replace(self._manner, language=command.language)
            case c.SetSpeed():
                self._graph.speak_as(speed=command.speed)
            case c.SetVolume():
                self._gate.set_volume(command.percent)
            case c.PlayChime():
                self._gate.chime(command.chime)
            case _:
                assert_never(command)

    def _let_sound(self, command: c.Open | c.PlaySound | c.PauseAnswer | c.ResumeAnswer | c.Cancel) -> None:
        match command:
            case c.Open():
                self._gate.open(command.turn)
            case c.PlaySound():
                self._gate.play(command.turn, command.pcm)
            case c.PauseAnswer():
                self._gate.pause()
            case c.ResumeAnswer():
                self._gate.resume()
            case c.Cancel():
                # The order matters: after the first line no channel returns or accepts work for this turn, so that dropped
                # work cannot come back.
                command.turn.cancel()
                self._gate.drop(command.turn)
                self._graph.forget_cancelled()
            case _:
                assert_never(command)

    def _follow(self, command: c.RecordCommand) -> None:
        """Gives the prompt the record as it is after `command`."""
        self._history.follow(command.record)
        if isinstance(command, c.Forget):
            self._reading.cancel()
        elif isinstance(command, c.Recall):
            self._read_anew()

    def _rewrite_prompt(self, command: c.KnowFacts | c.Become) -> None:
        match command:
            case c.KnowFacts():
                self._history.know(command.facts)
                self._read_anew()
            case c.Become():
                self._manner = dataclasses.replace(self._manner, sampling=command.sampling, language=command.language)
                self._history.become(command.prompt)
                self.try_translation()
            case _:
                assert_never(command)

    def _read_anew(self, turn: Turn | None = None) -> None:
        """Has all that comes before the next question read while nobody waits for it."""
        self._reading.cancel()
        self._reading = turn or Turn(0)
        messages = (*self._history.settled, ChatMessage(role="user", content="?"))
        self._graph.respond(ReadAheadJob(turn=self._reading, messages=messages))

    def try_translation(self) -> None:
        """Has the model tried if everything is to be translated. What is said meanwhile waits, as it would for the same prompt to be read."""
        if self._manner.between is not None:
            self._reading.cancel()
            self._reading = Turn(0)  # it is cancelled at the end of the session
            self._graph.respond(TrialJob(turn=self._reading, between=self._manner.between))

    def _tell(self, event: events.Event) -> None:
        self._publish(dataclasses.replace(event, t_s=self._ledger.now_s()))

    def _latency(self, command: c.ReportLatency) -> events.Latency:
        since = self._ledger.times.ms_since_speech
        return events.Latency(
            t_s=0.0,
            turn=command.turn,
            endpoint_ms=since("endpoint"),
            stt_ms=since("transcript"),
            first_token_ms=since("first_token"),
            first_audio_ms=since("first_audio"),
            voice_to_voice_ms=None if command.typed else since("first_sound"),
            speculative=self._ledger.times.drafted,
        )
