"""A server of recognisers and voices on this machine, around engines, or with the faults that a test wants."""

from __future__ import annotations

import contextlib
import io
import json
import re
import socket
import struct
import time
import wave
from collections.abc import Sequence

import numpy as np

from fakes.llm_server import END, Asked, Behaviour, FakeLlmServer, chunk, plain
from voicecli.config.languages import NAMES
from voicecli.engines.ports import Transcriber, Voice
from voicecli.pcm import Pcm

SOUND = b"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nTransfer-Encoding: chunked\r\n\r\n"


def fields_of(asked: Asked) -> dict[str, str]:
    """Returns the fields of a form, without the file."""
    found = re.findall(rb'name="(\w+)"\r\n\r\n(.*?)\r\n--', asked.raw, re.DOTALL)
    return {name.decode(): value.decode() for name, value in found}


def sound_of(asked: Asked) -> Pcm:
    """Returns the sound in the file of a form, which is at 16 kHz."""
    data = asked.raw[asked.raw.index(b"RIFF") :].rpartition(b"\r\n--")[0]
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16_000)
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.int16)


def wav_head(rate_hz: int, *, channels: int = 1, size: int = 0xFFFF_FFFF) -> bytes:
    """Returns the header of a WAV file; by default of one whose length is not known yet."""
    layout = struct.pack("<HHIIHH", 1, channels, rate_hz, rate_hz * 2 * channels, 2 * channels, 16)
    return (
        b"RIFF"
        + struct.pack("<I", 0xFFFF_FFFF)
        + b"WAVEfmt "
        + struct.pack("<I", 16)
        + layout
        + b"data"
        + struct.pack("<I", size)
    )


def transcribing(engine: Transcriber, *, verbose: bool = True) -> Behaviour:
    """Answers with what an engine recognises. Without `verbose` it behaves like servers that have only the short answer."""

    def answer(client: socket.socket, asked: Asked) -> None:
        fields = fields_of(asked)
        if fields["response_format"] == "verbose_json" and not verbose:
            plain("400 Bad Request", '{"error": "response_format"}')(client, asked)
            return
        language = fields.get("language")
        heard = engine.transcribe(
            sound_of(asked), language=language, is_cancelled=lambda: _is_gone(client), context=fields.get("prompt", "")
        )
        told: dict[str, object] = {"text": heard.text}
        if verbose:
            part = {"avg_logprob": heard.mean_log_probability, "no_speech_prob": heard.no_speech_probability}
            told |= {"language": NAMES[heard.language].lower(), "segments": [part]}
        plain("200 OK", json.dumps(told))(client, asked)

    return answer


def speaking(engine: Voice) -> Behaviour:
    """Answers with the sound of a voice, as it is made."""

    def answer(client: socket.socket, asked: Asked) -> None:
        client.sendall(SOUND + chunk(wav_head(engine.rate_hz)))
        said = engine.speak(asked.body["input"], is_cancelled=lambda: _is_gone(client))
        for sound in said:
            client.sendall(chunk(sound.astype("<i2").tobytes()))
            asked.sent += 1
        if _is_gone(client):
            asked.gone_s = time.monotonic()
        with contextlib.suppress(OSError):
            client.sendall(END)

    return answer


def sounding(*chunks: Pcm, rate_hz: int = 22_050, pause_s: float = 0.0, channels: int = 1) -> Behaviour:
    """Answers with this sound, chunk by chunk."""

    def answer(client: socket.socket, asked: Asked) -> None:
        client.sendall(SOUND + chunk(wav_head(rate_hz, channels=channels)))
        for each in chunks:
            until_s = time.monotonic() + pause_s
            while time.monotonic() < until_s:
                if _is_gone(client):
                    asked.gone_s = time.monotonic()
                    return
                time.sleep(0.005)
            client.sendall(chunk(each.astype("<i2").tobytes()))
            asked.sent += 1
        client.sendall(END)

    return answer


def _is_gone(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return not client.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        client.setblocking(True)


class FakeSpeechServer(FakeLlmServer):
    """A `FakeLlmServer` that also recognises and speaks.

    Args:
        hear: The behaviour for sound.
        speak: The behaviour for text.
        models: The names of its models.
    """

    def __init__(
        self, hear: Behaviour | None = None, speak: Behaviour | None = None, *, models: Sequence[str] = ("tiny",)
    ) -> None:
        super().__init__(models={"object": "list", "data": [{"id": each, "object": "model"} for each in models]})
        self.hear = hear or plain("404 Not Found")
        self.speak = speak or plain("404 Not Found")

    def audio(self, what: str) -> Behaviour:
        return self.hear if what == "transcriptions" else self.speak

    def asked_for(self, what: str) -> list[Asked]:
        """The requests for `transcriptions` or `speech`."""
        return [each for each in self.asked if f"/audio/{what}" in each.head]
