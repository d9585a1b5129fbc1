"""What a package is missing for is told in one sentence, whichever it is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from voicecli.cli.main import main
from voicecli.errors import VoiceCliError, missing_package, not_importable


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))
    monkeypatch.setenv("VOICECLI_MODELS", str(tmp_path / "models"))


@pytest.mark.parametrize(
    ("module", "arguments", "says"),
    [
        ("tomlkit", ["config", "set", "reply.speed", "1.1"], "The package tomlkit is not installed."),
        ("platformdirs", ["config", "path"], "The package platformdirs is not installed."),
        ("filelock", ["models", "verify", "whisper-base"], ""),
        ("llama_cpp", ["config", "path"], ""),
    ],
)
def test_a_command_says_which_package_it_lacks(
    module: str, arguments: list[str], says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [each for each in sys.modules if each.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    if module == "platformdirs":
        monkeypatch.delitem(sys.modules, "voicecli.config.paths")
        monkeypatch.delattr("voicecli.config.paths", raising=False)
    code = main(arguments)
    told = capsys.readouterr().err
    assert "Internal error" not in told
    if says:
        assert code == 1
        assert f"error: {says}" in told
        assert f"hint: pip install {module}" in told


def test_an_engine_says_which_package_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    from voicecli.engines.webrtc_vad import WebrtcVad

    monkeypatch.setitem(sys.modules, "webrtcvad", None)
    with pytest.raises(VoiceCliError) as told:
        WebrtcVad()
    assert told.value.message == "webrtcvad-wheels cannot be imported."
    assert told.value.hint == "pip install webrtcvad-wheels"


def test_an_engine_whose_own_package_lacks_another_one_names_that() -> None:
    error = not_importable("piper-tts", ModuleNotFoundError("x", name="onnxruntime.capi"))
    assert error.message == "piper-tts cannot be imported, because onnxruntime is not installed."
    assert error.hint == "pip install onnxruntime"


def test_without_a_compiler_there_is_another_way() -> None:
    error = not_importable("llama-cpp-python", ModuleNotFoundError("x", name="llama_cpp"))
    assert error.message == "llama-cpp-python cannot be imported."
    assert "compiler" in error.hint
    assert "--llm-url" in error.hint


def test_a_module_of_the_program_is_no_package() -> None:
    assert missing_package(ModuleNotFoundError("x", name="voicecli.nowhere")) == ""
    assert missing_package(ImportError("x", name="numpy")) == ""
    assert missing_package(ValueError()) == ""
