"""The protocols that stand for modules of other packages name what is in these packages."""

from __future__ import annotations

import pytest

from voicecli.audio.portaudio import SoundLibrary
from voicecli.engines.llama_api import LlamaApi


def members(protocol: type) -> set[str]:
    named = {name for name, value in vars(protocol).items() if callable(value) and not name.startswith("__")}
    return (named | set(protocol.__annotations__)) - {"_is_protocol", "_no_init_or_replace_init"}


def test_sounddevice_has_what_is_called() -> None:
    try:
        import sounddevice
    except (ImportError, OSError):
        pytest.skip("needs PortAudio")
    assert {name for name in members(SoundLibrary) if not hasattr(sounddevice, name)} == set()


def test_llama_cpp_has_what_is_called() -> None:
    llama_cpp = pytest.importorskip("llama_cpp", exc_type=ImportError)
    assert {name for name in members(LlamaApi) if not hasattr(llama_cpp, name)} == set()
    assert len(members(LlamaApi)) > 40
