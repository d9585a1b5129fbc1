"""The first stage, the listener. It turns microphone blocks into facts about speech, and carries out orders.

It processes every block, so it must be cheap: two voice detectors, the gate, the loudness judge, the segmenter, and, while an answer plays,
the echo canceller and the interruption judge.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

from voicecli.audio.ports import Cancelling, Cleaned, NearEnd
from voicecli.engines.ports import VoiceDetector
from voicecli.errors import VoiceCliError, internal
from voicecli.messages import BargeIn, EchoUncancelled, EngineLost, Heard, MicrophoneBlock, Pulse, VoiceIgnored
from voicecli.pcm import BLOCK_SAMPLES, blocks_of, samples_of
from voicecli.pipeline.cascaded_detector import CascadedDetector
from voicecli.pipeline.worker import log_fault
from voicecli.speech.background_voice import BackgroundVoiceConfig, BackgroundVoiceFilter
from voicecli.speech.barge_in_detector import Interruption, InterruptionJudge, JudgeConfig
from voicecli.speech.level import LevelMeter, dbfs
from voicecli.speech.utterance_segmenter import (
    BeginTalk,
    DropTalk,
    EndTalk,
    Segment,
    Segmenter,
    SegmenterConfig,
    SpeechDiscarded,
    SpeechEnded,
    TalkOrder,
)
from voicecli.speech.voice_gate import Gate, GateConfig, Voicing

PULSE_BLOCKS = 5
"""Blocks between two pulses: ten per second, as often as a level meter is drawn."""

VOICE_PROBABILITY = JudgeConfig().suspect_probability
"""Silero's probability from which it is worth checking whether a voice is the speaker's own."""

SPEECH_PROBABILITY = 0.5
"""Silero's probability from which a block counts as somebody's voice when the canceller is judged."""


TOLD_BLOCKS = blocks_of(1000)
"""A voice that was ignored for this long may be the user's after all, who must then be told why nothing happens."""


ROOM_TAIL_MS: Final = 250.0
"""Half duplex: how long the microphone stays closed after the last sound was handed to the speaker. What the card still holds (about
40 ms) and the room's reverberation must not count as speech."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoreMicrophone:
    """Half duplex: ignores the microphone while an answer plays (True), or listens again (False), which takes effect after `tail_ms`."""

    on: bool
    tail_ms: float = ROOM_TAIL_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class EndAfter:
    """The pause that began at `speech_end_sample` ends the utterance when it is `silence_ms` long."""

    silence_ms: float
    speech_end_sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attend:
    """An answer that somebody may interrupt starts to play (True), or no longer plays (False)."""

    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetSpeech:
    """Discards the current utterance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowVoice:
    """The last utterance was meant for the assistant, so its loudness is the user's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetVoice:
    """The microphone was changed, so the user's loudness is unknown."""


ListenOrder: TypeAlias = IgnoreMicrophone | EndAfter | Attend | ForgetSpeech | KnowVoice | ForgetVoice | TalkOrder
ListenResult: TypeAlias = Heard | Pulse | BargeIn | EchoUncancelled | EngineLost | VoiceIgnored


def _lost(what: str, error: Exception) -> EngineLost:
    """Reports a lost engine. Without it, the answer's own echo would count as a barge-in."""
    log_fault("listen", error)
    fault = error if isinstance(error, VoiceCliError) else internal("listen", error)
    return EngineLost(what=what, error=fault, needed_to_interrupt=True)


class Listen:
    """Turns microphone blocks into facts about speech.

    Args:
        first_stage: webrtcvad.
        confirming: Silero, or None if its file is missing.
        gate: How easily speech starts and pauses.
        segmenter: What belongs to an utterance.
        foreground: Which voices are too soft to count.
        near_end: Cancels what the speaker plays; None if the microphone is closed while an answer plays, or nothing is played.
        relies_on_canceller: Whether an echo that is not cancelled is reported.
    """

    def __init__(
        self,
        *,
        first_stage: VoiceDetector,
        confirming: VoiceDetector | None,
        gate: GateConfig,
        segmenter: SegmenterConfig,
        foreground: BackgroundVoiceConfig | None = None,
        near_end: NearEnd | None = None,
        relies_on_canceller: bool = True,
    ) -> None:
        self._near_end = near_end
        self._relies_on_canceller = relies_on_canceller
        self._judge = InterruptionJudge()
        self._attending = False
        self._verdict = Interruption.QUIET
        self._detectors = CascadedDetector(first_stage, confirming)
        self._gate = Gate(gate)
        self._segmenter = Segmenter(segmenter)
        self._foreground = BackgroundVoiceFilter(foreground or BackgroundVoiceConfig())
        self._ignored_blocks = 0
        self._ignored_told = False
        self._meter = LevelMeter()
        self._orders: deque[tuple[ListenOrder, int]] = deque()
        self._ignoring = False
        self._deaf_until_sample = 0
        self._blocks = 0

    @property
    def alert(self) -> bool:
        """Whether something may be going on, so that every block should come at once. Any thread may ask."""
        return self._attending or self._detectors.awake or self._segmenter.open or bool(self._orders)

    def order(self, order: ListenOrder, from_sample: int = 0) -> None:
        """Queues an order. It is carried out before the next block, or before the first block captured at `from_sample` or later. From any thread."""
        self._orders.append((order, from_sample))

    def __call__(self, block: MicrophoneBlock) -> Iterator[ListenResult]:
        """Runs the stage on one block."""
        now = block.first_sample + BLOCK_SAMPLES
        while self._orders and self._orders[0][1] <= block.first_sample:
            order, _ = self._orders.popleft()
            yield from self._tell(self._obey(order, block.first_sample), now)
        if not block.captured:
            yield from self._skip(now)
            return
        heard = yield from self._cleaned(block)
        near_end = self._near_end
        first, confirmed = yield from self._scored(heard)
        if near_end is not None and confirmed is not None and confirmed >= VOICE_PROBABILITY and near_end.is_echo():
            confirmed = 0.0
            self._judge.be_wary()
            if self._attending:  # what seemed to be the beginning of speech was the answer itself
                self._gate.close()
                yield from self._tell(self._segmenter.drop("discarded"), now)
        voice = first if confirmed is None else confirmed
        # Uses the `transcribe` signal, because `decide` is softer while a person talks over an answer.
        far = self._foreground.step(
            dbfs(heard.transcribe), voiced=voice >= SPEECH_PROBABILITY, speaking=self._segmenter.open
        )
        if near_end is not None and confirmed is not None:
            yield from self._watch(near_end, confirmed, now, far=bool(far) or self._foreground.unlike)
        if not self._ignoring:
            yield from self._ignore(voice, far=bool(far))
            # Right after an answer its last sound is still in the room. It opens nothing, but it is kept as pre-roll, because a person
            # who replies at once speaks over it.
            voicing = Voicing.QUIET
            if block.first_sample >= self._deaf_until_sample:
                level = dbfs(heard.decide)
                voicing = self._gate.step(first_stage=first, confirmed=confirmed, level_dbfs=level, far_blocks=far)
            if self._foreground.unlike and (self._foreground.sure or voicing is Voicing.STOPPING):
                yield from self._tell(self._segmenter.drop("background"), now)
                voicing = Voicing.QUIET
            spoken = self._segmenter.step(heard.transcribe, block.first_sample, voicing, self._gate.unvoiced_blocks)
            yield from self._tell(spoken, now)
        self._meter.update(block.samples)
        yield from self._pulse(now)

    def _cleaned(self, block: MicrophoneBlock) -> Generator[ListenResult, None, Cleaned]:
        """Returns the block without the echo of the speaker."""
        if self._near_end is not None:
            try:
                return self._near_end.clean(block.samples, block.first_sample)
            except Exception as error:  # noqa: BLE001 - after any error the microphone is still usable while nothing plays
                self._near_end = None
                yield _lost("The echo canceller", error)
        return Cleaned(decide=block.samples, transcribe=block.samples)

    def _scored(self, heard: Cleaned) -> Generator[ListenResult, None, tuple[float, float | None]]:
        """Returns the scores of both voice detectors; None for the second if it was not asked.

        The detectors get every block, because their state must not have gaps.
        """
        attentive = self._attending or self._segmenter.open or self._gate.voicing is not Voicing.QUIET
        scores = self._detectors.score(heard.decide, attentive=attentive)
        if self._detectors.fault is not None:
            yield _lost("The Silero voice detector", self._detectors.fault)
            self._detectors.fault = None
        return scores

    def _skip(self, now_sample: int) -> Iterator[ListenResult]:
        """Handles a block of a muted microphone: only time advances."""
        yield from self._tell(self._segmenter.drop("muted"), now_sample)
        self._gate.close()
        self._judge.reset()
        self._verdict = Interruption.QUIET
        self._meter = LevelMeter()
        yield from self._pulse(now_sample)

    def _tell(self, segments: list[Segment], now_sample: int) -> Iterator[Heard]:
        for segment in segments:
            if isinstance(segment, SpeechEnded | SpeechDiscarded):
                self._gate.close()
                self._foreground.end(spoken=isinstance(segment, SpeechEnded))
            yield Heard(segment=segment, now_sample=now_sample)

    def _pulse(self, now_sample: int) -> Iterator[Pulse]:
        self._blocks += 1
        if self._blocks % PULSE_BLOCKS == 0:
            yield Pulse(now_sample=now_sample, dbfs=self._meter.dbfs)

    def _ignore(self, voice: float, *, far: bool) -> Iterator[VoiceIgnored]:
        """Counts blocks that are ignored because the voice is too soft."""
        if voice < SPEECH_PROBABILITY or self._segmenter.open:
            return
        self._ignored_blocks = self._ignored_blocks + 1 if far else 0
        if self._ignored_blocks >= TOLD_BLOCKS and not self._ignored_told:
            self._ignored_told = True  # once is enough
            yield VoiceIgnored()

    def _watch(
        self, near_end: NearEnd, probability: float, now: int, *, far: bool
    ) -> Iterator[BargeIn | EchoUncancelled]:
        """Checks whether a person talks over the answer, and whether the canceller works well enough to tell."""
        cancelling = near_end.judge(speech=probability >= SPEECH_PROBABILITY)
        if cancelling is Cancelling.NOT_CONVERGING and self._relies_on_canceller:
            self._relies_on_canceller = False  # once is enough
            yield EchoUncancelled()
        if near_end.was_disturbed():
            self._judge.be_wary()
        if not self._attending:
            return
        verdict = self._judge.step(0.0 if far else probability)
        if verdict is not self._verdict:
            self._verdict = verdict
            yield BargeIn(verdict=verdict, now_sample=now)

    def _obey(self, order: ListenOrder, at_sample: int) -> list[Segment]:
        match order:
            case EndAfter():
                self._segmenter.end_after(order.silence_ms, order.speech_end_sample)
            case Attend():
                self._attending = order.on
                self._judge.reset()
                self._verdict = Interruption.QUIET
            case ForgetSpeech():
                self._gate.close()
                self._segmenter.drop("discarded")
                self._foreground.end(spoken=False)
            case KnowVoice():
                self._foreground.know()
            case ForgetVoice():
                self._foreground.forget()
            case IgnoreMicrophone():
                begins = order.on and not self._ignoring
                if not order.on and self._ignoring:
                    self._deaf_until_sample = at_sample + samples_of(order.tail_ms)
                self._ignoring = order.on
                if begins:
                    self._gate.close()
                    return self._segmenter.drop("muted")
            case BeginTalk() | EndTalk() | DropTalk():
                if not self._segmenter.open and self._gate.voicing is Voicing.STOPPING:
                    self._gate.close()  # that speech opened nothing, so its end is not a pause
                if isinstance(order, BeginTalk):
                    self._foreground.begin_by_key()
                # What was recorded while the answer's last sound was in the room does not count as pre-roll.
                return self._segmenter.obey(order, at_sample, earliest_sample=self._deaf_until_sample)
            case _:
                assert_never(order)
        return []
