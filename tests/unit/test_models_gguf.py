"""What a GGUF header contains, and which files are rejected by it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from voicecli.errors import ModelInvalid
from voicecli.models.gguf import read_header


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def pair(key: str, kind: int, value: bytes) -> bytes:
    return text(key) + struct.pack("<I", kind) + value


def tensor(name: str, shape: tuple[int, ...], kind: int, offset: int) -> bytes:
    return (
        text(name)
        + struct.pack("<I", len(shape))
        + struct.pack(f"<{len(shape)}Q", *shape)
        + struct.pack("<IQ", kind, offset)
    )


PAIRS = [
    pair("general.architecture", 8, text("llama")),
    pair("general.name", 8, text("Tiny")),
    pair("llama.context_length", 4, struct.pack("<I", 8192)),
    pair("general.alignment", 4, struct.pack("<I", 64)),
    pair("tokenizer.ggml.tokens", 9, struct.pack("<IQ", 8, 2) + text("a") + text("bc")),
    pair("tokenizer.ggml.scores", 9, struct.pack("<IQ", 6, 3) + struct.pack("<3f", 1, 2, 3)),
    pair("general.quantized", 7, b"\x01"),
]
# F32 4 x 8 at 0 (128 bytes), then Q4_K 256 x 2 at 128 (288 bytes).
TENSORS = [tensor("embedding", (4, 8), 0, 0), tensor("output", (256, 2), 12, 128)]


def gguf(
    pairs: list[bytes] = PAIRS, tensors: list[bytes] = TENSORS, *, version: int = 3, data_bytes: int = 416
) -> bytes:
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(pairs)) + b"".join(pairs) + b"".join(tensors)
    return head + b"\0" * (-len(head) % 64) + b"\1" * data_bytes


@pytest.fixture
def written(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(data: bytes) -> Path:
        path = tmp_path / "model.gguf"
        path.write_bytes(data)
        return path

    return write


def test_the_header_tells_what_the_model_is_and_how_long_its_file_must_be(written: Callable[[bytes], Path]) -> None:
    header = read_header(written(gguf()))
    assert (header.architecture, header.name, header.context_tokens) == ("llama", "Tiny", 8192)
    assert header.metadata["general.quantized"] is True
    assert header.tensor_count == 2
    assert header.needed_bytes == len(gguf())


def test_a_file_may_be_longer_than_it_has_to_be(written: Callable[[bytes], Path]) -> None:
    assert read_header(written(gguf() + b"more")).version == 3


@pytest.mark.parametrize("length", [4, 10, 24, 60, 150, 250, 400])
def test_a_file_cut_within_its_header_is_refused(written: Callable[[bytes], Path], length: int) -> None:
    with pytest.raises(ModelInvalid, match="cut off within its header"):
        read_header(written(gguf()[:length]))


def test_a_file_that_lacks_one_byte_of_its_last_tensor_is_refused(written: Callable[[bytes], Path]) -> None:
    with pytest.raises(ModelInvalid, match=f"it is {len(gguf()) - 1} bytes long, its header says {len(gguf())}"):
        read_header(written(gguf()[:-1]))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a GGUF file"),
        (b"PK\3\4 a zip", "not a GGUF file"),
        (gguf(version=1), "GGUF version 1"),
        (gguf([pair("x", 99, b"")]), "unknown type 99"),
        (gguf([pair("x", 9, struct.pack("<IQ", 9, 1))]), "a list of unknown type 9"),
        (gguf([pair("x", 9, struct.pack("<IQ", 4, 1 << 60))]), "cut off"),
        (gguf([struct.pack("<Q", 1 << 62)]), "cut off"),
        (gguf(tensors=[]), "contains only a description"),
        (gguf(tensors=[tensor("x", (1, 1, 1, 1, 1), 0, 0)]), "a tensor of 5 dimensions"),
    ],
)
def test_a_header_that_makes_no_sense_is_refused(written: Callable[[bytes], Path], data: bytes, message: str) -> None:
    with pytest.raises(ModelInvalid, match=message):
        read_header(written(data))


def test_a_tensor_type_of_the_future_does_not_make_a_file_wrong(written: Callable[[bytes], Path]) -> None:
    future = [tensor("embedding", (256, 2), 200, 0)]
    assert read_header(written(gguf(tensors=future))).tensor_count == 1
    with pytest.raises(ModelInvalid, match="cut off"):
        read_header(written(gguf(tensors=future, data_bytes=10)))


@pytest.mark.engines
@pytest.mark.parametrize("name", ["qwen2.5-coder-0.5b", "smollm2-135m"])
def test_a_real_file_is_exactly_as_long_as_its_header_says(model_path: Callable[[str, str], Path], name: str) -> None:
    (path,) = model_path("llm", name).glob("*.gguf")
    header = read_header(path)
    assert header.needed_bytes == path.stat().st_size
    assert header.context_tokens >= 2048
