"""Real engines behind a server: recogniser and voice through the adapters, and a whole conversation through broker and walls."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from engines import contracts
from fakes.program import Chat, files
from fakes.speech_server import FakeSpeechServer, speaking, transcribing
from speech_fixtures import speak
from voicecli.audio.resample import resample
from voicecli.engines.faster_whisper import FasterWhisperTranscriber
from voicecli.engines.openai_transcriber import OpenAiTranscriber
from voicecli.engines.openai_voice import OpenAiVoice, find_voice
from voicecli.engines.piper import PiperSpeaker
from voicecli.engines.ports import Transcriber, Voice
from voicecli.engines.server.address import Part, read_address
from voicecli.engines.server.http import Server
from voicecli.engines.server.model_info import find_model
from voicecli.pcm import RATE_HZ, Pcm

pytestmark = [pytest.mark.engines, pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no broker here")]


def at(url: str, part: Part) -> Server:
    return Server(
        address=read_address(url, part),
        dial=lambda there, timeout_s, _: socket.create_connection((there.host, there.port), timeout_s),
    )


class TestTranscriberContract(contracts.TranscriberContract):
    @pytest.fixture(autouse=True)
    def _server(self, base: FasterWhisperTranscriber, say: Callable[[str], Pcm]) -> Iterator[None]:
        self.said = say("The quick brown fox jumps over the lazy dog.")
        with FakeSpeechServer(transcribing(base)) as self.server:
            yield

    def transcriber(self) -> Transcriber:
        server = at(self.server.url, "stt")
        return OpenAiTranscriber(server, find_model(server, ""))

    def speech(self) -> Pcm:
        return self.said

    def test_it_writes_what_the_engine_itself_writes(self, base: FasterWhisperTranscriber) -> None:
        ear = self.transcriber()
        ear.warm_up()
        for language in ("en", None):
            own = base.transcribe(self.said, language=language, is_cancelled=contracts.never)
            served = ear.transcribe(self.said, language=language, is_cancelled=contracts.never)
            assert (served.text, served.language) == (own.text, own.language)
            assert served.mean_log_probability == pytest.approx(own.mean_log_probability)


class TestVoiceContract(contracts.VoiceContract):
    @pytest.fixture(autouse=True)
    def _server(self, joe: PiperSpeaker) -> Iterator[None]:
        with FakeSpeechServer(speak=speaking(joe)) as self.server:
            yield

    def voice(self) -> Voice:
        server = at(self.server.url, "tts")
        return OpenAiVoice(server, find_voice(server, model="", voice="", language="en"))

    def test_it_says_what_the_engine_itself_says(self, base: FasterWhisperTranscriber) -> None:
        voice = self.voice()
        chunks = list(voice.speak("Good morning, how are you?", is_cancelled=contracts.never))
        sound = resample(np.concatenate(chunks), voice.rate_hz, RATE_HZ)
        heard = base.transcribe(sound, language="en", is_cancelled=contracts.never).text
        assert re.sub(r"[^a-z ]", "", heard.lower()).strip() == "good morning how are you"


def test_a_conversation_by_voice_on_servers_only(
    base: FasterWhisperTranscriber, joe: PiperSpeaker, tmp_path: Path
) -> None:
    question = speak(["What colour is the sky?"], tmp_path)
    out = tmp_path / "out.wav"
    with FakeSpeechServer(transcribing(base), speaking(joe)) as server:
        urls = [word for part in ("llm", "stt", "tts") for word in (f"--{part}-url", server.url)]
        with Chat(*files(question), *urls, "--speaker", str(out), "--persona", "assistant") as chat:
            assert chat.end() == 0, chat.stderr()
            (ready,) = chat.told("ready")
            assert ready["device"] == {"stt": "server", "llm": "server", "voice": "server"}
            assert (ready["offline"], ready["sends"]) == (True, {})
            assert "sky" in chat.told("transcript")[-1]["text"].lower()
            assert chat.told("spoken")[-1]["text"] == "Blue is a colour."
    assert out.stat().st_size > 20_000
