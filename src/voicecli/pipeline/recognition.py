"""The stages that recognise an utterance: its words, and whether its pause sounds like the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from voicecli.engines.ports import Transcriber, Transcription, TurnDetector
from voicecli.messages import Judged, JudgeJob, Transcribed, TranscribeJob
from voicecli.pcm import ms_of
from voicecli.pipeline.engine_slot import EngineSlot
from voicecli.speech.language_tracker import SHORT_MS, LanguageTracker
from voicecli.speech.last_sounds import last_sounds

CERTAIN: Final = 0.9
"""The probability from which a language is not detected again for the rest of the same utterance. That saves about 11 ms each time."""


class Transcribe:
    """Turns utterances into text.

    Args:
        transcriber: The recogniser.
        languages: The spoken languages, ISO 639-1, for jobs without a language; empty for any.
    """

    def __init__(self, transcriber: Transcriber, languages: Sequence[str] = ()) -> None:
        self.slot: EngineSlot[Transcriber] = EngineSlot(transcriber)
        self._known = LanguageTracker(languages)
        self._between = LanguageTracker()
        self._sure = (0, "")  # the number of the last turn whose language was certain, and that language

    def __call__(self, job: TranscribeJob) -> Iterator[Transcribed]:
        """Runs the stage on one job."""
        transcriber = self.slot.take(job.turn.is_cancelled)
        if transcriber is None:
            return
        known = self._known
        if job.languages:
            if self._between.allowed != job.languages:
                self._between = LanguageTracker(job.languages, short_too=True)
            known = self._between
        duration_ms = ms_of(len(job.utterance.samples))
        # The same utterance was heard before, as far as it went then; its language need not be detected again.
        again = self._sure[1] if self._sure[0] == job.turn.number else None
        language = job.language or known.expected(duration_ms) or again
        heard = self._heard(transcriber, job, language)
        if language is None and heard.text:
            if (other := known.instead_of(heard.language, heard.language_probability)) is not None:
                heard = self._heard(transcriber, job, other)
            else:
                known.learn(heard.language, heard.language_probability, duration_ms)
                if heard.language_probability >= CERTAIN and duration_ms >= SHORT_MS:
                    self._sure = (job.turn.number, heard.language)
        yield Transcribed(turn=job.turn, transcription=heard)

    @staticmethod
    def _heard(transcriber: Transcriber, job: TranscribeJob, language: str | None) -> Transcription:
        is_cancelled = job.turn.is_cancelled
        samples = job.utterance.samples
        return transcriber.transcribe(samples, language=language, is_cancelled=is_cancelled, context=job.context)


class Judge:
    """Estimates by the sound how likely each pause is the end of the turn."""

    def __init__(self, detector: TurnDetector) -> None:
        self._detector = detector

    def __call__(self, job: JudgeJob) -> Iterator[Judged]:
        """Runs the stage on one job."""
        said = job.utterance
        last = last_sounds(said.samples[: said.speech_end_sample - said.first_sample])
        yield Judged(turn=job.turn, probability=self._detector.probability(said.samples), last=last)
