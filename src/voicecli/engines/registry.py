"""Maps kinds and names of engines to their classes, without importing any of them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, cast

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
"""Kind and name of an engine, mapped to "module:attribute". The first engine of a kind runs the models whose catalogue entry names no other."""


def factory(kind: Kind, name: str) -> Callable[..., object]:
    """Imports and returns the class of an engine.

    Raises:
        UnknownName: There is no such engine.
    """
    target = ENGINES.get((kind, name))
    if target is None:
        known = ", ".join(sorted(engine for engine_kind, engine in ENGINES if engine_kind == kind))
        raise UnknownName(f"There is no {kind} engine {name}.", f"Known are: {known}.")
    module, _, attribute = target.partition(":")
    make: Callable[..., object] = getattr(importlib.import_module(module), attribute)
    return make


def engine_of(kind: Kind, named: str = "") -> str:
    """Returns the engine for a model: the one that its catalogue entry has `named`, or else the first of its kind."""
    return named or next(engine for engine_kind, engine in ENGINES if engine_kind == kind)


def make_voice_detector(name: str = "webrtcvad") -> VoiceDetector:
    """Returns a voice detector: `webrtcvad` or `silero`. Raises `ModelError` if its file or package is missing."""
    return cast("VoiceDetector", factory("vad", name)())


def make_turn_detector(path: Path, *, threads: int = 1, engine: str = "") -> TurnDetector:
    """Returns the turn detector in the file or folder `path`. Raises `ModelError`."""
    return cast("TurnDetector", factory("turn", engine_of("turn", engine))(path, threads))


def make_transcriber(path: Path, *, name: str, device: Device, threads: int, engine: str = "") -> Transcriber:
    """Returns the recogniser in the folder `path`. Raises `ModelError`."""
    make = factory("stt", engine_of("stt", engine))
    return cast("Transcriber", make(path, name=name, device=device, threads=threads))


def make_chat_model(
    path: Path, *, name: str, device: Device, threads: int, context_tokens: int, engine: str = ""
) -> ChatModel:
    """Returns the language model in the file or folder `path`. Raises `ModelError`."""
    make = factory("llm", engine_of("llm", engine))
    return cast("ChatModel", make(path, name=name, device=device, threads=threads, context_tokens=context_tokens))


def make_voice(path: Path, *, name: str, threads: int, speaker: str | None = None, engine: str = "") -> Voice:
    """Returns the voice in the file or folder `path`. Raises `ModelError`."""
    make = factory("voice", engine_of("voice", engine))
    return cast("Voice", make(path, name=name, threads=threads, speaker=speaker))
