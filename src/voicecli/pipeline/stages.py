"""The stages behind the listener: transcribe, judge, respond, synthesize. Each is a short generator over the ports.

A stage takes one job and yields its results in order. It knows no other stage and no thread. `graph` routes
its results. Work for a cancelled turn ends at the next result of an engine.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from voicecli.engines.ports import SpokenWord, Voice, Within
from voicecli.errors import StageError
from voicecli.messages import (
    EngineExchanged,
    LeftUnsaid,
    SpeakJob,
    SpeechMade,
)
from voicecli.pcm import Pcm, samples_of, silence
from voicecli.pipeline.recognition import Judge, Transcribe
from voicecli.pipeline.respond import SLOW_TOKEN_MS, Ending, Respond, chunks_of
from voicecli.pipeline.sound_reserve import SoundReserve
from voicecli.pipeline.sound_sink import SoundSink
from voicecli.pipeline.voice_choice import VoiceChoice, Voices
from voicecli.pipeline.word_mapping import WordMapping
from voicecli.speech.leading_silence import silence_before
from voicecli.speech.normalize import Reading, prepare, read_aloud
from voicecli.speech.pauses import added_ms
from voicecli.speech.sentence_chunker import Chunk, Cut
from voicecli.turn import Turn

__all__ = ["SLOW_TOKEN_MS", "Ending", "Judge", "Manner", "Respond", "Synthesize", "Transcribe", "chunks_of"]

WORDS_BEFORE = 3
"""How many words of the previous chunk a voice is given, so that it continues in the same tone. Each of them costs time."""

AHEAD_MS = 20_000
"""How much sound of a turn may be buffered. Discarding it wastes only the time of its synthesis."""


WAIT_ROOM_S = 0.1
"""How often a voice that is far ahead checks whether the manner of speaking has changed."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How chunks are spoken: by which voice, and how fast."""

    voice: Voice
    speed: float = 1.0

    def __post_init__(self) -> None:
        prepare(self.voice.language)  # so that the first chunk in a new language does not wait for its rules


class Synthesize:
    """Synthesizes chunks into the playout.

    Numbers and abbreviations are converted here to words of the voice's language, so that it happens for everything that is spoken. Text in a script
    that the language does not use is left out.

    When the manner changes, the waiting chunks are synthesized again one by one, and each replaces the old sound when it is ready. So
    nothing is ever missing.

    Args:
        voice: The voice.
        sink: The playout.
        speed: The speed of speech.
        voices: Returns voices for other languages; None if there is only `voice`.
        clock: Monotonic seconds. With it the voice is measured, and a slow one is not heard before it can go on without a break inside a chunk.

    Attributes:
        manner: How the next chunks are spoken. Any thread may replace it.
    """

    def __init__(
        self,
        voice: Voice,
        sink: SoundSink,
        *,
        speed: float = 1.0,
        voices: Voices | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._reserve = SoundReserve(clock)
        self.manner = Manner(voice=voice, speed=speed)
        self._choice = VoiceChoice(voices)
        self._sink = sink
        self._announced: Turn | None = None
        self._turn: Turn | None = None
        self._said: list[tuple[Chunk, Manner]] = []  # of the present turn, in order

    def spoken_language(self) -> str:
        """Returns the language of the voice that speaks the next chunks."""
        return self.manner.voice.language

    def __call__(self, job: SpeakJob | EngineExchanged) -> Iterator[SpeechMade | LeftUnsaid]:
        """Runs the stage on one job."""
        if self._said and self._said[-1][1] is not self.manner:
            self._say_anew()
        if isinstance(job, EngineExchanged):
            return
        if job.chunk is None:
            self._sink.finish(job.turn)
            return
        if self._turn is not job.turn:
            self._turn, self._said = job.turn, []
        manner, chunk = self.manner, job.chunk
        voice, unspoken = self._choice.choose(
            job.turn, chunk.index, chunk.text, job.language, manner.voice, sure=job.sure
        )
        if unspoken:
            yield LeftUnsaid(turn=job.turn, chunk=chunk.index, script="", whole=True, language=unspoken)
            self._pass_over(job.turn, chunk, manner)
        else:
            yield from self._say(job.turn, chunk, replace(manner, voice=voice))
        self._said.append((chunk, manner))

    def _pass_over(self, turn: Turn, chunk: Chunk, manner: Manner) -> None:
        """Marks `chunk` as complete without speaking it. It is only shown."""
        written = WordMapping(chunk, Reading("", (), left_out=chunk.text))
        self._sink.time_words(turn, chunk.index, written.rest(0), manner.voice.rate_hz)
        self._sink.end_chunk(turn, chunk.index)

    def _say(self, turn: Turn, chunk: Chunk, manner: Manner) -> Iterator[SpeechMade | LeftUnsaid]:
        rate_hz = manner.voice.rate_hz
        reading = read_aloud(chunk.text, manner.voice.language)
        written = WordMapping(chunk, reading)
        if reading.left_out:
            yield LeftUnsaid(turn=turn, chunk=chunk.index, script=reading.left_out, whole=reading.is_silent)
        if reading.is_silent:
            self._pass_over(turn, chunk, manner)
            return
        timed = False
        samples = 0
        pause = self._pause(turn, chunk, manner)
        left_out = -pause

        def on_words(words: Sequence[SpokenWord]) -> None:
            nonlocal timed
            timed = True
            self._sink.time_words(turn, chunk.index, written.times(words, left_out), rate_hz)

        speaking = manner.voice.speak(
            reading.text,
            is_cancelled=turn.is_cancelled,
            on_words=on_words,
            speed=manner.speed,
            within=self._within(chunk, manner),
        )

        def pieces() -> Iterator[Pcm]:
            nonlocal samples, left_out
            for sound in speaking:
                part = sound
                if not samples and pause:
                    part = np.concatenate([silence(pause), sound])
                if self._announced is not turn:  # silence before the first word would only delay the answer
                    self._announced = turn
                    left_out = silence_before(sound, rate_hz)
                    part = sound[left_out:]
                samples += len(part)
                yield part

        opens = self._announced is not turn
        for group in self._reserve.released(pieces(), rate_hz, lambda: self._sink.buffered_ms(turn)):
            self._add(turn, chunk, group, rate_hz)
            if opens:
                opens = False
                yield SpeechMade(turn=turn)
        if not timed:
            self._sink.time_words(turn, chunk.index, written.evenly(samples, pause), rate_hz)
        if reading.left_out:
            self._sink.time_words(turn, chunk.index, written.rest(samples), rate_hz)
        self._sink.end_chunk(turn, chunk.index)

    def _add(self, turn: Turn, chunk: Chunk, sounds: Sequence[Pcm], rate_hz: int) -> None:
        for sound in sounds:
            while not self._sink.wait_room(turn, AHEAD_MS, WAIT_ROOM_S):
                self._say_anew()
            self._sink.add(turn, chunk.index, sound, rate_hz)

    def _pause(self, turn: Turn, chunk: Chunk, manner: Manner) -> int:
        """Returns how many samples of silence to add before `chunk`: the difference between a reader's pause and the voice's own."""
        before = self._before(chunk)
        if before is None or self._sink.buffered_ms(turn) <= 0.0:  # nothing is buffered: there was a pause already
            return 0
        return samples_of(added_ms(before.cut, before.text) / manner.speed, manner.voice.rate_hz)

    def _within(self, chunk: Chunk, manner: Manner) -> Within:
        """Returns the position of `chunk` in its sentence."""
        goes_on = chunk.cut is Cut.JOINT
        before = self._before(chunk)
        if before is None or before.cut not in {Cut.JOINT, Cut.CLAUSE}:
            return Within(goes_on=goes_on)
        words = read_aloud(before.text, manner.voice.language).text.split()
        return Within(before=" ".join(words[-WORDS_BEFORE:]), joined=before.cut is Cut.JOINT, goes_on=goes_on)

    def _before(self, chunk: Chunk) -> Chunk | None:
        """Returns the previous chunk of the same reply."""
        return next((said for said, _ in self._said if said.index == chunk.index - 1), None)

    def _say_anew(self) -> None:
        """Synthesizes the waiting chunks again in the present manner, the next to be heard first, and drops references to the previous voice."""
        for n, (chunk, said_in) in enumerate(self._said):
            turn, manner = self._turn, self.manner
            if turn is None or turn.cancelled:
                self._said = []
                return
            if said_in is manner:
                continue
            if self._sink.waits(turn, chunk.index):
                try:
                    self._replace(turn, chunk, replace(manner, voice=self._choice.again(chunk.index, manner.voice)))
                except StageError as error:  # the old sound is good enough
                    log.warning("synthesize: %s", error.message)
            self._said[n] = chunk, manner

    def _replace(self, turn: Turn, chunk: Chunk, manner: Manner) -> None:
        told: list[SpokenWord] = []
        rate_hz = manner.voice.rate_hz
        reading = read_aloud(chunk.text, manner.voice.language)
        if reading.is_silent:
            return
        written = WordMapping(chunk, reading)
        parts = list(
            manner.voice.speak(
                reading.text,
                is_cancelled=turn.is_cancelled,
                on_words=told.extend,
                speed=manner.speed,
                within=self._within(chunk, manner),
            )
        )
        if not parts or turn.cancelled:
            return
        sound = np.concatenate(parts)
        words = written.times(told) if told else written.evenly(len(sound))
        if reading.left_out:
            words += written.rest(len(sound))
        self._sink.replace(turn, chunk.index, sound, words, rate_hz)
