"""A real engine behind a server: the whole conversation through the adapter, the broker and the walls."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engines import contracts
from engines.contracts import SYSTEM
from fakes.llama_server import generating
from fakes.llm_server import FakeLlmServer
from fakes.program import Chat, files
from speech_fixtures import speak
from voicecli.engines.llama_cpp import LlamaChatModel
from voicecli.engines.openai_chat import OpenAiChatModel
from voicecli.engines.ports import ChatMessage, ChatModel, Sampling
from voicecli.engines.server.address import read_address
from voicecli.engines.server.http import Server
from voicecli.engines.server.model_info import find_model

pytestmark = [pytest.mark.engines, pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no broker here")]


class TestContract(contracts.ChatModelContract):
    @pytest.fixture(autouse=True)
    def _server(self, smol: LlamaChatModel) -> Iterator[None]:
        with FakeLlmServer(generating(smol)) as self.server:
            yield

    def model(self) -> ChatModel:
        server = Server(
            address=read_address(self.server.url),
            dial=lambda there, timeout_s, _: socket.create_connection((there.host, there.port), timeout_s),
        )
        return OpenAiChatModel(server, find_model(server, ""), context_tokens=1024)

    def test_the_engine_stops_when_the_reply_is_not_wanted_any_more(self) -> None:
        cancelled = False
        story = ChatMessage(role="user", content="Tell me a very long story about a whale.")
        reply = self.model().reply([SYSTEM, story], sampling=Sampling(max_tokens=400), is_cancelled=lambda: cancelled)
        for _ in range(5):
            next(reply)
        cancelled = True
        at_s = time.monotonic()
        assert list(reply) == []
        asked = self.server.replies[0]
        while not asked.gone_s and time.monotonic() < at_s + 5:
            time.sleep(0.005)
        assert 0.0 < asked.gone_s - at_s < 0.2
        sent = asked.sent
        time.sleep(0.3)
        assert asked.sent == sent < 400


@contextmanager
def served(model: Path, *, fails: int = 0) -> Iterator[str]:
    """The address of a server in a process of its own."""
    command = [sys.executable, "-m", "fakes.llama_server", str(next(model.glob("*.gguf"))), str(fails)]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.kill()


def test_a_conversation_by_voice_with_an_error_in_its_middle(
    model_path: Callable[[str, str], Path], tmp_path: Path
) -> None:
    questions = speak(["What is the capital of France?", "What is the capital of Italy?"], tmp_path)
    with served(model_path("llm", "qwen2.5-coder-0.5b"), fails=2) as url:
        # Without drafts, so that the requests can be counted: the warm-up, the question that fails, and the one that does not.
        more = ["--llm-url", url, "--speaker", str(tmp_path / "out.wav"), "--persona", "assistant"]
        with Chat(*files(questions), *more, env={"VOICECLI_LISTEN_SPECULATION": "off"}) as chat:
            assert chat.end() == 0, chat.stderr()
            (ready,) = chat.told("ready")
            assert (ready["device"]["llm"], ready["offline"], ready["sends"]) == ("server", True, {})
            assert [event["code"] for event in chat.told("error")] == ["server-failed"]
            assert "Rome" in chat.told("spoken")[-1]["text"]


def test_an_answer_that_is_stopped_leaves_the_server_to_the_next_question(
    model_path: Callable[[str, str], Path], tmp_path: Path
) -> None:
    question = speak(["Tell me everything about the history of France."], tmp_path)
    server = served(model_path("llm", "qwen2.5-coder-0.5b"))
    more = ["--speaker", str(tmp_path / "out.wav")]
    with server as url, Chat(*files(question), "--llm-url", url, *more) as chat:
        chat.wait_for("latency")
        chat.signal(signal.SIGINT)
        chat.wait_for("interrupted", by="key")
        chat.signal(signal.SIGINT)
        assert chat.end() == 0, chat.stderr()
