"""Which engine there is for what, found without importing any of them."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias, cast

from voicecli.engines.ports import ChatModel, Device, Transcriber, TurnDetector, Voice, VoiceDetector
from voicecli.errors import UnknownName

Kind: TypeAlias = Literal["vad", "turn", "stt", "llm", "voice"]

ENGINES: Final = MappingProxyType(
    {
        ("vad", "webrtcvad"): "voicecli.engines.webrtc_vad:WebrtcVad",
        ("vad", "silero"): "voicecli.engines.silero_vad:SileroVad",
        ("turn", "smart-turn"): "voicecli.engines.smart_turn:SmartTurn",
        ("stt", "faster-whisper"): "voicecli.engines.faster_whisper:FasterWhisperTranscriber",
        ("llm", "llama.cpp"): "voicecli.engines.llama_cpp:LlamaChatModel",
        ("voice", "piper"): "voicecli.engines.piper:PiperSpeaker",
    }
)
"""Kind and name of an engine to "module:attribute"."""


def factory(kind: Kind, name: str) -> Any:  # noqa: ANN401 - each kind's own signature; the functions below give them types
    """What makes an engine: a class, imported now.

    Raises:
        UnknownName: There is no such engine.
    """
    target = ENGINES.get((kind, name))
    if target is None:
        known = ", ".join(sorted(engine for engine_kind, engine in ENGINES if engine_kind == kind))
        raise UnknownName(f"There is no {kind} engine {name}.", f"Known are: {known}.")
    module, _, attribute = target.partition(":")
    return getattr(importlib.import_module(module), attribute)


def make_voice_detector(name: str = "webrtcvad") -> VoiceDetector:
    """A voice detector: `webrtcvad` or `silero`; raises `ModelError` where its file or package is missing."""
    return cast("VoiceDetector", factory("vad", name)())


def make_turn_detector(path: Path, *, threads: int = 1) -> TurnDetector:
    """The turn detector in the file or folder `path`; raises `ModelError`."""
    return cast("TurnDetector", factory("turn", "smart-turn")(path, threads))


def make_transcriber(path: Path, *, name: str, device: Device, threads: int) -> Transcriber:
    """The recogniser in the folder `path`; raises `ModelError`."""
    return cast("Transcriber", factory("stt", "faster-whisper")(path, name=name, device=device, threads=threads))


def make_chat_model(path: Path, *, name: str, device: Device, threads: int, context_tokens: int) -> ChatModel:
    """The language model in the file or folder `path`; raises `ModelError`."""
    make = factory("llm", "llama.cpp")
    return cast("ChatModel", make(path, name=name, device=device, threads=threads, context_tokens=context_tokens))


def make_voice(path: Path, *, name: str, threads: int, speaker: str | None = None) -> Voice:
    """The voice in the file or folder `path`; raises `ModelError`."""
    return cast("Voice", factory("voice", "piper")(path, name=name, threads=threads, speaker=speaker))
