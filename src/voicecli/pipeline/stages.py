"""The stages behind the listener (`listen`): transcribe, judge, respond, synthesize. Each a short generator over the ports.

A stage takes one job and yields what comes of it, in order. It knows no other stage and no thread; what it yields is
routed by `graph`. Work for a cancelled turn ends at the next thing an engine gives.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeAlias

from voicecli.engines.ports import ChatModel, SpokenWord, Transcriber, TurnDetector, Voice
from voicecli.messages import (
    Judged,
    JudgeJob,
    OldTurnsDropped,
    PieceReady,
    ReadAheadJob,
    ReplyComplete,
    ReplyText,
    RespondJob,
    SpeakJob,
    SpeechMade,
    Transcribed,
    TranscribeJob,
)
from voicecli.pcm import Pcm
from voicecli.pipeline.context import ContextWindow
from voicecli.speech.onset import silence_before
from voicecli.speech.said import TimedWord, by_length
from voicecli.speech.sentences import HASTY, Cuts, Piece, Splitter, finished_end
from voicecli.turn import Turn

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
        messages = self._window.fit(job.messages)
        if self._window.dropped:
            yield OldTurnsDropped(turn=job.turn, messages=self._window.dropped)
        cuts = HASTY if self._model.token_ms > SLOW_TOKEN_MS else None
        splitter = Splitter(cuts)
        deltas: list[str] = []
        let_go: list[Piece] = []
        for text in self._model.reply(messages, sampling=job.sampling, is_cancelled=job.turn.is_cancelled):
            deltas.append(text)
            yield ReplyText(turn=job.turn, text=text)
            for piece in splitter.feed(text):
                let_go.append(piece)
                yield PieceReady(turn=job.turn, piece=piece)
                yield SpeakJob(turn=job.turn, piece=piece)
                if piece.index == 0 and self._voice_first is not None:
                    self._voice_first.wait_sound(job.turn, VOICE_FIRST_S)
        end: int | None = None
        rest: Sequence[Piece]
        if self._model.hit_limit:
            written = "".join(deltas)
            # What was handed to the voice is said, even where it turns out to be a part of a sentence that has no end.
            end = max(finished_end(written), let_go[-1].end if let_go else 0)
            rest = pieces_of(deltas, end, cuts)[len(let_go) :]
        else:
            rest = splitter.finish()
        for piece in rest:
            yield PieceReady(turn=job.turn, piece=piece)
            yield SpeakJob(turn=job.turn, piece=piece)
        yield ReplyComplete(turn=job.turn, end=end, hit_limit=end is not None)
        yield SpeakJob(turn=job.turn, piece=None)


def pieces_of(deltas: Sequence[str], end: int, cuts: Cuts | None) -> list[Piece]:
    """The pieces of a reply that ends at `end`, handed over as it came: they begin as those of the whole reply do."""
    splitter = Splitter(cuts)
    pieces: list[Piece] = []
    for delta in deltas:
        pieces += splitter.feed(delta[:end])
        end -= min(end, len(delta))
    return pieces + splitter.finish()


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
