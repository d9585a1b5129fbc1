"""The user's own models: which are accepted, and which are rejected and why."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from fakes.tiny_models import TinyModels
from voicecli.errors import ModelInvalid, ModelNotFound, UnknownName
from voicecli.models.user_models import looks_like_path

# No pairs and one tensor, called x: one F32 at the beginning of the data.
SMALLEST_GGUF = b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + struct.pack("<Q1sIQIQ", 1, b"x", 1, 1, 0, 0) + bytes(40)

# A model with a graph (field 7) that has one output (field 12), called x.
SMALLEST_ONNX = bytes([7 << 3 | 2, 5, 12 << 3 | 2, 3, 1 << 3 | 2, 1]) + b"x"


def whisper(folder: Path, *without: str) -> Path:
    folder.mkdir()
    for name in {"model.bin", "config.json", "tokenizer.json", "vocabulary.txt"} - set(without):
        (folder / name).write_text("x")
    return folder


def voice(folder: Path, about: object | None) -> Path:
    path = folder / "mine.onnx"
    path.write_bytes(SMALLEST_ONNX)
    if about is not None:
        (folder / "mine.onnx.json").write_text(about if isinstance(about, str) else json.dumps(about))
    return path


@pytest.fixture
def tiny(tmp_path: Path) -> TinyModels:
    return TinyModels(tmp_path / "tiny")


def test_a_gguf_file_is_taken_by_its_path(tiny: TinyModels, tmp_path: Path) -> None:
    path = tmp_path / "My Model.Q4.gguf"
    path.write_bytes(SMALLEST_GGUF)
    resolved = tiny.store().resolve("llm", str(path))
    assert (resolved.path, resolved.name, resolved.entry) == (path, "My Model.Q4", None)


def test_a_relative_path_is_taken_from_where_the_user_is(
    tiny: TinyModels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.gguf").write_bytes(SMALLEST_GGUF)
    monkeypatch.chdir(tmp_path)
    assert tiny.store().resolve("llm", "mine.gguf").path == tmp_path / "mine.gguf"


def test_a_whisper_folder_is_taken_by_its_path(tiny: TinyModels, tmp_path: Path) -> None:
    folder = whisper(tmp_path / "whisper-mine.v2")
    resolved = tiny.store().resolve("stt", str(folder))
    assert (resolved.path, resolved.name) == (folder, "whisper-mine.v2")


@pytest.mark.parametrize("missing", ["model.bin", "config.json", "tokenizer.json", "vocabulary.txt"])
def test_a_whisper_folder_without_a_file_is_refused_by_its_name(tiny: TinyModels, tmp_path: Path, missing: str) -> None:
    folder = whisper(tmp_path / "w", missing)
    with pytest.raises(ModelInvalid, match=f"lacks .*{Path(missing).stem}"):
        tiny.store().resolve("stt", str(folder))


def test_a_voice_is_taken_with_its_description(tiny: TinyModels, tmp_path: Path) -> None:
    path = voice(tmp_path, {"audio": {"sample_rate": 16000}})
    assert tiny.store().resolve("voice", str(path)).name == "mine"


@pytest.mark.parametrize(
    ("about", "message"),
    [
        (None, r"needs mine\.onnx\.json"),
        ("{", r"has no audio\.sample_rate"),
        ({"audio": {}}, r"has no audio\.sample_rate"),
        ([], r"has no audio\.sample_rate"),
        ({"audio": {"sample_rate": "fast"}}, "gives 'fast' as the sample rate"),
        ({"audio": {"sample_rate": True}}, "gives True as the sample rate"),
        ({"audio": {"sample_rate": 10**30}}, "as the sample rate"),
        ('{"audio": {"sample_rate": ' + "9" * 5000 + "}}", r"has no audio\.sample_rate"),
        ('{"a":' * 50_000, r"has no audio\.sample_rate"),
    ],
)
def test_a_voice_without_a_usable_description_is_refused(
    tiny: TinyModels, tmp_path: Path, about: object | None, message: str
) -> None:
    with pytest.raises(ModelInvalid, match=message):
        tiny.store().resolve("voice", str(voice(tmp_path, about)))


@pytest.mark.parametrize(
    ("kind", "name"), [("llm", "m.bin"), ("voice", "m.gguf"), ("turn", "m.gguf"), ("stt", "m.bin")]
)
def test_a_file_of_the_wrong_kind_is_refused(tiny: TinyModels, tmp_path: Path, kind: str, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(ModelInvalid, match="is not a"):
        tiny.store().resolve(kind, str(tmp_path / name))  # type: ignore[arg-type] # one of its kinds


def test_an_empty_file_is_refused(tiny: TinyModels, tmp_path: Path) -> None:
    (tmp_path / "turn.onnx").touch()
    with pytest.raises(ModelInvalid, match="is empty"):
        tiny.store().resolve("turn", str(tmp_path / "turn.onnx"))


def test_a_path_where_nothing_is_says_so(tiny: TinyModels, tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match=r"lost\.gguf does not exist"):
        tiny.store().resolve("llm", str(tmp_path / "lost.gguf"))


def test_a_word_that_is_no_path_is_an_unknown_name(tiny: TinyModels) -> None:
    with pytest.raises(UnknownName) as caught:
        tiny.store().resolve("llm", "llama-bag")
    assert "Did you mean llama-big?" in caught.value.hint


def test_a_name_of_the_catalogue_goes_before_a_folder_of_that_name(
    tiny: TinyModels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whisper(tmp_path / "whisper-base")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelNotFound, match="whisper-base is not installed"):
        tiny.store().resolve("stt", "whisper-base")


@pytest.mark.parametrize("wanted", ["./x", "~/x", "a/b", "x.gguf", "x.onnx", "/x"])
def test_these_are_paths(wanted: str) -> None:
    assert looks_like_path(wanted)


@pytest.mark.parametrize("wanted", ["llama-3.2-3b", "whisper-tiny.en", "smart-turn-v3.2", "en_US-joe-medium"])
def test_these_are_names(wanted: str) -> None:
    assert not looks_like_path(wanted)
