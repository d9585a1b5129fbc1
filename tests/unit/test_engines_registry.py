"""Engines are found by kind and name, without importing any."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

from voicecli.engines import registry
from voicecli.engines.webrtc_vad import WebrtcVad
from voicecli.errors import UnknownName


def test_every_entry_names_a_module_that_exists() -> None:
    for target in registry.ENGINES.values():
        assert importlib.util.find_spec(target.partition(":")[0]) is not None


def test_a_factory_is_the_class_of_the_engine() -> None:
    assert registry.factory("vad", "webrtcvad") is WebrtcVad


def test_an_unknown_engine_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownName) as caught:
        registry.factory("vad", "psychic")
    assert "silero, webrtcvad" in caught.value.hint


def test_looking_engines_up_imports_none_of_their_packages() -> None:
    heavy = "{'ctranslate2', 'faster_whisper', 'llama_cpp', 'onnxruntime', 'piper', 'webrtcvad'}"
    modules = ", ".join(sorted({target.partition(":")[0] for target in registry.ENGINES.values()}))
    program = f"import sys, voicecli.engines.registry, {modules}; sys.exit(str({heavy} & set(sys.modules) or ''))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ran.stderr.strip() == ""
