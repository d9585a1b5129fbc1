"""A catalogue of models of some kilobytes, whose bytes a test can serve, put into wheels, damage and compare."""

from __future__ import annotations

import hashlib
import json
import random
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from voicecli.models import catalog
from voicecli.models.blob_cache import BlobCache
from voicecli.models.store import ModelStore

MODEL_BYTES = 300_000


def content(name: str, size_bytes: int = MODEL_BYTES) -> bytes:
    """Bytes that depend only on the name and do not compress."""
    return random.Random(name).randbytes(size_bytes)


@dataclass
class TinyModels:
    """The catalogue, and the contents of its files.

    On the hub: `whisper-small`, `llama-big`, `llama-small` (also in the index, in two wheels), `voice-en`, `voice-de` (non-commercial).
    Only in the index: `only-index`. `whisper-base` has two variants, one from each source.
    """

    folder: Path
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    hub_files: dict[str, bytes] = field(default_factory=dict)
    carriers: list[str] = field(default_factory=list)
    models: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.wheels = self.folder / "wheels"
        self.wheels.mkdir(parents=True)
        self._whisper("whisper-small", rank=60)
        self._whisper("whisper-base", rank=40, second_set=True)
        self._add("llm", "llama-big", {"llama-big.gguf": content("llama-big")}, rank=90)
        self._add("llm", "llama-small", {"llama-small.gguf": content("llama-small")}, rank=20, wheels=2)
        self._add("llm", "only-index", {"only.gguf": content("only-index")}, rank=10, wheels=1, on_hub=False)
        about = json.dumps({"audio": {"sample_rate": 22050}}).encode()
        for name, language, licence in (("voice-en", "en", "free"), ("voice-de", "de", "closed")):
            files = {f"{name}.onnx": content(name), f"{name}.onnx.json": about + b" " * len(name)}
            self._add("voice", name, files, language=language, licence=licence, rank=30)
        self.text = _HEAD + "\n".join(self.carriers) + "\n".join(self.models)
        self.catalog = catalog.parse(self.text)

    def store(self, name: str = "store") -> ModelStore:
        """A store with that name. All stores share one cache."""
        return ModelStore(self.folder / name, blobs=BlobCache(self.folder / "cache"), catalog=self.catalog)

    def write(self, store: ModelStore, name: str) -> Path:
        """Writes a model's files directly into a store, without the cache, and returns their folder."""
        folder = store.folder(self.catalog.find(name))
        folder.mkdir(parents=True, exist_ok=True)
        for path, data in self.files[name].items():
            (folder / path).write_bytes(data)
        return folder

    def url(self, name: str, path: str) -> str:
        """The path of a file on the fake hub."""
        return f"/people/{name}/resolve/r1/{path}"

    def _whisper(self, name: str, *, rank: int, second_set: bool = False) -> None:
        small = {
            "config.json": b'{"of": "%s"}' % name.encode(),
            "tokenizer.json": b'{"shared": true}',
            "vocabulary.txt": b"a\nb\n",
        }
        files = {"model.bin": content(name), **small}
        other = {
            "model.bin": content(f"{name} again"),
            "config.json": small["config.json"],
            "tokenizer.json": b"{}",
            "vocabulary.json": b"[]",
        }
        self._add("stt", name, files, language="*", rank=rank, second_set=other if second_set else None)

    def _add(
        self,
        kind: str,
        name: str,
        files: Mapping[str, bytes],
        *,
        rank: int,
        language: str = "en",
        licence: str = "free",
        on_hub: bool = True,
        wheels: int = 0,
        second_set: Mapping[str, bytes] | None = None,
    ) -> None:
        self.files[name] = dict(files)
        variants = [(files, on_hub, wheels)] + ([(second_set, False, 1)] if second_set else [])
        self.models.append(
            f'[[model]]\nkind = "{kind}"\nname = "{name}"\ntitle = "{name}"\nlanguages = ["{language}"]\nlicence = "{licence}"\n'
            f'rank = {{ cpu = {rank}, cuda = {rank} }}\nstatus = "confirmed"\n'
        )
        for number, (variant, from_hub, carried_by) in enumerate(variants):
            parts = self._carry(f"{name}-{number}", variant, carried_by)
            if from_hub:
                self.hub_files |= {self.url(name, path): data for path, data in variant.items()}
            place = f'repo = "people/{name}"\nrevision = "r1"\n' if from_hub else ""
            rows = ",\n".join(_row(path, data, parts.get(path, [])) for path, data in variant.items())
            self.models.append(f"[[model.variant]]\n{place}files = [\n{rows}\n]\n")

    def _carry(self, name: str, files: Mapping[str, bytes], wheels: int) -> dict[str, list[str]]:
        """Puts files into wheels. The first file is split into as many pieces as there are wheels."""
        parts: dict[str, list[str]] = {path: [] for path in files}
        for number in range(wheels):
            package = f"carrier-{name}-{number}"
            members: dict[str, bytes] = {}
            for place, (path, data) in enumerate(files.items()):
                step = -(-len(data) // wheels)
                piece = data[number * step : (number + 1) * step] if place == 0 else data if number == 0 else b""
                if piece:
                    member = f"data/{path}.{number}"
                    members[member] = piece
                    parts[path].append(f'{{ package = "{package}", member = "{member}", size = {len(piece)} }}')
            wheel = make_wheel(self.wheels, package, members)
            self.carriers.append(
                f'[[carrier]]\npackage = "{package}"\nversion = "1.0"\n'
                f'sha256 = "{hashlib.sha256(wheel.read_bytes()).hexdigest()}"\nsize = {wheel.stat().st_size}\n'
            )
        return parts


def make_wheel(folder: Path, package: str, members: Mapping[str, bytes]) -> Path:
    """Creates a wheel that pip accepts."""
    name = package.replace("-", "_")
    path = folder / f"{name}-1.0-py3-none-any.whl"
    about = {
        "METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "RECORD": "",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for member, data in members.items():
            wheel.writestr(member, data)
        for file, text in about.items():
            wheel.writestr(f"{name}-1.0.dist-info/{file}", text)
    return path


class Told:
    """Stores the progress it receives. Raises KeyboardInterrupt once `stop_at_bytes` are reached or download number `stop_at_download` begins."""

    def __init__(self, stop_at_bytes: int | None = None, stop_at_download: int = 0) -> None:
        self.labels: list[str] = []
        self.reached: list[int] = []
        self.said: list[str] = []
        self.open = 0
        self._stop_at_bytes = stop_at_bytes
        self._stop_at_download = stop_at_download

    def begin(self, label: str, total_bytes: int) -> None:
        assert total_bytes > 0
        self.labels.append(label)
        self.open += 1
        if len(self.labels) == self._stop_at_download:
            raise KeyboardInterrupt

    def reach(self, done_bytes: int) -> None:
        self.reached.append(done_bytes)
        if self._stop_at_bytes is not None and done_bytes >= self._stop_at_bytes:
            raise KeyboardInterrupt

    def end(self) -> None:
        self.open -= 1

    def say(self, text: str) -> None:
        self.said.append(text)


def _row(path: str, data: bytes, parts: Iterable[str]) -> str:
    shown = ", ".join(parts)
    carried = f", parts = [{shown}]" if shown else ""
    return f'{{ path = "{path}", size = {len(data)}, sha256 = "{hashlib.sha256(data).hexdigest()}"{carried} }}'


_HEAD = """
[licence.free]
name = "MIT"
kind = "permissive"
terms = "Free for any use."

[licence.closed]
name = "CC BY-NC"
kind = "non-commercial"
terms = "NON-COMMERCIAL."

[set.starter]
title = "small"
models = ["whisper-base", "llama-small", "voice-en"]

[set.recommended]
title = "daily"
models = ["whisper-base", "llama-small", "voice-en"]
on_cuda = { whisper-base = "whisper-small" }

[set.best]
title = "best"
models = ["whisper-small", "llama-big", "voice-en"]

[set.inner]
title = "not shown"
internal = true
models = ["only-index"]

"""
