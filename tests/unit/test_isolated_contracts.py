"""Engines in their own processes do what every engine of their kind does. All tests of a kind use one process, as all turns of a conversation do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engines.contracts import ChatModelContract, TranscriberContract, VoiceContract
from fakes import crashing
from voicecli.engines.isolated.proxies import RemoteChatModel, RemoteTranscriber, RemoteVoice
from voicecli.engines.ports import ChatModel, Transcriber, Voice
from voicecli.pcm import Pcm

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes of engines are looked after on Linux")

UNUSED = Path("unused")


def told(sentence: str) -> None:
    """Fails: no engine here has trouble that would be told."""
    raise AssertionError(sentence)


Made = RemoteTranscriber | RemoteChatModel | RemoteVoice


@pytest.fixture(scope="module")
def made() -> Iterator[dict[type, Made]]:
    """The engines of the classes below, each made when its first test needs it. Their processes end after the last test."""
    engines: dict[type, Made] = {}
    yield engines
    for engine in engines.values():
        engine.close()


@pytest.fixture(autouse=True)
def engine(request: pytest.FixtureRequest, made: dict[type, Made], monkeypatch: pytest.MonkeyPatch) -> Made:
    """Gives a class its engine."""
    monkeypatch.setenv("PYTHONPATH", str(Path(crashing.__file__).parents[1]))
    if request.cls not in made:
        made[request.cls] = request.cls.make()
    request.cls.engine = made[request.cls]
    return made[request.cls]


class TestRemoteTranscriber(TranscriberContract):
    engine: RemoteTranscriber

    @staticmethod
    def make() -> RemoteTranscriber:
        return RemoteTranscriber(crashing.plan("stt", UNUSED, times=0), told)

    def transcriber(self) -> Transcriber:
        return self.engine

    def speech(self) -> Pcm:
        return np.ones(16000, dtype=np.int16)


class TestRemoteChatModel(ChatModelContract):
    engine: RemoteChatModel

    @staticmethod
    def make() -> RemoteChatModel:
        return RemoteChatModel(crashing.plan("llm", UNUSED, times=0, repeated=3), told)

    def model(self) -> ChatModel:
        return self.engine


class TestRemoteVoice(VoiceContract):
    engine: RemoteVoice

    @staticmethod
    def make() -> RemoteVoice:
        return RemoteVoice(crashing.plan("voice", UNUSED, times=0), told)

    def voice(self) -> Voice:
        return self.engine
