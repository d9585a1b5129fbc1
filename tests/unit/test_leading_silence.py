"""The silence before an answer is found and removed, and words are reported at the corrected times."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from fakes.engines import ToneVoice
from voicecli.engines.ports import ALONE, IsCancelled, OnWords, SpokenWord, Within
from voicecli.messages import SpeakJob
from voicecli.pcm import Pcm, silence
from voicecli.pipeline.stages import Synthesize
from voicecli.speech.leading_silence import silence_before
from voicecli.speech.sentence_chunker import as_written
from voicecli.speech.word_timing import TimedWord
from voicecli.turn import Turn

RATE_HZ = 22050
LEAD = RATE_HZ * 40 // 1000
"""40 ms of silence."""

KEPT = RATE_HZ * 5 // 1000
TONE: Pcm = np.full(RATE_HZ // 2, 8000, dtype=np.int16)


def test_silence_is_left_out_up_to_just_before_the_sound() -> None:
    assert silence_before(np.concatenate([silence(LEAD), TONE]), RATE_HZ) == LEAD - KEPT


def test_what_begins_at_once_is_left_whole() -> None:
    assert silence_before(TONE, RATE_HZ) == 0


def test_what_is_silent_altogether_is_left_alone() -> None:
    assert silence_before(silence(LEAD), RATE_HZ) == 0
    assert silence_before(silence(0), RATE_HZ) == 0


class LateVoice(ToneVoice):
    """Begins every chunk with silence, and knows when its word sounds."""

    rate_hz = RATE_HZ

    def speak(
        self,
        text: str,
        *,
        is_cancelled: IsCancelled,  # noqa: ARG002 - the port has them
        on_words: OnWords | None = None,
        speed: float = 1.0,  # noqa: ARG002
        within: Within = ALONE,  # noqa: ARG002
    ) -> Iterator[Pcm]:
        yield np.concatenate([silence(LEAD), TONE])
        assert on_words is not None
        on_words([SpokenWord(start=0, end=len(text), from_sample=LEAD, to_sample=LEAD + len(TONE))])


class Sink:
    """Stores what it receives."""

    def __init__(self) -> None:
        self.lengths: list[int] = []
        self.words: list[TimedWord] = []

    def add(self, turn: Turn, chunk: int, pcm: Pcm, rate_hz: int) -> None:  # noqa: ARG002
        self.lengths.append(len(pcm))

    def time_words(self, turn: Turn, chunk: int, words: list[TimedWord], rate_hz: int) -> None:  # noqa: ARG002
        self.words += words

    def end_chunk(self, turn: Turn, chunk: int) -> None: ...

    def finish(self, turn: Turn) -> None: ...

    def wait_sound(self, turn: Turn, timeout_s: float) -> None: ...

    def wait_room(self, turn: Turn, limit_ms: float, timeout_s: float) -> bool:  # noqa: ARG002
        return True

    def buffered_ms(self, turn: Turn) -> float:  # noqa: ARG002
        return 0.0


def test_only_the_first_piece_of_an_answer_loses_its_silence_and_words_are_timed_by_what_is_left() -> None:
    sink, turn = Sink(), Turn(1)
    stage = Synthesize(LateVoice(), sink)  # type: ignore[arg-type] # a sink of its own
    for index in range(2):
        list(stage(SpeakJob(turn=turn, chunk=dataclasses.replace(as_written("Yes."), index=index))))
    assert sink.lengths == [KEPT + len(TONE), LEAD + len(TONE)]
    assert [word.from_sample for word in sink.words] == [KEPT, LEAD]
