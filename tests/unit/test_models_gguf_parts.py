"""Language models in several files: found by any of them, rejected if incomplete."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from fakes.tiny_models import TinyModels
from voicecli.errors import ModelInvalid
from voicecli.models.gguf_parts import model_name, parts_of


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def gguf(number: int | None, count: int, *, tensors: int = 1, all_tensors: int = 2) -> bytes:
    """A GGUF file. `number` is its part number in the header, from 0; None for a complete file."""
    pairs = [text("general.architecture") + struct.pack("<I", 8) + text("llama")]
    if number is not None:
        pairs += [
            text("split.no") + struct.pack("<IH", 2, number),
            text("split.count") + struct.pack("<IH", 2, count),
            text("split.tensors.count") + struct.pack("<Ii", 5, all_tensors),
        ]
    described = b"".join(text(f"t{index}") + struct.pack("<IQIQ", 1, 1, 0, 32 * index) for index in range(tensors))
    return b"GGUF" + struct.pack("<IQQ", 3, tensors, len(pairs)) + b"".join(pairs) + described + bytes(200)


def write(folder: Path, *parts: bytes, name: str = "Big-70B-Q4") -> list[Path]:
    paths = [folder / f"{name}-{n:05}-of-{len(parts):05}.gguf" for n in range(1, len(parts) + 1)]
    for path, data in zip(paths, parts, strict=True):
        path.write_bytes(data)
    return paths


@pytest.fixture
def tiny(tmp_path: Path) -> TinyModels:
    return TinyModels(tmp_path / "tiny")


def refused(tiny: TinyModels, path: Path) -> ModelInvalid:
    with pytest.raises(ModelInvalid) as caught:
        tiny.store().resolve("llm", str(path))
    return caught.value


@pytest.mark.parametrize("given", [0, 1, 2])
def test_any_part_stands_for_the_model_and_the_first_is_loaded(tiny: TinyModels, tmp_path: Path, given: int) -> None:
    paths = write(tmp_path, gguf(0, 3, tensors=0), gguf(1, 3), gguf(2, 3))
    resolved = tiny.store().resolve("llm", str(paths[given]))
    assert (resolved.path, resolved.name) == (paths[0], "Big-70B-Q4")


def test_parts_that_are_missing_are_named(tiny: TinyModels, tmp_path: Path) -> None:
    first, second, third = write(tmp_path, gguf(0, 3), gguf(1, 3), gguf(2, 3))
    second.unlink()
    error = refused(tiny, third)
    assert f"{third} is one part of a model in 3 files, and part {second.name} is missing." in error.message
    first.unlink()
    error = refused(tiny, third)
    assert "2 of its 3 parts are missing" in error.message
    assert first.name in error.hint
    assert second.name in error.hint


def test_a_part_that_is_cut_off_is_named(tiny: TinyModels, tmp_path: Path) -> None:
    paths = write(tmp_path, gguf(0, 2), gguf(1, 2)[:60])
    assert f"{paths[1]} is cut off" in refused(tiny, paths[0]).message


def test_a_part_of_another_model_or_place_is_told(tiny: TinyModels, tmp_path: Path) -> None:
    paths = write(tmp_path, gguf(0, 2), gguf(0, 2))
    assert f"{paths[1]} is not part 2 of 2: by its header it is part 1 of 2." in refused(tiny, paths[0]).message
    paths = write(tmp_path, gguf(0, 2), gguf(1, 2, tensors=2))
    assert "hold 3 tensors together, and should hold 2" in refused(tiny, paths[0]).message


def test_a_part_that_lost_its_name_is_told(tiny: TinyModels, tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(gguf(0, 2))
    error = refused(tiny, path)
    assert f"{path} is part 1 of 2 of a model" in error.message
    assert "NAME-00001-of-00002.gguf" in error.hint


def test_a_file_that_only_looks_like_a_part_is_one(tmp_path: Path) -> None:
    for name in ("a.gguf", "a-1-of-2.gguf", "a-00001-of-00002.bin", "a-00001-of-00000.gguf"):
        assert parts_of(tmp_path / name) == (tmp_path / name,)
    assert model_name(Path("a-00001-of-00002.gguf")) == "a"
    assert model_name(Path("My Model.Q4.gguf")) == "My Model.Q4"
