"""Models and archives that somebody has tampered with are refused, and the message names the file."""

from __future__ import annotations

import json
import os
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from fakes.tiny_models import TinyModels, content, make_wheel
from voicecli.errors import DownloadFailed, ModelError
from voicecli.models import package_index, receipts
from voicecli.models.catalog import Kind
from voicecli.models.import_folder import import_paths
from voicecli.models.source_types import SourceFailed
from voicecli.models.store import ModelStore

ABOUT = json.dumps({"audio": {"sample_rate": 22050}}).encode()


@dataclass
class Scene:
    """A store with two installed models, and a folder for files of strangers."""

    tiny: TinyModels
    store: ModelStore
    desk: Path

    def installed(self, name: str, file: str) -> Path:
        """Installs a model through the cache; returns its file."""
        source = self.desk / "source"
        source.mkdir(exist_ok=True)
        for path, data in self.tiny.files[name].items():
            (source / path).write_bytes(data)
        import_paths([source], self.store)
        return self.store.folder(self.tiny.catalog.find(name)) / file

    def own(self, kind: Kind, name: str, data: bytes) -> None:
        """Uses a file of the user's own."""
        (self.desk / name).write_bytes(data)
        self.store.resolve(kind, str(self.desk / name))


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    tiny = TinyModels(tmp_path / "tiny")
    desk = tmp_path / "desk"
    desk.mkdir()
    return Scene(tiny, tiny.store(), desk)


def rewrite(path: Path, data: bytes) -> None:
    """Writes into the file itself, so that its links change too, and puts its time back."""
    before = path.stat()
    with path.open("r+b") as file:
        file.write(data)
        file.truncate()
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def text(value: bytes) -> bytes:
    return struct.pack("<Q", len(value)) + value


def gguf(pairs: list[bytes], *, tensors: int = 1, pair_count: int | None = None) -> bytes:
    count = len(pairs) if pair_count is None else pair_count
    tensor = text(b"x") + struct.pack("<IQIQ", 1, 1, 0, 0)
    return b"GGUF" + struct.pack("<IQQ", 3, tensors, count) + b"".join(pairs) + tensor + bytes(64)


def pair(key: bytes, kind: int, value: bytes) -> bytes:
    return text(key) + struct.pack("<I", kind) + value


def field(number: int, body: bytes) -> bytes:
    length = len(body)
    out = bytearray()
    while length > 127:
        out.append(length & 127 | 128)
        length >>= 7
    return bytes([number << 3 | 2, *out, length]) + body


OUTPUT = field(12, field(1, b"y"))
EXTERNAL = field(7, field(5, field(8, b"w") + field(13, field(1, b"location") + field(2, b"/etc/passwd"))) + OUTPUT)
CONSTANT = field(7, field(1, field(5, field(5, bytes([14 << 3, 1])))) + OUTPUT)


def changed_byte(scene: Scene) -> None:
    rewrite(scene.installed("llama-big", "llama-big.gguf"), bytes(300_000))
    scene.store.path("llm", "llama-big")


def cut_off(scene: Scene) -> None:
    rewrite(scene.installed("llama-big", "llama-big.gguf"), content("llama-big")[:-1])
    scene.store.path("llm", "llama-big")


def forged_receipt(scene: Scene) -> None:
    path = scene.installed("llama-big", "llama-big.gguf")
    right = receipts.sha256_of(path)
    rewrite(path, bytes(300_000))
    receipt = [*receipts._fingerprint(path), right]
    for place, key in (
        (scene.store.root / ".receipts.json", "llm/llama-big/llama-big.gguf"),
        (scene.store.blobs.folder / "receipts.json", right),
    ):
        place.write_text(json.dumps({key: receipt}))
    scene.store.path("llm", "llama-big")


def swapped_files(scene: Scene) -> None:
    scene.installed("whisper-small", "model.bin")
    path = scene.store.folder(scene.tiny.catalog.find("whisper-small")) / "config.json"
    rewrite(path, b'{"of": "whisper-smalL"}')
    scene.store.path("stt", "whisper-small")


def wheel_of_other_bytes(scene: Scene) -> None:
    _assemble(scene, lambda data: data[:-1] + b"\0")


def wheel_that_is_a_bomb(scene: Scene) -> None:
    _assemble(scene, lambda data: bytes(50_000_000)[: len(data) * 100])


def _assemble(scene: Scene, change: Callable[[bytes], bytes]) -> None:
    """Takes a model out of wheels that have the right names and other bytes."""
    import contextlib
    from collections.abc import Iterator

    from voicecli.models.catalog import Carrier

    entry = scene.tiny.catalog.find("llama-small")
    variant = entry.variants[0]

    @contextlib.contextmanager
    def opened(carrier: Carrier) -> Iterator[Path]:
        (path,) = scene.tiny.wheels.glob(f"{carrier.package.replace('-', '_')}-*.whl")
        with zipfile.ZipFile(path) as wheel:
            members = {name: wheel.read(name) for name in wheel.namelist() if name.startswith("data/")}
        yield make_wheel(scene.desk, carrier.package, {name: change(data) for name, data in members.items()})

    blobs = scene.store.blobs
    blobs.folder.mkdir(parents=True, exist_ok=True)
    try:
        package_index.assemble(list(variant.files), variant.carriers, blobs, opened)
    except SourceFailed as failure:
        assert not blobs.blob(variant.files[0].sha256).exists()
        raise DownloadFailed(f"{entry.name} could not be imported: {failure.message}.", failure.hint) from failure


def gguf_of_many_tensors(scene: Scene) -> None:
    scene.own("llm", "many.gguf", gguf([], tensors=2**63 - 1))


def gguf_of_many_values(scene: Scene) -> None:
    scene.own("llm", "values.gguf", gguf([], pair_count=2**62))


def gguf_of_an_endless_text(scene: Scene) -> None:
    path = scene.desk / "text.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + struct.pack("<Q", 1 << 39))
    with path.open("r+b") as file:
        file.truncate(1 << 40)  # a terabyte of nothing
    scene.store.resolve("llm", str(path))


def gguf_of_an_endless_list(scene: Scene) -> None:
    path = scene.desk / "list.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + pair(b"a", 9, struct.pack("<IQ", 8, 1 << 36)))
    with path.open("r+b") as file:
        file.truncate(1 << 40)
    scene.store.resolve("llm", str(path))


def gguf_of_a_wrong_alignment(scene: Scene) -> None:
    scene.own("llm", "aligned.gguf", gguf([pair(b"general.alignment", 6, struct.pack("<f", float("nan")))]))


def gguf_that_is_cut_off(scene: Scene) -> None:
    tensor = text(b"x") + struct.pack("<IQIQ", 1, 1 << 40, 0, 0)
    scene.own("llm", "short.gguf", b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + tensor + bytes(100))


def onnx_with_files_of_others(scene: Scene) -> None:
    scene.own("turn", "external.onnx", EXTERNAL)


def onnx_with_a_constant_of_others(scene: Scene) -> None:
    scene.own("turn", "constant.onnx", CONSTANT)


def onnx_of_an_endless_number(scene: Scene) -> None:
    scene.own("turn", "number.onnx", b"\x80" * 3_000_000)


def voice_without_a_graph(scene: Scene) -> None:
    (scene.desk / "voice.onnx.json").write_bytes(ABOUT)
    scene.own("voice", "voice.onnx", field(2, b"pytorch"))


def voice_with_a_deep_description(scene: Scene) -> None:
    (scene.desk / "deep.onnx.json").write_bytes(b'{"audio":' * 100_000)
    scene.own("voice", "deep.onnx", field(7, OUTPUT))


TAMPERED = [
    (changed_byte, "llama-big.gguf is damaged: its SHA-256"),
    (cut_off, "llama-big.gguf is 299999 bytes long"),
    (forged_receipt, "llama-big.gguf is damaged: its SHA-256"),
    (swapped_files, "config.json is damaged: its SHA-256"),
    (
        wheel_of_other_bytes,
        "llama-small could not be imported: llama-small.gguf from the packages has the wrong SHA-256",
    ),
    (wheel_that_is_a_bomb, "llama-small could not be imported: a package .* holds a file of the wrong size"),
    (gguf_of_many_tensors, "many.gguf is damaged: its header has 9223372036854775807 tensors"),
    (gguf_of_many_values, "values.gguf is damaged: its header has 4611686018427387904 values"),
    (gguf_of_an_endless_text, "text.gguf is damaged: its header has a text of 549755813888 bytes"),
    (gguf_of_an_endless_list, "list.gguf is damaged: its header has 68719476736 texts in lists"),
    (gguf_of_a_wrong_alignment, "aligned.gguf is damaged: its header has an alignment of nan"),
    (gguf_that_is_cut_off, "short.gguf is cut off"),
    (onnx_with_files_of_others, "external.onnx takes its weights from other files"),
    (onnx_with_a_constant_of_others, "constant.onnx takes its weights from other files"),
    (onnx_of_an_endless_number, "number.onnx is not an ONNX model: it has a number that is too long"),
    (voice_without_a_graph, "voice.onnx is not an ONNX model: it has no graph"),
    (voice_with_a_deep_description, "deep.onnx.json does not describe a voice"),
]


@pytest.mark.timeout(20)
@pytest.mark.parametrize(("tamper", "says"), TAMPERED, ids=lambda value: getattr(value, "__name__", ""))
def test_it_is_refused_by_name(tamper: Callable[[Scene], None], says: str, scene: Scene) -> None:
    with pytest.raises(ModelError, match=says) as caught:
        tamper(scene)
    assert caught.value.hint


def test_an_archive_whose_members_lead_out_of_their_folder_writes_nothing(scene: Scene) -> None:
    make_wheel(scene.desk, "evil", {"../../escaped": b"x", "/tmp/escaped-voicecli": b"x"})  # noqa: S108 - nothing is written there
    found = import_paths([scene.desk], scene.store)
    assert (found.installed, found.unknown_count) == ((), 1)
    assert not list(scene.desk.parent.parent.glob("escaped*"))
    assert not Path("/tmp/escaped-voicecli").exists()  # noqa: S108 - the same
