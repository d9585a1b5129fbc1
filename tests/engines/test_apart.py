"""Real engines in processes of their own keep what their kind promises, and a conversation survives when they crash."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from crash_campaign import Case, campaign
from engines import contracts
from engines.contracts import QUESTION, SAMPLING, SYSTEM, never
from voicecli.engines.apart.remote import Apart
from voicecli.engines.llama_cpp import LlamaChatModel
from voicecli.engines.ports import ChatMessage, ChatModel, Transcriber, TurnDetector, Voice
from voicecli.engines.smart_turn import SmartTurn
from voicecli.errors import GenerationFailed, ModelNotFound
from voicecli.pcm import RATE_HZ, Pcm, silence

pytestmark = [
    pytest.mark.engines,
    pytest.mark.skipif(os.name != "posix", reason="engines have processes of their own on Linux"),
]


@pytest.fixture(scope="module")
def apart() -> Apart:
    def told(sentence: str) -> None:
        raise AssertionError(sentence)

    return Apart(told)


@pytest.fixture(scope="module")
def far_tiny(apart: Apart, model_path: Callable[[str, str], Path]) -> Transcriber:
    return apart.make_transcriber(model_path("stt", "whisper-tiny.en"), name="tiny.en", device="cpu", threads=2)


@pytest.fixture(scope="module")
def far_smol(apart: Apart, model_path: Callable[[str, str], Path]) -> ChatModel:
    folder = model_path("llm", "smollm2-135m")
    return apart.make_chat_model(folder, name="smol", device="cpu", threads=2, context_tokens=1024)


@pytest.fixture(scope="module")
def far_joe(apart: Apart, model_path: Callable[[str, str], Path]) -> Voice:
    return apart.make_voice(model_path("voice", "en_US-joe-medium"), name="joe", threads=2)


class TestTinyApart(contracts.TranscriberContract):
    @pytest.fixture(autouse=True)
    def _given(self, far_tiny: Transcriber, say: Callable[[str], Pcm]) -> None:
        self._tiny, self._say = far_tiny, say

    def transcriber(self) -> Transcriber:
        return self._tiny

    def speech(self) -> Pcm:
        return self._say("Good morning, how are you?")


class TestSmolApart(contracts.ChatModelContract):
    @pytest.fixture(autouse=True)
    def _given(self, far_smol: ChatModel) -> None:
        self._smol = far_smol

    def model(self) -> ChatModel:
        return self._smol


class TestJoeApart(contracts.VoiceContract):
    @pytest.fixture(autouse=True)
    def _given(self, far_joe: Voice) -> None:
        self._joe = far_joe

    def voice(self) -> Voice:
        return self._joe


def test_a_model_apart_writes_what_it_would_write_here(far_smol: ChatModel, smol: LlamaChatModel) -> None:
    models = (far_smol, smol)
    for model in models:
        model.prime([SYSTEM])
    for tokens in (SAMPLING.max_tokens, 3):
        sampling = replace(SAMPLING, max_tokens=tokens)
        far, here = (list(model.reply([SYSTEM, QUESTION], sampling=sampling, is_cancelled=never)) for model in models)
        assert far == here
        assert [model.hit_limit for model in models] == [tokens == len(here)] * 2
    assert far_smol.token_ms > 0.0
    assert far_smol.count_tokens([SYSTEM]) == smol.count_tokens([SYSTEM])


def test_a_turn_detector_apart_hears_what_it_would_hear_here(
    apart: Apart, model_path: Callable[[str, str], Path], say: Callable[[str], Pcm]
) -> None:
    path = model_path("turn", "smart-turn-v3.2")
    far: TurnDetector = apart.make_turn_detector(path)
    here = SmartTurn(path)
    for utterance in (silence(RATE_HZ), say("What is the capital of France?"), say("What is the")):
        assert far.probability(utterance) == pytest.approx(here.probability(utterance), abs=1e-6)


def test_errors_of_a_model_apart_are_its_own(apart: Apart, far_smol: ChatModel, tmp_path: Path) -> None:
    long = ChatMessage(role="user", content="word " * far_smol.context_tokens)
    with pytest.raises(GenerationFailed, match="does not fit"):
        list(far_smol.reply([long], sampling=SAMPLING, is_cancelled=never))
    with pytest.raises(ModelNotFound):
        apart.make_chat_model(tmp_path / "none.gguf", name="none", device="cpu", threads=1, context_tokens=512)


CRASHES = (
    Case(engine="recogniser", signal="KILL", state="recognising"),
    Case(engine="language model", signal="SEGV", state="thinking"),
    Case(engine="voice", signal="STOP", state="speaking"),
    Case(engine="turn detector", signal="BUS", state="between"),
)
"""A part of `scripts/crash_campaign.py`, which tries all of them."""


def test_a_conversation_survives_when_its_engines_crash(model_path: Callable[[str, str], Path]) -> None:
    rows = list(campaign([CRASHES], model_path("llm", "qwen2.5-coder-0.5b").parents[1]))
    assert len(rows) == len(CRASHES)
    assert [row for row in rows if not row.passed] == []
    assert all(row.turn == "answered" for row in rows)
