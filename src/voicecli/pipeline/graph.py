"""Connects the stages with channels and threads, and stops them in order.

microphone ─▶ listen ─▶ reports                        playout ─▶ speaker
                           │                              ▲
                       conductor ─▶ transcribe ─▶ reports │
                           │                              │
                           └──────▶ respond ─▶ chunks ─▶ synthesize
                                       └─▶ reports
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, TypeVar

from voicecli.background import TitleJob, TrialJob
from voicecli.engines.ports import ChatModel, Transcriber, Voice
from voicecli.errors import VoiceCliError, internal
from voicecli.messages import (
    EngineExchanged,
    EngineLost,
    JudgeJob,
    MicrophoneBlock,
    ReadAheadJob,
    Report,
    RespondJob,
    SoundLost,
    SpeakJob,
    StageFailed,
    TranscribeJob,
    WorkerDied,
)
from voicecli.pcm import Pcm, frozen, silence
from voicecli.pipeline.cancel_watch import CancelWatch, Working
from voicecli.pipeline.channel import Channel, ChannelClosed, ChannelStats
from voicecli.pipeline.listen import Listen, ListenOrder
from voicecli.pipeline.stages import Judge, Manner, Respond, Synthesize, Transcribe
from voicecli.pipeline.stopwatch import Stopwatch
from voicecli.pipeline.worker import Worker
from voicecli.speech.utterance_segmenter import BeginTalk, DropTalk, EndTalk

Job = TypeVar("Job")
Out = TypeVar("Out")

AnswerJob: TypeAlias = RespondJob | ReadAheadJob | TrialJob | TitleJob | EngineExchanged
AnyJob: TypeAlias = TranscribeJob | AnswerJob | SpeakJob
StageName: TypeAlias = Literal["transcribe", "respond", "synthesize"]

MICROPHONE_BLOCKS = 500
"""Ten seconds of sound. This is far more than the listener ever lags, and older sound is useless."""

IDLE_BLOCKS = 5
"""How many blocks are passed to the listener at once while there is nothing to hear. Waking a thread costs more than its work, and
an idle session should use no noticeable CPU. While there may be speech, the listener gets every block at once."""

SENTENCES_AHEAD = 4
"""How many chunks the model may be ahead of the voice before it waits. More would be discarded at every interruption."""

REPORTS = 4096
"""The size of the conductor's inbox: many times the reports of one turn."""

JOIN_S = 2.0
"""How long all threads together may take to stop before the names of those that have not are reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """The stages of a session. Without a microphone there is no `listen` or `transcribe`, without a voice no `synthesize`."""

    listen: Listen | None
    transcribe: Transcribe | None
    respond: Respond
    synthesize: Synthesize | None
    judge: Judge | None = None


class _Queue(Protocol):
    """A channel of any kind of job."""

    def close(self) -> None: ...
    def stats(self) -> ChannelStats: ...


class _Thread(Working, Protocol):
    """A worker of any kind of job."""

    def start(self) -> None: ...
    def join(self, timeout_s: float) -> bool: ...


class Graph:
    """Channels and threads around the stages.

    Args:
        stages: The stages to run.
        reports: The conductor's inbox.
        timed: Whether it is reported how long every job waited and took.

    Thread: created, started and stopped by the thread that composes the session; `put_*` by any.
    """

    def __init__(self, stages: Stages, reports: Channel[Report], *, timed: bool = False) -> None:
        self._reports = reports
        self._stopwatch = Stopwatch(reports.insist) if timed else None
        self._microphone: Channel[MicrophoneBlock] = Channel(
            "microphone", limit=MICROPHONE_BLOCKS, when_full="drop-oldest"
        )
        self._utterances: Channel[TranscribeJob] = Channel("utterances", limit=8)
        self._pauses: Channel[JudgeJob] = Channel("pauses", limit=8)
        self._prompts: Channel[AnswerJob] = Channel("prompts", limit=8)
        self._chunks: Channel[SpeakJob | EngineExchanged] = Channel("chunks", limit=SENTENCES_AHEAD)
        self._respond = stages.respond
        self._transcribe = stages.transcribe
        self._synthesize = stages.synthesize
        self._listen = stages.listen
        self._captures = True
        self._next_sample = 0
        self._held: list[MicrophoneBlock] = []  # used by the microphone's thread only
        self._losing = False  # used by the microphone's thread only
        # Threads are started and their inputs are closed in this order. The front comes first, so that the stages behind it can
        # empty themselves.
        self._workers: list[tuple[_Queue, _Thread]] = []
        if stages.listen is not None:
            self._add("listen", self._microphone, stages.listen, reports.put, self._died_on_block)
        if stages.transcribe is not None:
            self._add("transcribe", self._utterances, stages.transcribe, reports.put, self._failed("transcribe"))
        self._judges = stages.judge is not None
        if stages.judge is not None:
            # Its result can wait until the words are known, and on two cores it would delay them.
            self._add("judge", self._pauses, stages.judge, reports.put, self._judge_failed, humble=True)
        self._add("respond", self._prompts, stages.respond, self._route, self._failed("respond"))
        if stages.synthesize is not None:
            self._add("synthesize", self._chunks, stages.synthesize, reports.put, self._failed("synthesize"))
        self._watch = CancelWatch([worker for _, worker in self._workers], reports.insist)

    def start(self) -> None:
        """Starts every thread."""
        for _, worker in self._workers:
            worker.start()
        self._watch.start()

    @property
    def listens(self) -> bool:
        """Whether there is a microphone."""
        return self._listen is not None

    @property
    def alert(self) -> bool:
        """Whether somebody may be speaking. Any thread may ask."""
        return self._listen is not None and self._listen.alert

    def put_block(self, samples: Pcm, first_sample: int) -> None:
        """A `BlockSink` for the microphone's thread. It never waits. It replaces the sound of a muted microphone by zeros before anything sees it."""
        captured = self._captures
        kept = samples if captured else silence(len(samples))
        self._next_sample = first_sample + len(samples)
        self._held.append(MicrophoneBlock(samples=frozen(kept), first_sample=first_sample, captured=captured))
        if len(self._held) >= IDLE_BLOCKS or self.alert:
            held, self._held = self._held, []
            lost = self._microphone.offer_all(held) > 0
            if lost and not self._losing:
                self._reports.insist(SoundLost())
            self._losing = lost

    def mute(self, *, on: bool) -> None:
        """Mutes the microphone, or unmutes it, from its next block on."""
        self._captures = not on

    def order(self, order: ListenOrder) -> None:
        """Gives the listener an order. It takes effect before the next block that the listener takes; a key's order before the next captured one."""
        if self._listen is not None:
            by_key = isinstance(order, BeginTalk | EndTalk | DropTalk)
            self._listen.order(order, from_sample=self._next_sample if by_key else 0)

    def transcribe(self, job: TranscribeJob) -> None:
        """Queues an utterance."""
        self._note(job)
        self._utterances.put(job)

    def judge(self, job: JudgeJob) -> None:
        """Queues a pause. Nothing happens without a turn detector."""
        if self._judges:
            self._note(job)
            self._pauses.put(job)

    def respond(self, job: RespondJob | ReadAheadJob | TrialJob | TitleJob) -> None:
        """Queues a conversation."""
        self._note(job)
        self._prompts.put(job)

    def speak(self, job: SpeakJob) -> None:
        """Queues a chunk that does not come from the model, for what the program itself says."""
        if self._synthesize is not None:
            self._note(job)
            self._chunks.put(job)

    def use_model(self, model: ChatModel | None) -> None:
        """Uses `model` from the next question on. None frees the present model's memory, and questions wait. Never waits itself."""
        self._respond.slot.put(model)
        self._prompts.offer(EngineExchanged())  # without room for it the stage is busy, and checks at its next job

    def use_transcriber(self, transcriber: Transcriber | None) -> None:
        """Uses `transcriber` from the next utterance on. None releases the present one, and utterances wait. Never waits itself."""
        if self._transcribe is not None:
            self._transcribe.slot.put(transcriber)

    @property
    def spoken_language(self) -> str:
        """The language of the voice, as `en-us`; empty if nothing is spoken."""
        return self._synthesize.manner.voice.language if self._synthesize is not None else ""

    def speak_as(self, *, voice: Voice | None = None, speed: float | None = None) -> None:
        """Uses another voice or speed from the next chunk on that is not being heard yet. Never waits itself."""
        stage = self._synthesize
        if stage is None:
            return
        now = stage.manner
        stage.manner = Manner(voice=voice or now.voice, speed=now.speed if speed is None else speed)
        self._chunks.offer(EngineExchanged())

    def forget_cancelled(self) -> None:
        """Discards cancelled work and wakes every stage that waits with such work."""
        for channel in (self._utterances, self._pauses, self._prompts, self._chunks):
            channel.purge()
        self._watch.wake()

    def stop(self, within_s: float = JOIN_S) -> list[str]:
        """Stops every thread, the front of the pipeline first. Returns the names of the threads that did not stop in time."""
        until_s = time.monotonic() + within_s
        self._watch.stop()
        for channel, _ in self._workers:
            channel.close()
        return [worker.name for _, worker in self._workers if not worker.join(max(0.0, until_s - time.monotonic()))]

    def stats(self) -> list[ChannelStats]:
        """Returns the statistics of every channel."""
        return [channel.stats() for channel in (*(channel for channel, _ in self._workers), self._reports)]

    def _add(
        self,
        name: str,
        jobs: Channel[Job],
        stage: Callable[[Job], Iterator[Out]],
        deliver: Callable[[Out], object],
        on_failure: Callable[[Job, VoiceCliError], object],
        *,
        humble: bool = False,
    ) -> None:
        timed = self._stopwatch.of(name) if self._stopwatch is not None and name != "listen" else None
        worker = Worker(
            name,
            jobs=jobs,
            stage=stage,
            deliver=deliver,
            on_failure=on_failure,
            on_death=self._died,
            humble=humble,
            on_ran=timed,
        )
        self._workers.append((jobs, worker))

    def _note(self, job: object) -> None:
        if self._stopwatch is not None:
            self._stopwatch.queued(job)

    def _route(self, result: Report | SpeakJob) -> None:
        if isinstance(result, SpeakJob):
            self.speak(result)
        else:
            self._reports.put(result)

    def _failed(self, stage: StageName) -> Callable[[AnyJob, VoiceCliError], None]:
        def report(job: AnyJob, error: VoiceCliError) -> None:
            if not isinstance(job, EngineExchanged):
                self._reports.put(StageFailed(turn=job.turn, stage=stage, error=error))

        return report

    def _died_on_block(self, _block: MicrophoneBlock, error: VoiceCliError) -> None:
        self._died("listen", error)

    def _judge_failed(self, _job: JudgeJob, error: VoiceCliError) -> None:
        """Continues without the turn detector, because silence and words suffice, and reports it once."""
        if self._judges:
            self._judges = False
            self._reports.insist(EngineLost(what="The turn detector", error=error))

    def _died(self, name: str, error: BaseException) -> None:
        fault = error if isinstance(error, VoiceCliError) else internal(name, error)
        try:
            self._reports.put(WorkerDied(worker=name, error=fault))
        except ChannelClosed:  # the session has ended
            return
