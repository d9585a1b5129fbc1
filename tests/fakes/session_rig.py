"""A whole session with fake engines and stepped devices: the real graph, conductor, playout and threads, in virtual time.

Time passes only when the test steps the rig. In every step of 20 ms the speaker pulls a block, the microphone records one, and the rig waits
until all threads are idle. So every run of a test is the same.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TypeVar

import numpy as np

from fakes.audio import FakeMicrophone, FakeSpeaker
from fakes.engines import ScriptedChatModel, ScriptedTranscriber, ToneVoice
from voicecli import events
from voicecli.audio.far_end import FarEnd
from voicecli.audio.near_end import EchoFreeNearEnd
from voicecli.audio.playout import Playout
from voicecli.audio.ports import Cancelling, Cleaned, NearEnd
from voicecli.engines.ports import ChatMessage, ChatModel, Sampling, Transcriber, Voice, VoiceDetector
from voicecli.events import Event
from voicecli.messages import Report
from voicecli.pcm import BLOCK_MS, BLOCK_SAMPLES, RATE_HZ, Pcm, silence
from voicecli.pipeline.channel import Channel
from voicecli.pipeline.graph import Graph, Stages
from voicecli.pipeline.listen import Listen
from voicecli.pipeline.stages import Respond, Synthesize, Transcribe
from voicecli.pipeline.turn_timing import Ledger
from voicecli.pipeline.voice_choice import Voices
from voicecli.session.commands import Load, RememberRules, UseTool, UseTools
from voicecli.session.conductor import Conductor, Manner
from voicecli.session.history import History
from voicecli.session.playout_adapter import PlayoutAdapter, reporting
from voicecli.session.state import EngineState, State
from voicecli.speech.utterance_segmenter import SegmenterConfig
from voicecli.speech.voice_gate import GateConfig
from voicecli.tools.builtin_catalog import OWN
from voicecli.tools.definitions import Call, Offer
from voicecli.tools.registry import Registry
from voicecli.tools.reports import ToolAnswered
from voicecli.tools.rounds import RoundDone

E = TypeVar("E")

STUCK_S = 20.0
"""A bound on waiting for the threads; reached only when the test has failed."""

LOUD = 3000


class LoudnessDetector:
    """Treats every loud block as speech."""

    def score(self, block: Pcm) -> float:
        return float(np.abs(block.astype(np.int32)).max() >= LOUD)

    def reset(self) -> None:
        """Does nothing, because there is no state."""


class Headphones:
    """A microphone that records no echo."""

    def __init__(self) -> None:
        self.playing = True
        self.cancelling = Cancelling.CONVERGED
        self.disturbed = False
        self.echoes = False

    def clean(self, near: Pcm, first_sample: int) -> Cleaned:  # noqa: ARG002 - the port's
        return Cleaned(decide=near, transcribe=near)

    def judge(self, *, speech: bool) -> Cancelling:  # noqa: ARG002 - the port's
        return self.cancelling

    def is_echo(self) -> bool:
        return self.echoes

    def was_disturbed(self) -> bool:
        disturbed, self.disturbed = self.disturbed, False
        return disturbed


@dataclass
class Rig:
    """One session.

    Attributes:
        transcripts: Results of the recogniser, one per attempt.
        replies: Replies of the model in tokens, one per attempt.
        full_duplex: Whether the microphone stays open while an answer plays.
        push_to_talk: Whether only a key opens a turn.
        voice: The voice.
        voices: Returns voices for other languages; None if there is only one.
        languages: The spoken languages, as `chat.languages`.
        model: The model to use instead of one that answers with `replies`.
        near_end: Processes the microphone's sound in full duplex.
        confirms: Whether recognised text waits for confirmation.
        detectors: Both voice detectors of the listener. Without them, every loud block is speech.
        recogniser: The recogniser to use instead of one that returns `transcripts`.
        far_end: Receives the played sound in full duplex.
        clock: The time of day given to the model; None for none.
        tools: The tools that the session may use; None for none.
        timed: Whether it is reported how long jobs wait and take.
        offers: Tools that the model may call besides.
        grown_ms: How often words so far are transcribed, besides at every dip of the voice; 0 for never.
    """

    transcripts: Sequence[object] = ()
    replies: Sequence[Sequence[object]] = ()
    full_duplex: bool = False
    voice: Voice = field(default_factory=ToneVoice)
    model: ChatModel | None = None
    longest_utterance_s: float = 30.0
    near_end: NearEnd = field(default_factory=Headphones)
    push_to_talk: bool = False
    confirms: bool = False
    detectors: tuple[VoiceDetector, VoiceDetector] | None = None
    recogniser: Transcriber | None = None
    far_end: FarEnd | None = None
    clock: Callable[[], dt.datetime] | None = None
    tools: Registry | None = None
    voices: Voices | None = None
    languages: Sequence[str] = ()
    timed: bool = False
    offers: Sequence[Offer] = ()
    grown_ms: int = 0

    def __post_init__(self) -> None:
        self.events: list[Event] = []
        self.used: list[Call] = []
        self.said: list[tuple[int, int, int]] = []
        self.loads: list[tuple[Load, tuple[ChatMessage, ...]]] = []
        self.microphone = FakeMicrophone()
        self.detector = LoudnessDetector()
        self.speaker = FakeSpeaker(RATE_HZ)
        self.transcriber = ScriptedTranscriber(self.transcripts)  # type: ignore[arg-type] # texts and errors alike
        self.chat_model = self.model or ScriptedChatModel(self.replies)  # type: ignore[arg-type] # the same
        self.inbox: Channel[Report] = Channel("reports", limit=4096)
        self.history = History("Be brief.", self.clock)
        self.ledger_s = 0.0
        tap = self.far_end.tap if self.far_end is not None else None
        self.playout = Playout(RATE_HZ, on_report=reporting(self.inbox.offer), tap=tap)
        first_stage, confirming = self.detectors or (self.detector, LoudnessDetector() if self.full_duplex else None)
        listen = Listen(
            confirming=confirming,
            first_stage=first_stage,
            gate=GateConfig(),
            segmenter=SegmenterConfig(
                longest_utterance_s=self.longest_utterance_s,
                voice_opens=not self.push_to_talk,
                grown_ms=self.grown_ms,
            ),
            near_end=self.near_end if self.full_duplex else None,
        )
        synthesize = Synthesize(self.voice, self.playout, voices=self.voices)
        stages = Stages(
            listen=listen,
            transcribe=Transcribe(self.recogniser or self.transcriber, self.languages),
            respond=Respond(self.chat_model, reply_tokens=16, spoken_language=synthesize.spoken_language),
            synthesize=synthesize,
        )
        self.graph = Graph(stages, self.inbox, timed=self.timed)
        self.conductor = Conductor(
            state=State(
                voice=True,
                half_duplex=not self.full_duplex,
                mode="push-to-talk" if self.push_to_talk else "hands-free",
                confirms=self.confirms,
                engines=EngineState(voice_name=self.voice.name, model_name=self.chat_model.name),
                tools=(*(Offer(tool=each) for each in OWN), *self.offers) if self.tools is not None else (),
                model_calls="configured" if self.offers else "none",
            ),
            inbox=self.inbox,
            graph=self.graph,
            gate=PlayoutAdapter(self.playout),
            history=self.history,
            manner=Manner(language=None, sampling=Sampling()),
            ledger=Ledger(lambda: self.ledger_s),
            publish=self.events.append,
            order=self.graph.order,
            next_file=lambda: False,
            load=lambda order, messages: self.loads.append((order, tuple(messages))),
            use_tool=self._use_tool,
            keep=lambda turn, samples, end: self.said.append((turn, len(samples), end)),
        )

    def __enter__(self) -> Self:
        self.graph.start()
        self.conductor.start()
        sink = self.graph.put_block
        self.microphone.start(self.near_end.sink(sink) if isinstance(self.near_end, EchoFreeNearEnd) else sink)
        self.speaker.start(self.playout.pull)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.microphone.stop()
        self.speaker.stop()
        self.late = self.graph.stop()
        self.inbox.close()
        assert self.conductor.join(STUCK_S)
        if kind is None:
            assert self.late == []
            assert self.conductor.error is None

    def _use_tool(self, command: UseTool | UseTools | RememberRules) -> None:
        """Runs calls at once. The program runs them on separate threads."""
        assert self.tools is not None
        if isinstance(command, RememberRules):
            return
        calls = command.calls if isinstance(command, UseTools) else (command.call,)
        self.used += calls
        answered = tuple(ToolAnswered(turn=command.turn, call=call, result=self.tools.run(call)) for call in calls)
        if isinstance(command, UseTools):
            self.inbox.offer(RoundDone(turn=command.turn, answered=answered))
        else:
            self.inbox.offer(answered[0])

    # ---- input

    def hear(self, pattern: Pcm) -> None:
        """Records `pattern` with the microphone while the speaker plays."""
        for start in range(0, len(pattern), BLOCK_SAMPLES):
            self.speaker.play()
            self.microphone.hear(pattern[start : start + BLOCK_SAMPLES])
            self.ledger_s += BLOCK_MS / 1000
            self.settle()

    def talk(self, duration_ms: float = 600) -> None:
        """Records speech of the user."""
        self.hear(speech(duration_ms))

    def wait(self, duration_ms: float) -> None:
        """Records silence."""
        self.hear(silence(round(duration_ms * RATE_HZ / 1000)))

    def ask(self) -> None:
        """Records speech of the user and the silence that ends the turn."""
        self.talk()
        self.wait(700)

    def tell(self, report: Report) -> None:
        """Sends a report to the conductor."""
        self.inbox.put(report)
        self.settle()

    def settle(self) -> None:
        """Waits until all threads are idle."""
        deadline_s = time.monotonic() + STUCK_S
        while not (self.conductor.closed or all(self._at_rest())):
            assert time.monotonic() < deadline_s, f"never at rest: {self.graph.stats()}"
            time.sleep(0.0002)  # releases the interpreter's lock; the duration does not matter

    def until(self, condition: Callable[[], object], limit_ms: float = 60_000) -> float:
        """Records silence until `condition` is true. Returns how long that took, in ms."""
        passed_ms = 0.0
        while not condition():
            assert passed_ms < limit_ms, f"not in {limit_ms} ms: {self.events[-5:]}"
            self.wait(BLOCK_MS)
            passed_ms += BLOCK_MS
        return passed_ms

    def wait_for_question(self) -> None:
        """Waits until a question has been asked, while no model is loaded to answer it. `settle` would not return then."""
        deadline_s = time.monotonic() + STUCK_S
        while not self.told(events.Transcript):
            assert time.monotonic() < deadline_s, "no question was asked"
            time.sleep(0.001)

    def until_spoken(self, count: int) -> None:
        """Records silence until `count` answers were played."""
        self.until(lambda: len(self.told(events.Spoken)) >= count)

    # ---- results

    def told(self, kind: type[E]) -> list[E]:
        """The events of a kind so far."""
        return [event for event in self.events if isinstance(event, kind)]

    def sounding(self, last_blocks: int = 1) -> bool:
        """Whether any of the last blocks from the speaker was not silent."""
        return bool(np.any(self.speaker.played[-last_blocks * BLOCK_SAMPLES :]))

    def _at_rest(self) -> list[bool]:
        # The model and the voice may also be blocked by a full channel. Then the channel behind it is at rest.
        return [
            stats.length == 0 and stats.waiting > 0
            for stats in self.graph.stats()
            if stats.name not in {"prompts", "chunks"} or not self._held_up()
        ]

    def _held_up(self) -> bool:
        chunks = next(stats for stats in self.graph.stats() if stats.name == "chunks")
        return chunks.length == chunks.limit


def speech(duration_ms: float) -> Pcm:
    """A tone that all fake detectors treat as speech."""
    at = np.arange(round(duration_ms * RATE_HZ / 1000)) / RATE_HZ
    return (8000 * np.sin(2 * np.pi * 200 * at)).astype(np.int16)


def threads() -> set[str]:
    """The names of all running threads."""
    return {thread.name for thread in threading.enumerate()}
