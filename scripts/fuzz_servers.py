"""What `fuzz.py` attacks of servers that a user runs elsewhere: replies of models, transcripts and voices over HTTP, and clients of the voice."""

from __future__ import annotations

import contextlib
import io
import socket
import struct
import wave
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Final

from fuzz_checks import Harness, expect, expect_clean, told

if TYPE_CHECKING:
    from voicecli.engines.ports import IsCancelled
    from voicecli.engines.server.http import Server
    from voicecli.offline.destination import Destination

HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: "
MOST_SENT: Final = 60_000
"""Bytes of an answer; they fit into the buffer of a socket, so that no thread is needed."""


@contextlib.contextmanager
def _answering(data: bytes, kind: bytes) -> Iterator[Server]:
    """A server that answers every request with `data`: a whole answer of HTTP if it begins like one, or else a body."""
    from voicecli.engines.server.address import read_address
    from voicecli.engines.server.http import Patience, Server

    if not data.startswith(b"HTTP"):
        data = HEAD + kind + b"\r\nContent-Length: %d\r\n\r\n" % len(data) + data
    others: list[socket.socket] = []

    def dial(_destination: Destination, _timeout_s: float, _is_cancelled: IsCancelled) -> socket.socket:
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            theirs.sendall(data[:MOST_SENT])
        theirs.shutdown(socket.SHUT_WR)
        others.append(theirs)  # open until the end, so that requests can be sent
        return ours

    patience = Patience(connect_s=1.0, first_s=1.0, between_s=1.0)
    try:
        yield Server(address=read_address("http://127.0.0.1:1/v1"), patience=patience, dial=dial)
    finally:
        for each in others:
            each.close()


def chat_replies(data: bytes) -> None:
    """A reply of a language model."""
    from voicecli.engines.openai_chat import OpenAiChatModel
    from voicecli.engines.ports import ChatMessage, Sampling
    from voicecli.engines.server.model_info import ServedModel

    messages = [ChatMessage(role="user", content="How many moons?")]
    with _answering(data, b"text/event-stream") as server:
        model = OpenAiChatModel(server, ServedModel(id="m", name="m"), context_tokens=4096)
        with told():
            text = "".join(model.reply(messages, sampling=Sampling(max_tokens=50), is_cancelled=lambda: False))
            expect(text.encode() is not None, "half a character")
        expect(0 < model.count_tokens(messages) < 1000, "a strange number of tokens")  # noqa: PLR2004 - for three words


def model_lists(data: bytes) -> None:
    """A list of models."""
    from voicecli.engines.server.model_info import find_model
    from voicecli.ui.sanitize import clean

    with told(), _answering(data, b"application/json") as server:
        found = find_model(server, "", like=("tts",), otherwise="tts-1")
        expect_clean(found.name)
        expect(clean(found.id) == found.id and found.id.encode(), "a name that cannot be sent back")
        expect(found.context_tokens is None or 0 < found.context_tokens < 1 << 32, "a strange context")


def transcripts(data: bytes) -> None:
    """What a recogniser heard."""
    import numpy as np

    from voicecli.engines.openai_transcriber import OpenAiTranscriber
    from voicecli.engines.server.model_info import ServedModel

    noise = np.random.default_rng(1).normal(0, 3000, 4_000).astype(np.int16)
    with _answering(data, b"application/json") as server:
        engine = OpenAiTranscriber(server, ServedModel(id="m", name="m"))
        for context in ("", "words before"):
            with told():
                found = engine.transcribe(noise, language=None, is_cancelled=lambda: False, context=context)
                expect(found.text.encode() is not None, "half a character")
                expect(found.mean_log_probability <= 0 and 0 <= found.no_speech_probability <= 1, "no probability")


def served_voices(data: bytes) -> None:
    """The sound of a voice."""
    from voicecli.engines.openai_voice import OpenAiVoice, ServedVoice

    with told(), _answering(data, b"audio/wav") as server:
        voice = OpenAiVoice(server, ServedVoice(model="m", voice="v", rate_hz=24_000))
        for number, pcm in enumerate(voice.speak("Hello.", is_cancelled=lambda: False, speed=1.25)):
            expect(pcm.dtype == "int16", "samples of another kind")
            if number > 200:  # noqa: PLR2004 - forty seconds say enough
                return


def _events(*records: bytes) -> bytes:
    return b"".join(b"data: " + record + b"\n\n" for record in records) + b"data: [DONE]\n\n"


EVENTS: Final = _events(
    b'{"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": null}]}',
    b'{"choices": [{"delta": {"reasoning_content": "Hm."}}]}',
    b'{"choices": [{"delta": {"content": "Two <think>x</think> moons."}}]}',
    b'{"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"name": "time", "arguments": "{\\"a\\": 1}"}}]}}]}',
    b'{"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 9, "completion_tokens": 3}}',
)
CHAT: Final = {
    "events": EVENTS,
    "error": _events(b'{"error": {"code": 400, "message": "context length"}}'),
    "chunked": HEAD
    + b"text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"%x\r\n%b\r\n0\r\n\r\n" % (len(EVENTS), EVENTS),
    "busy": b"HTTP/1.1 429 Too Many\r\nRetry-After: 12\r\nContent-Length: 2\r\n\r\n{}",
    "elsewhere": b"HTTP/1.1 307 Moved\r\nLocation: https://example.org:1/v1\r\nContent-Length: 0\r\n\r\n",
    "continued": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: 5\r\n\r\nmodel",
}
MODELS: Final = {
    "one": b'{"object": "list", "data": [{"id": "org/tiny.gguf", "owned_by": "llamacpp", "max_model_len": 8192, "meta": {"n_ctx": 4096}}], '
    b'"default_generation_settings": {"n_ctx": 2048}}',
    "several": b'{"data": [{"id": "a"}, {"id": "kokoro-tts", "owned_by": "library"}, {"id": "tts-1"}]}',
}
TRANSCRIPTS: Final = {
    "verbose": b'{"text": " Hello there.", "language": "english", "segments": [{"avg_logprob": -0.2, "no_speech_prob": 0.01}, '
    b'{"avg_logprob": -0.9, "no_speech_prob": 0.5}]}',
    "short": b'{"text": "Guten Tag"}',
    "refused": b"HTTP/1.1 400 Bad\r\nContent-Length: 2\r\n\r\n{}",
}


def _wavs() -> dict[str, bytes]:
    found = {}
    for name, channels, rate_hz in (("one", 1, 24_000), ("two", 2, 48_000)):
        made = io.BytesIO()
        with wave.open(made, "wb") as out:
            out.setnchannels(channels)
            out.setsampwidth(2)
            out.setframerate(rate_hz)
            out.writeframes(bytes(range(256)) * 16)
        found[name] = made.getvalue()
    found["streamed"] = (
        found["one"][:4] + b"\xff\xff\xff\xff" + found["one"][8:40] + b"\xff\xff\xff\xff" + found["one"][44:]
    )
    return found


# ---- clients of the voice


def voice_frames(data: bytes) -> None:
    """A program that wants to speak, and sends what it likes. It is answered by a chat that has spoken and heard at once."""
    from voicecli.app import voice_frames as frames
    from voicecli.app.voice_hub import VoiceHub

    hub = _hub()
    assert isinstance(hub, VoiceHub)  # noqa: S101 - for the type checker
    ours, theirs = socket.socketpair()
    length = int.from_bytes(data[:4], "big") + 4
    with ours, theirs:
        theirs.sendall(data[: min(length, MOST_SENT)])
        if len(data) < length or length > MOST_SENT:
            theirs.shutdown(socket.SHUT_WR)  # the rest never comes
        with contextlib.suppress(frames.BadFrame, OSError):
            hub._serve(ours)  # noqa: SLF001 - what a thread does with a connection
        ours.shutdown(socket.SHUT_WR)
        with contextlib.suppress(frames.BadFrame, OSError):
            frames.receive(theirs, 0.5)


@cache
def _hub() -> object:
    from voicecli.app.voice_hub import VoiceHub
    from voicecli.events import SaidForClient
    from voicecli.tools.definitions import Call
    from voicecli.tools.reports import Announced, ClientListens

    hub: VoiceHub

    def answered(report: object) -> None:
        if isinstance(report, Announced):
            hub.take(SaidForClient(t_s=0.0, key=report.key, heard=report.text, cut=False, fault=""))
        elif isinstance(report, ClientListens) and report.key:
            hub.deliver(Call(name="x", arguments={"text": "Yes.", "key": report.key}), lambda: False)

    hub = VoiceHub(answered)
    return hub


def _frame(body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + body


_NUMBERS: Final = (b"9" * 400, b"1e999", b"NaN", b"true", b"null", b"-1", b'"\\ud800"', b"[" * 200)
_HTTP: Final = (
    b"\r\n",
    b"HTTP/1.1 200 OK\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Retry-After: " + b"9" * 5000,
    b"0\r\n\r\n",
)
_SEEDS: Final[dict[str, Callable[[], dict[str, bytes]]]] = {
    "chat": lambda: dict(CHAT),
    "models": lambda: dict(MODELS),
    "stt": lambda: dict(TRANSCRIPTS),
}

HARNESSES: Final[dict[str, Harness]] = {
    "chat-replies": Harness(
        chat_replies,
        _SEEDS["chat"],
        ("engines/openai_chat", "engines/server/", "engines/reasoning_filter"),
        (*_NUMBERS, *_HTTP, b"data: ", b"\n\n", b": wait\n", b"<think>"),
        shape="lines",
    ),
    "model-lists": Harness(model_lists, _SEEDS["models"], ("engines/server/",), (*_NUMBERS, *_HTTP), shape="json"),
    "transcripts": Harness(
        transcripts,
        _SEEDS["stt"],
        ("engines/openai_transcriber", "engines/server/", "speech/hallucination"),
        (*_NUMBERS, *_HTTP),
        shape="json",
    ),
    "served-voices": Harness(
        served_voices,
        _wavs,
        ("engines/openai_voice", "engines/server/", "audio/wav_reader"),
        (*_HTTP, b"data", b"fmt ", b"\xff" * 4),
    ),
    "voice-frames": Harness(
        voice_frames,
        lambda: {
            "speak": _frame(b'{"text": "Hello.", "limit_s": 0.0}'),
            "both": _frame(b'{"text": "Hello?", "limit_s": 2.5}'),
            "listen": _frame(b'{"text": "", "limit_s": 1}'),
        },
        ("app/voice_frames", "app/voice_hub"),
        (*_NUMBERS, b"\0\0\0\x0a", b"\xff\xff\xff\xff", b'{"limit_s": "x"}'),
    ),
}
