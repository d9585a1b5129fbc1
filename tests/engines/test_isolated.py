"""Real engines in their own processes fulfil their contracts, and a conversation survives their crashes."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from crash_campaign import Case, campaign, child_of
from engines import contracts
from engines.contracts import SAMPLING, SYSTEM, never
from fakes import live_session
from fakes.program import command
from fakes.pty_terminal import PtyTerminal
from voicecli.engines.faster_whisper import FasterWhisperTranscriber
from voicecli.engines.isolated.proxies import Apart
from voicecli.engines.llama_cpp import LlamaChatModel
from voicecli.engines.ports import ChatMessage, ChatModel, Transcriber, TurnDetector, Voice, WordTimer
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
        # An answer that is certain: where two words are nearly as likely, the rounding of other batches decides.
        asked = [SYSTEM, ChatMessage(role="user", content="What is the capital of France?")]
        far, here = (list(model.reply(asked, sampling=sampling, is_cancelled=never)) for model in models)
        assert far == here
        assert [model.hit_limit for model in models] == [tokens == len(here)] * 2
    assert far_smol.token_ms > 0.0
    assert far_smol.count_tokens([SYSTEM]) == smol.count_tokens([SYSTEM])


def test_a_recogniser_apart_writes_and_times_what_it_would_here(
    far_tiny: Transcriber, tiny: FasterWhisperTranscriber, say: Callable[[str], Pcm]
) -> None:
    said = say("Good morning, how are you?")
    here = tiny.transcribe(said, language="en", is_cancelled=never)
    assert far_tiny.transcribe(said, language="en", is_cancelled=never) == here
    assert isinstance(far_tiny, WordTimer)
    times = far_tiny.word_times(said, here.text, language="en")
    assert times == tiny.word_times(said, here.text, language="en")
    assert len(times) == len(here.text.split())


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


def test_another_voice_or_model_is_another_process_and_the_old_one_ends(
    model_path: Callable[[str, str], Path], tmp_path: Path
) -> None:
    folder = model_path("voice", "en_US-joe-medium")
    for file in folder.iterdir():
        (tmp_path / file.name.replace("en_US-joe-medium", "own")).symlink_to(file)
    environment = live_session.homes(tmp_path) | live_session.LOG
    environment |= {"VOICECLI_MODELS": str(folder.parents[1]), "VOICECLI_MODELS_PROCESSES": "apart"}
    arguments = ["chat", "--text", "--speaker", str(tmp_path / "out.wav"), "--llm", "smollm2-135m"]
    with PtyTerminal(command(*arguments), environment=environment, width=100) as terminal:
        terminal.until(lambda: live_session.events(tmp_path, "ready"), "ready")
        running = terminal.process.pid
        before = {engine: child_of(running, engine) for engine in ("voice", "language model")}
        assert all(before.values())
        for line, engine in ((f"/voice {tmp_path}/own.onnx", "voice"), ("/model qwen2.5-coder-0.5b", "language model")):
            terminal.type(f"{line}\r")
            what = "voice" if engine == "voice" else "model"
            terminal.until(lambda what=what: live_session.events(tmp_path, "changed", what=what), line)  # type: ignore[misc]
            terminal.type(f"Now with another {what}.\r")
            count = 1 if engine == "voice" else 2
            terminal.until(lambda count=count: len(live_session.events(tmp_path, "spoken")) >= count, "an answer")  # type: ignore[misc]
            old = before[engine]
            terminal.until(lambda old=old: not Path(f"/proc/{old}").exists(), f"the end of the old {engine}")  # type: ignore[misc]
            assert child_of(running, engine) not in {0, old}
        assert not live_session.events(tmp_path, "notice", code="engine-crashed")
        children = [child_of(running, engine) for engine in before]
        terminal.type("/quit\r")
        assert terminal.end() == 0
    assert not any(Path(f"/proc/{child}").exists() for child in children)


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
