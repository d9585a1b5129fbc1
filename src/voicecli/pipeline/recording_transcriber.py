"""Transcribes a recording of any length, passage by passage, each in the language in which it is spoken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from voicecli.engines.ports import IsCancelled, SpokenWord, Transcriber, Transcription, VoiceDetector, WordTimer
from voicecli.pcm import RATE_HZ, Pcm, ms_of
from voicecli.speech.recording_passages import LONGEST_MS, Passage, passages
from voicecli.speech.word_timing import spans

SHORT_MS = 3000
SURE_LANGUAGE = 0.8
"""A passage that is shorter than `SHORT_MS`, or whose language has a lower probability than this, is also transcribed in the previous passage's
language, and the more likely text is used. A single word is easily assigned to the wrong language."""

LIKELIER = 0.15
"""How much higher the mean log probability of a text in another language must be to be accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A passage and its transcription."""

    passage: Passage
    transcription: Transcription
    words: tuple[SpokenWord, ...] = ()
    """When its words were said, in samples of the passage; empty if not requested."""


class RecordingTranscriber:
    """Transcribes recordings.

    Args:
        transcriber: Recognises a passage.
        detector: Finds speech.
        language: ISO 639-1 code, or None to detect it for each passage.
        times_words: Whether to find out when each word was said. Without a recogniser that can, the words are spread evenly over the passage.

    Thread: one at a time.
    """

    def __init__(
        self, transcriber: Transcriber, detector: VoiceDetector, language: str | None, *, times_words: bool = False
    ) -> None:
        self._times_words = times_words
        self._transcriber = transcriber
        self._detector = detector
        self._asked_for = language
        self._current: str | None = None

    def write_down(self, sound: Iterable[Pcm], *, is_cancelled: IsCancelled) -> Iterator[Written]:
        """Yields the passages of a recording in order, each as soon as it is transcribed.

        A short recording in which the detector finds no speech is passed to the recogniser as a whole, which has its own checks.

        Raises:
            TranscriptionFailed: The engine failed.
        """
        self._current = None
        kept = _Beginning(sound)
        found = False
        for passage in passages(kept, self._detector):
            found = True
            if is_cancelled():
                return
            yield self._written(passage, is_cancelled)
        if not found and kept.whole is not None:
            passage = Passage(from_sample=0, samples=kept.whole)
            yield self._written(passage, is_cancelled)

    def _written(self, passage: Passage, is_cancelled: IsCancelled) -> Written:
        found = self._understood(passage, is_cancelled)
        if not self._times_words or not found.text:
            return Written(passage=passage, transcription=found)
        words: Sequence[SpokenWord] = ()
        if isinstance(self._transcriber, WordTimer):
            words = self._transcriber.word_times(passage.samples, found.text, language=found.language)
        return Written(passage=passage, transcription=found, words=tuple(words) or _evenly(found.text, passage))

    def _understood(self, passage: Passage, is_cancelled: IsCancelled) -> Transcription:
        def heard(language: str | None) -> Transcription:
            return self._transcriber.transcribe(passage.samples, language=language, is_cancelled=is_cancelled)

        first = heard(self._asked_for)
        if self._asked_for is not None or not first.text:
            return first
        unsure = ms_of(len(passage.samples)) < SHORT_MS or first.language_probability < SURE_LANGUAGE
        if self._current is not None and first.language != self._current and unsure:
            second = heard(self._current)
            if second.text and first.mean_log_probability < second.mean_log_probability + LIKELIER:
                return replace(second, language_probability=1.0 - first.language_probability)
        self._current = first.language
        return first


def _evenly(text: str, passage: Passage) -> tuple[SpokenWord, ...]:
    """Spreads the words of `text` over the passage, with equal time per character."""
    step = len(passage.samples) / max(1, len(text))
    return tuple(
        SpokenWord(start=start, end=end, from_sample=round(start * step), to_sample=round(end * step))
        for start, end in spans(text)
    )


class _Beginning:
    """Passes sound on, and keeps it as long as it is short."""

    def __init__(self, sound: Iterable[Pcm]) -> None:
        self._sound = sound
        self._parts: list[Pcm] = []
        self._samples = 0

    @property
    def whole(self) -> Pcm | None:
        """All of the sound; None if it is empty or too long."""
        if not self._parts or self._samples * 1000 > LONGEST_MS * RATE_HZ:
            return None
        return np.concatenate(self._parts)

    def __iter__(self) -> Iterator[Pcm]:
        for piece in self._sound:
            self._samples += len(piece)
            if self._samples * 1000 <= LONGEST_MS * RATE_HZ:
                self._parts.append(piece)
            else:
                self._parts.clear()
            yield piece
