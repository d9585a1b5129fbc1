"""The four stages: listen, transcribe, respond, synthesize. Each a short generator over the ports.

A stage takes one job and yields what comes of it, in order. It knows no other stage and no thread; what it yields is
routed by `graph`. Work for a cancelled turn ends at the next thing an engine gives.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, assert_never

from voicecli.audio.ports import Cancelling, Cleaned, NearEnd
from voicecli.engines.ports import ChatModel, SpokenWord, Transcriber, TurnDetector, Voice, VoiceDetector
from voicecli.messages import (
    BargeIn,
    EchoUncancelled,
    Heard,
    Judged,
    JudgeJob,
    MicrophoneBlock,
    OldTurnsDropped,
    PieceReady,
    Pulse,
    ReadAheadJob,
    ReplyComplete,
    ReplyText,
    RespondJob,
    SpeakJob,
    SpeechMade,
    Transcribed,
    TranscribeJob,
)
from voicecli.pcm import BLOCK_SAMPLES, Pcm, samples_of
from voicecli.pipeline.context import ContextWindow
from voicecli.pipeline.detecting import TwoDetectors
from voicecli.speech.gate import Gate, GateConfig, Voicing
from voicecli.speech.interruption import Interruption, InterruptionJudge, JudgeConfig
from voicecli.speech.level import LevelMeter, dbfs
from voicecli.speech.onset import silence_before
from voicecli.speech.said import TimedWord, by_length
from voicecli.speech.segmenter import (
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
from voicecli.speech.sentences import HASTY, Piece, Splitter
from voicecli.turn import Turn

PULSE_BLOCKS = 5
"""Blocks between two pulses: ten a second, as often as a level meter is drawn."""

VOICE_PROBABILITY = JudgeConfig().suspect_probability
"""Silero's, from which it is worth asking whether a voice is the speaker's own."""

SPEECH_PROBABILITY = 0.5
"""Silero's, from which a block counts as somebody's voice when the canceller is judged."""

SLOW_TOKEN_MS = 25.0
"""A model that takes longer for a token needs a quarter of a second and more for a first sentence."""

VOICE_FIRST_S = 0.5
"""How long a model lets the voice go first at most; should the voice fail, nothing is to wait for it."""

AHEAD_MS = 20_000
"""How much sound of a turn may wait to be played. Sound is cheap to make and dear to throw away only in time spent."""


class SoundSink(Protocol):
    """Where synthesized sound goes; the playout."""

    def add(self, turn: Turn, piece: int, pcm: Pcm, rate_hz: int) -> None:
        """The next chunk of `piece`, shape (n,) at `rate_hz`."""
        ...

    def time_words(self, turn: Turn, piece: int, words: Sequence[TimedWord], rate_hz: int) -> None:
        """When the next words of `piece` sound, in order; in samples at `rate_hz`."""
        ...

    def end_piece(self, turn: Turn, piece: int) -> None:
        """All of `piece` has been added."""
        ...

    def finish(self, turn: Turn) -> None:
        """Nothing more will be added for `turn`."""
        ...

    def wait_sound(self, turn: Turn, timeout_s: float) -> None:
        """Waits until there is sound of `turn`, it is known that there will be none, or `timeout_s` is over."""
        ...

    def wait_room(self, turn: Turn, limit_ms: float) -> None:
        """Waits until less than `limit_ms` of `turn` is waiting to be played, or the turn is cancelled."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """From now on the microphone counts (True) or does not (False); `for_ms` of it do not count after it is opened again."""

    muted: bool
    for_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EndAfter:
    """The pause that began at `speech_end_sample` is the end of the utterance once it is `silence_ms` long."""

    silence_ms: float
    speech_end_sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attend:
    """From now on an answer sounds that somebody may talk into, or no longer."""

    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """What is being said is thrown away."""


ListenOrder: TypeAlias = Mute | EndAfter | Attend | Forget | TalkOrder
ListenResult: TypeAlias = Heard | Pulse | BargeIn | EchoUncancelled


class Listen:
    """Microphone blocks in, facts about speech out.

    Args:
        first_stage: webrtcvad.
        confirming: Silero, or None where its file is missing.
        gate: How easily speech begins and pauses.
        segmenter: What belongs to an utterance.
        near_end: Takes out what the speaker plays; None where the microphone is shut while an answer sounds, or nothing is played.
        relies_on_canceller: Whether an echo that is not cancelled is told.
    """

    def __init__(
        self,
        *,
        first_stage: VoiceDetector,
        confirming: VoiceDetector | None,
        gate: GateConfig,
        segmenter: SegmenterConfig,
        near_end: NearEnd | None = None,
        relies_on_canceller: bool = True,
    ) -> None:
        self._near_end = near_end
        self._relies_on_canceller = relies_on_canceller
        self._judge = InterruptionJudge()
        self._attending = False
        self._verdict = Interruption.QUIET
        self._detectors = TwoDetectors(first_stage, confirming)
        self._gate = Gate(gate)
        self._segmenter = Segmenter(segmenter)
        self._meter = LevelMeter()
        self._orders: deque[tuple[ListenOrder, int]] = deque()
        self._muted = False
        self._deaf_until_sample = 0
        self._blocks = 0

    @property
    def alert(self) -> bool:
        """Whether something may be going on, so that every block should come at once; any thread may ask."""
        return self._attending or self._detectors.awake or self._segmenter.open or bool(self._orders)

    def order(self, order: ListenOrder, from_sample: int = 0) -> None:
        """Is obeyed before the next block, or before the first that was captured at `from_sample` or later; from any thread."""
        self._orders.append((order, from_sample))

    def __call__(self, block: MicrophoneBlock) -> Iterator[ListenResult]:
        """The stage."""
        now = block.first_sample + BLOCK_SAMPLES
        while self._orders and self._orders[0][1] <= block.first_sample:
            order, _ = self._orders.popleft()
            yield from self._tell(self._obey(order, block.first_sample), now)
        if not block.captured:
            yield from self._skip(now)
            return
        near_end = self._near_end
        heard = Cleaned(decide=block.samples, transcribe=block.samples)
        if near_end is not None:
            heard = near_end.clean(block.samples, block.first_sample)
        # The detectors hear every block, also a muted one: their state must not have gaps.
        attentive = self._attending or self._segmenter.open or self._gate.voicing is not Voicing.QUIET
        first, confirmed = self._detectors.score(heard.decide, attentive=attentive)
        if near_end is not None and confirmed is not None:
            if confirmed >= VOICE_PROBABILITY and near_end.is_echo():
                confirmed = 0.0
                self._judge.be_wary()
                if self._attending:  # what has been taken for the beginning of speech was the answer itself
                    self._gate.close()
                    yield from self._tell(self._segmenter.drop("discarded"), now)
            yield from self._watch(near_end, confirmed, now)
        if not self._muted:
            # Right after an answer its last sound is still in the room: it opens nothing, but it is kept as pre-roll, since somebody
            # who replies at once speaks over it.
            deaf = block.first_sample < self._deaf_until_sample
            voicing = Voicing.QUIET
            if not deaf:
                level = dbfs(heard.decide)
                voicing = self._gate.step(first_stage=first, confirmed=confirmed, level_dbfs=level)
            spoken = self._segmenter.step(heard.transcribe, block.first_sample, voicing, self._gate.unvoiced_blocks)
            yield from self._tell(spoken, now)
        self._meter.update(block.samples)
        yield from self._pulse(now)

    def _skip(self, now_sample: int) -> Iterator[ListenResult]:
        """The microphone is muted: only time goes on."""
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
            yield Heard(segment=segment, now_sample=now_sample)

    def _pulse(self, now_sample: int) -> Iterator[Pulse]:
        self._blocks += 1
        if self._blocks % PULSE_BLOCKS == 0:
            yield Pulse(now_sample=now_sample, dbfs=self._meter.dbfs)

    def _watch(self, near_end: NearEnd, probability: float, now: int) -> Iterator[BargeIn | EchoUncancelled]:
        """Whether somebody talks into the answer, and whether that can be told at all."""
        cancelling = near_end.judge(speech=probability >= SPEECH_PROBABILITY)
        if cancelling is Cancelling.NOT_CONVERGING and self._relies_on_canceller:
            self._relies_on_canceller = False  # once is enough
            yield EchoUncancelled()
        if near_end.was_disturbed():
            self._judge.be_wary()
        if not self._attending:
            return
        verdict = self._judge.step(probability)
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
            case Forget():
                self._gate.close()
                self._segmenter.drop("discarded")
            case Mute():
                begins = order.muted and not self._muted
                if not order.muted and self._muted:
                    self._deaf_until_sample = at_sample + samples_of(order.for_ms)
                self._muted = order.muted
                if begins:
                    self._gate.close()
                    return self._segmenter.drop("muted")
            case BeginTalk() | EndTalk() | DropTalk():
                if not self._segmenter.open and self._gate.voicing is Voicing.STOPPING:
                    self._gate.close()  # that speech opened nothing, so its end is no pause
                # What was heard while the answer's last sound was in the room is no pre-roll.
                return self._segmenter.obey(order, at_sample, earliest_sample=self._deaf_until_sample)
            case _:
                assert_never(order)
        return []


class Transcribe:
    """Utterances in, their words out."""

    def __init__(self, transcriber: Transcriber) -> None:
        self._transcriber = transcriber

    def __call__(self, job: TranscribeJob) -> Iterator[Transcribed]:
        """The stage."""
        heard = self._transcriber.transcribe(
            job.utterance.samples, language=job.language, is_cancelled=job.turn.is_cancelled, context=job.context
        )
        yield Transcribed(turn=job.turn, transcription=heard)


class Judge:
    """Pauses in, how likely each is the end of the turn out."""

    def __init__(self, detector: TurnDetector) -> None:
        self._detector = detector

    def __call__(self, job: JudgeJob) -> Iterator[Judged]:
        """The stage."""
        yield Judged(turn=job.turn, probability=self._detector.probability(job.utterance.samples))


RespondResult: TypeAlias = ReplyText | PieceReady | SpeakJob | ReplyComplete | OldTurnsDropped


class Respond:
    """Conversations in, the next reply out: as text for the screen and as pieces for the voice.

    Args:
        model: The language model.
        reply_tokens: Room kept free in the context for the reply.
        voice_first: The playout, where the model and the voice fight over the same few cores: the model then waits until the first piece sounds. Its
            next words are not needed before that piece is over.
    """

    def __init__(self, model: ChatModel, *, reply_tokens: int, voice_first: SoundSink | None = None) -> None:
        self._model = model
        self._voice_first = voice_first
        self._window = ContextWindow(model.context_tokens - reply_tokens, model.count_tokens)

    def __call__(self, job: RespondJob | ReadAheadJob) -> Iterator[RespondResult]:
        """The stage."""
        if isinstance(job, ReadAheadJob):
            self._model.read_ahead(self._window.fit(job.messages), is_cancelled=job.turn.is_cancelled)
            return
        dropped = self._window.dropped
        messages = self._window.fit(job.messages)
        if self._window.dropped > dropped:
            yield OldTurnsDropped(turn=job.turn, messages=self._window.dropped)
        splitter = Splitter(HASTY if self._model.token_ms > SLOW_TOKEN_MS else None)
        for text in self._model.reply(messages, sampling=job.sampling, is_cancelled=job.turn.is_cancelled):
            yield ReplyText(turn=job.turn, text=text)
            for piece in splitter.feed(text):
                yield PieceReady(turn=job.turn, piece=piece)
                yield SpeakJob(turn=job.turn, piece=piece)
                if piece.index == 0 and self._voice_first is not None:
                    self._voice_first.wait_sound(job.turn, VOICE_FIRST_S)
        for piece in splitter.finish():
            yield PieceReady(turn=job.turn, piece=piece)
            yield SpeakJob(turn=job.turn, piece=piece)
        yield ReplyComplete(turn=job.turn)
        yield SpeakJob(turn=job.turn, piece=None)


class Synthesize:
    """Pieces in, sound into the playout.

    Args:
        voice: The voice.
        sink: The playout.
    """

    def __init__(self, voice: Voice, sink: SoundSink) -> None:
        self._voice = voice
        self._sink = sink
        self._announced: Turn | None = None

    def __call__(self, job: SpeakJob) -> Iterator[SpeechMade]:
        """The stage."""
        if job.piece is None:
            self._sink.finish(job.turn)
            return
        turn, piece, rate_hz = job.turn, job.piece, self._voice.rate_hz
        timed = False
        samples = left_out = 0

        def on_words(words: Sequence[SpokenWord]) -> None:
            nonlocal timed
            timed = True
            self._sink.time_words(turn, piece.index, _numbered(piece, words, left_out), rate_hz)

        for sound in self._voice.speak(piece.text, is_cancelled=turn.is_cancelled, on_words=on_words):
            chunk = sound
            if self._announced is not turn:  # nobody waits for the silence before the very first word
                left_out = silence_before(sound, rate_hz)
                chunk = sound[left_out:]
            self._sink.wait_room(turn, AHEAD_MS)
            self._sink.add(turn, piece.index, chunk, rate_hz)
            samples += len(chunk)
            if self._announced is not turn:
                self._announced = turn
                yield SpeechMade(turn=turn)
        if not timed:
            self._sink.time_words(turn, piece.index, by_length(piece.words, samples), rate_hz)
        self._sink.end_piece(turn, piece.index)


def _numbered(piece: Piece, words: Sequence[SpokenWord], left_out: int) -> list[TimedWord]:
    """What the voice knows, by the words of the piece. Where it counts several words as one, they sound together.

    Args:
        piece: What is said.
        words: When, counted from the voice's own beginning.
        left_out: Samples of it that are not played.
    """
    return [
        TimedWord(word=n, from_sample=max(0, word.from_sample - left_out), to_sample=max(0, word.to_sample - left_out))
        for word in words
        for n, said in enumerate(piece.words)
        if word.start <= said.said_start < word.end
    ]
