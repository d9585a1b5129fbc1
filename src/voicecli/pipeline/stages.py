"""The stages behind the listener (`listen`): transcribe, judge, respond, synthesize. Each a short generator over the ports.

A stage takes one job and yields what comes of it, in order. It knows no other stage and no thread; what it yields is
routed by `graph`. Work for a cancelled turn ends at the next thing an engine gives.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from voicecli.engines.ports import ChatModel, SpokenWord, Transcriber, TurnDetector, Voice, Within
from voicecli.errors import SynthesisFailed
from voicecli.messages import (
    EngineExchanged,
    Judged,
    JudgeJob,
    LeftUnsaid,
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
from voicecli.pcm import samples_of, silence
from voicecli.pipeline.context import ContextWindow
from voicecli.pipeline.haste import Heard, Urgency
from voicecli.pipeline.slot import Slot
from voicecli.pipeline.sound_sink import SoundSink
from voicecli.pipeline.written_words import WrittenWords
from voicecli.speech.normalize import prepare, read_aloud
from voicecli.speech.onset import silence_before
from voicecli.speech.pauses import added_ms
from voicecli.speech.sentences import HASTY, Cut, Cuts, Haste, Piece, Splitter, finished_end
from voicecli.tuning import ModelReleased
from voicecli.turn import Turn

SLOW_TOKEN_MS = 25.0
"""A model that takes longer for a token needs a quarter of a second and more for a first sentence."""

VOICE_FIRST_S = 0.5
"""How long a model lets the voice go first at most; should the voice fail, nothing is to wait for it."""

WORDS_BEFORE = 3
"""How many words of the piece before a voice is given, so that it goes on in the same tone; each costs it time."""

AHEAD_MS = 20_000
"""How much sound of a turn may wait to be played. Sound is cheap to make and dear to throw away only in time spent."""


WAIT_ROOM_S = 0.1
"""How often a voice that is far ahead checks whether the manner of speaking has changed."""

log = logging.getLogger(__name__)


class Transcribe:
    """Utterances in, their words out."""

    def __init__(self, transcriber: Transcriber) -> None:
        self.slot: Slot[Transcriber] = Slot(transcriber)

    def __call__(self, job: TranscribeJob) -> Iterator[Transcribed]:
        """The stage."""
        transcriber = self.slot.take(job.turn.is_cancelled)
        if transcriber is None:
            return
        heard = transcriber.transcribe(
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


Delta: TypeAlias = tuple[str, Haste]
"""What a model wrote with one token, and the haste with which it was read."""

RespondResult: TypeAlias = ReplyText | PieceReady | SpeakJob | ReplyComplete | OldTurnsDropped | ModelReleased


class Respond:
    """Conversations in, the next reply out: as text for the screen and as pieces for the voice.

    Args:
        model: The language model.
        reply_tokens: Room kept free in the context for the reply.
        voice_first: The playout, where the model and the voice fight over the same few cores: the model then waits until the first piece sounds. Its
            next words are not needed before that piece is over.
        spoken_language: Gives the language of the voice, in which code and tables are announced; None where there is no voice.
        heard: The playout, which knows when the voice will run out of text; None where there is no voice.
        clock: Seconds, by which a piece is cut that cannot be waited for; None where pieces must not depend on time.
    """

    def __init__(
        self,
        model: ChatModel,
        *,
        reply_tokens: int,
        voice_first: SoundSink | None = None,
        spoken_language: Callable[[], str] | None = None,
        heard: Heard | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._heard = heard
        self._clock = clock
        self.slot: Slot[ChatModel] = Slot(model)
        self._voice_first = voice_first
        self._spoken_language = spoken_language
        self._reply_tokens = reply_tokens
        self._model: ChatModel | None = None
        self._adopt(model)

    def __call__(self, job: RespondJob | ReadAheadJob | EngineExchanged) -> Iterator[RespondResult]:
        """The stage."""
        if isinstance(job, EngineExchanged):
            if self._adopt(self.slot.now) and self._model is None:
                yield ModelReleased()
            return
        model = self.slot.take(job.turn.is_cancelled)
        if model is None:
            return
        self._adopt(model)
        if isinstance(job, ReadAheadJob):
            model.read_ahead(self._window.fit(job.messages), is_cancelled=job.turn.is_cancelled)
            return
        messages = self._window.fit(job.messages)
        if self._window.dropped:
            yield OldTurnsDropped(turn=job.turn, messages=self._window.dropped)
        cuts = HASTY if model.token_ms > SLOW_TOKEN_MS else Cuts()
        if self._spoken_language is not None:
            cuts = replace(cuts, announces_in=self._spoken_language())
        splitter = Splitter(cuts)
        deltas: list[Delta] = []
        let_go: list[Piece] = []
        urgency = Urgency(job.turn, self._heard, self._clock)
        for text in model.reply(messages, sampling=job.sampling, is_cancelled=job.turn.is_cancelled):
            haste = urgency.now()
            deltas.append((text, haste))
            yield ReplyText(turn=job.turn, text=text)
            for piece in splitter.feed(text, haste):
                let_go.append(piece)
                urgency.let_go(piece)
                yield PieceReady(turn=job.turn, piece=piece)
                yield SpeakJob(turn=job.turn, piece=piece)
                if piece.index == 0 and self._voice_first is not None:
                    self._voice_first.wait_sound(job.turn, VOICE_FIRST_S)
        end: int | None = None
        rest: Sequence[Piece]
        if model.hit_limit:
            written = "".join(text for text, _ in deltas)
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

    def _adopt(self, model: ChatModel | None) -> bool:
        """Works with `model` from now on, and frees the one before; False when it is the same."""
        before = self._model
        if model is before:
            return False
        self._model = model
        if model is not None:
            self._window = ContextWindow(model.context_tokens - self._reply_tokens, model.count_tokens)
        else:
            del self._window  # it knows the model
        if before is not None:
            before.close()
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How pieces are said: by which voice, and how fast."""

    voice: Voice
    speed: float = 1.0

    def __post_init__(self) -> None:
        prepare(self.voice.language)  # the first piece in a new language is not to wait for its rules


def pieces_of(deltas: Sequence[Delta], end: int, cuts: Cuts | None) -> list[Piece]:
    """The pieces of a reply that ends at `end`, handed over as it came: they begin as those of the whole reply do."""
    splitter = Splitter(cuts)
    pieces: list[Piece] = []
    for delta, haste in deltas:
        pieces += splitter.feed(delta[:end], haste if end else Haste.NONE)
        end -= min(end, len(delta))
    return pieces + splitter.finish()


class Synthesize:
    """Pieces in, sound into the playout.

    Numbers and abbreviations are put into the words of the voice's language here, so that it is done for everything that is said. Script that the
    language does not use is left out.

    What waits to be played when the manner changes is said anew in the new one, piece by piece, each put in the place of the old one when it is
    ready; so nothing is ever missing.

    Args:
        voice: The voice.
        sink: The playout.
        speed: How fast it speaks.

    Attributes:
        manner: How the next pieces are said. Any thread may exchange it.
    """

    def __init__(self, voice: Voice, sink: SoundSink, *, speed: float = 1.0) -> None:
        self.manner = Manner(voice=voice, speed=speed)
        self._sink = sink
        self._announced: Turn | None = None
        self._turn: Turn | None = None
        self._said: list[tuple[Piece, Manner]] = []  # of that turn, in order

    def spoken_language(self) -> str:
        """The language of the voice that says the next pieces."""
        return self.manner.voice.language

    def __call__(self, job: SpeakJob | EngineExchanged) -> Iterator[SpeechMade | LeftUnsaid]:
        """The stage."""
        if self._said and self._said[-1][1] is not self.manner:
            self._say_anew()
        if isinstance(job, EngineExchanged):
            return
        if job.piece is None:
            self._sink.finish(job.turn)
            return
        if self._turn is not job.turn:
            self._turn, self._said = job.turn, []
        manner = self.manner
        yield from self._say(job.turn, job.piece, manner)
        self._said.append((job.piece, manner))

    def _say(self, turn: Turn, piece: Piece, manner: Manner) -> Iterator[SpeechMade | LeftUnsaid]:
        rate_hz = manner.voice.rate_hz
        reading = read_aloud(piece.text, manner.voice.language)
        written = WrittenWords(piece, reading)
        if reading.left_out:
            yield LeftUnsaid(turn=turn, piece=piece.index, script=reading.left_out, whole=reading.is_silent)
        if reading.is_silent:
            self._sink.time_words(turn, piece.index, written.rest(0), rate_hz)
            self._sink.end_piece(turn, piece.index)
            return
        timed = False
        samples = 0
        pause = self._pause(turn, piece, manner)
        left_out = -pause

        def on_words(words: Sequence[SpokenWord]) -> None:
            nonlocal timed
            timed = True
            self._sink.time_words(turn, piece.index, written.times(words, left_out), rate_hz)

        speaking = manner.voice.speak(
            reading.text,
            is_cancelled=turn.is_cancelled,
            on_words=on_words,
            speed=manner.speed,
            within=self._within(piece, manner),
        )
        for sound in speaking:
            chunk = sound
            if not samples and pause:
                chunk = np.concatenate([silence(pause), sound])
            if self._announced is not turn:  # nobody waits for the silence before the very first word
                left_out = silence_before(sound, rate_hz)
                chunk = sound[left_out:]
            while not self._sink.wait_room(turn, AHEAD_MS, WAIT_ROOM_S):
                self._say_anew()
            self._sink.add(turn, piece.index, chunk, rate_hz)
            samples += len(chunk)
            if self._announced is not turn:
                self._announced = turn
                yield SpeechMade(turn=turn)
        if not timed:
            self._sink.time_words(turn, piece.index, written.evenly(samples, pause), rate_hz)
        if reading.left_out:
            self._sink.time_words(turn, piece.index, written.rest(samples), rate_hz)
        self._sink.end_piece(turn, piece.index)

    def _pause(self, turn: Turn, piece: Piece, manner: Manner) -> int:
        """How many samples of silence come before `piece`: what a reader's pause is longer than the voice's own."""
        before = self._before(piece)
        if before is None or self._sink.buffered_ms(turn) <= 0.0:  # nothing waits: there has been a pause already
            return 0
        return samples_of(added_ms(before.cut, before.text) / manner.speed, manner.voice.rate_hz)

    def _within(self, piece: Piece, manner: Manner) -> Within:
        """Where in its sentence `piece` stands."""
        goes_on = piece.cut is Cut.JOINT
        before = self._before(piece)
        if before is None or before.cut not in {Cut.JOINT, Cut.CLAUSE}:
            return Within(goes_on=goes_on)
        words = read_aloud(before.text, manner.voice.language).text.split()
        return Within(before=" ".join(words[-WORDS_BEFORE:]), joined=before.cut is Cut.JOINT, goes_on=goes_on)

    def _before(self, piece: Piece) -> Piece | None:
        """The piece before `piece` in the same reply."""
        return next((said for said, _ in self._said if said.index == piece.index - 1), None)

    def _say_anew(self) -> None:
        """Says what waits to be played in the present manner, what is heard next first; lets go of the voice before."""
        for n, (piece, said_in) in enumerate(self._said):
            turn, manner = self._turn, self.manner
            if turn is None or turn.cancelled:
                self._said = []
                return
            if said_in is manner:
                continue
            if self._sink.waits(turn, piece.index):
                try:
                    self._replace(turn, piece, manner)
                except SynthesisFailed as error:  # what was said before is good enough
                    log.warning("synthesize: %s", error.message)
            self._said[n] = piece, manner

    def _replace(self, turn: Turn, piece: Piece, manner: Manner) -> None:
        told: list[SpokenWord] = []
        rate_hz = manner.voice.rate_hz
        reading = read_aloud(piece.text, manner.voice.language)
        if reading.is_silent:
            return
        written = WrittenWords(piece, reading)
        chunks = list(
            manner.voice.speak(
                reading.text,
                is_cancelled=turn.is_cancelled,
                on_words=told.extend,
                speed=manner.speed,
                within=self._within(piece, manner),
            )
        )
        if not chunks or turn.cancelled:
            return
        sound = np.concatenate(chunks)
        words = written.times(told) if told else written.evenly(len(sound))
        if reading.left_out:
            words += written.rest(len(sound))
        self._sink.replace(turn, piece.index, sound, words, rate_hz)
