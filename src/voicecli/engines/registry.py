"""Maps kinds and names of engines to their classes, without importing any of them."""

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
        ("voice", "hibari"): "voicecli.engines.hibari:HibariSpeaker",
    }
)
"""Kind and name of an engine, mapped to "module:attribute"."""


def factory(kind: Kind, name: str) -> Any:  # noqa: ANN401 - each kind has its own signature; the functions below have types
    """Imports and returns the class of an engine.

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
    """Returns a voice detector: `webrtcvad` or `silero`. Raises `ModelError` if its file or package is missing."""
    return cast("VoiceDetector", factory("vad", name)())


def make_turn_detector(path: Path, *, threads: int = 1) -> TurnDetector:
    """Returns the turn detector in the file or folder `path`. Raises `ModelError`."""
    return cast("TurnDetector", factory("turn", "smart-turn")(path, threads))


def make_transcriber(path: Path, *, name: str, device: Device, threads: int) -> Transcriber:
    """Returns the recogniser in the folder `path`. Raises `ModelError`."""
    return cast("Transcriber", factory("stt", "faster-whisper")(path, name=name, device=device, threads=threads))


def make_chat_model(path: Path, *, name: str, device: Device, threads: int, context_tokens: int) -> ChatModel:
    """Returns the language model in the file or folder `path`. Raises `ModelError`."""
    make = factory("llm", "llama.cpp")
    return cast("ChatModel", make(path, name=name, device=device, threads=threads, context_tokens=context_tokens))


def make_voice(path: Path, *, name: str, threads: int, speaker: str | None = None) -> Voice:
    """Returns the voice in the file or folder `path`. Raises `ModelError`."""
    make = factory("voice", voice_engine(path))
    return cast("Voice", make(path, name=name, threads=threads, speaker=speaker))


def voice_engine(path: Path) -> str:
    """Returns the name of the engine for the voice in the file or folder `path`. Every voice but hibari's is a Piper voice."""
    return "hibari" if path.name == "hibari.onnx" or (path / "hibari.onnx").is_file() else "piper"
