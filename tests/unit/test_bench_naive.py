"""The naive pipeline, with three steps of given durations."""

from __future__ import annotations

import numpy as np
import pytest

from voicecli.bench.naive import END_SILENCE_MS, NaivePipeline
from voicecli.errors import AudioError
from voicecli.pcm import Pcm, samples_of, silence

SPEECH = np.where(np.arange(16_000) // 40 % 2, 9000, -9000).astype(np.int16)


class Steps:
    """Stores the order of its calls, and lets time pass."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.utterances: list[Pcm] = []
        self.questions: list[str] = []
        self.answers: list[str] = []

    def hear(self, utterance: Pcm) -> str:
        self.utterances.append(utterance)
        self.now_s += 0.25
        return "what is it"

    def think(self, question: str) -> str:
        self.questions.append(question)
        self.now_s += 2.0
        return "It is this."

    def say(self, answer: str) -> tuple[Pcm, int]:
        self.answers.append(answer)
        self.now_s += 0.5
        return silence(44_100), 22_050

    @property
    def pipeline(self) -> NaivePipeline:
        return NaivePipeline(hear=self.hear, think=self.think, say=self.say, clock=lambda: self.now_s)


def test_a_person_waits_for_the_silence_and_for_three_whole_steps() -> None:
    steps = Steps()
    turn = steps.pipeline.turn(SPEECH)
    assert (turn.stt_ms, turn.llm_ms, turn.tts_ms) == pytest.approx((250, 2000, 500))
    assert turn.voice_to_voice_ms == pytest.approx(1000 + 250 + 2000 + 500)
    assert (turn.heard, turn.answer) == ("what is it", "It is this.")
    assert (steps.questions, steps.answers) == (["what is it"], ["It is this."])
    assert turn.answer_s == 2.0


def test_the_recogniser_is_given_the_question_and_the_silence_after_it() -> None:
    steps = Steps()
    turn = steps.pipeline.turn(np.concatenate([SPEECH, silence(samples_of(3000))]))
    expected = np.concatenate([SPEECH, silence(samples_of(END_SILENCE_MS))])
    assert np.array_equal(steps.utterances[0], expected)
    assert turn.question_s == len(expected) / 16_000


def test_a_silent_question_is_an_error() -> None:
    with pytest.raises(AudioError):
        Steps().pipeline.turn(silence(16_000))
