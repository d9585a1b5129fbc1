"""The store: where models are kept on this machine, and the only way to get their paths.

The layout is `<root>/<kind>/<name>/<files>`. A file is right if its size and SHA-256 match the catalogue, wherever it came from. `path` and
`resolve` return only models whose files are right. Receipts remember hashes, so only the first start after a change has to hash files.
"""

from __future__ import annotations

import os
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self, TypeAlias

from voicecli.config import paths
from voicecli.errors import ModelInvalid, ModelNotFound
from voicecli.models import catalog as catalogue
from voicecli.models.blob_cache import BlobCache, disk_errors
from voicecli.models.catalog import KIND_TITLES, Catalog, Device, Entry, Kind, ModelFile, Variant
from voicecli.models.gguf_parts import model_name
from voicecli.models.progress import Progress, Silent
from voicecli.models.receipts import Receipts, sha256_of
from voicecli.models.user_models import check_own, looks_like_path

State: TypeAlias = Literal["absent", "partial", "damaged", "present"]

AUTO = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedModel:
    """A model that was checked and can be loaded.

    Attributes:
        kind: What it does.
        name: Its name in the catalogue, or the name of its file without the suffix.
        path: The path to load: a folder for a recogniser, otherwise a file.
        entry: Its entry in the catalogue; None for the user's own model.
    """

    kind: Kind
    name: str
    path: Path
    entry: Entry | None

    @property
    def engine(self) -> str:
        """The engine that its entry names; empty for the usual one of its kind."""
        return self.entry.engine if self.entry is not None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault in a file of a model.

    Attributes:
        path: The file.
        reason: The fault, worded to follow the file's name: `is missing`.
    """

    path: Path
    reason: str


class ModelStore:
    """Models on disk.

    Any thread and any number of processes may use one root at the same time.

    Args:
        root: The folder of the models, which need not exist.
        blobs: The cache that fills it.
        catalog: The known models.
    """

    def __init__(self, root: Path, *, blobs: BlobCache, catalog: Catalog) -> None:
        self.root = root
        self.blobs = blobs
        self.catalog = catalog
        self._receipts = Receipts(root)

    @classmethod
    def default(cls) -> Self:
        """The store of this user: `VOICECLI_MODELS`, or `models/` of the checkout the program runs from, or the user's data folder."""
        return cls(default_root(), blobs=BlobCache(paths.cache_dir() / "models"), catalog=catalogue.load())

    def folder(self, entry: Entry) -> Path:
        """The folder for the files of a model, which may not exist."""
        return self.root / entry.kind / entry.name

    def state(self, entry: Entry) -> State:
        """Returns how much of a model is here, without hashing. `damaged` means that a file has the wrong size."""
        files = self.variant(entry).files
        sizes = [_size_of(self.folder(entry) / file.path) for file in files]
        if not any(size is not None for size in sizes):
            return "absent"
        if any(size is None for size in sizes):
            return "partial"
        return "present" if sizes == [file.size_bytes for file in files] else "damaged"

    def installed(self) -> tuple[Entry, ...]:
        """The models with all files here. `faults` tells whether the files are right."""
        return tuple(entry for entry in self.catalog.entries if self.state(entry) in {"present", "damaged"})

    def variant(self, entry: Entry) -> Variant:
        """Returns the variant that the files on disk match best."""
        folder = self.folder(entry)

        def closeness(variant: Variant) -> tuple[int, int]:
            sizes = [(_size_of(folder / file.path), file.size_bytes) for file in variant.files]
            return sum(is_size == size for is_size, size in sizes), -sum(is_size is None for is_size, _ in sizes)

        return max(entry.variants, key=closeness)

    def is_right(
        self, entry: Entry, file: ModelFile, *, afresh: bool = False, progress: Progress | None = None
    ) -> bool:
        """Whether one file of a model is here and has the right size and hash.

        Args:
            entry: The model.
            file: One of its files.
            afresh: Whether to ignore receipts and hash the file again.
            progress: Receives the progress of hashing.
        """
        path = self.folder(entry) / file.path
        if _size_of(path) != file.size_bytes:
            return False
        key = path.relative_to(self.root).as_posix()
        sha256 = None if afresh else self._receipts.get(key, path)
        if sha256 is None and not afresh and self.blobs.knows(file.sha256, path):
            sha256 = file.sha256
            self._receipts.put(key, path, sha256)
        if sha256 is None:
            sha256 = _hash(path, file, progress or Silent())
            self._receipts.put(key, path, sha256)
        if sha256 != file.sha256:
            # The cached file may be a link to the same file.
            self.blobs.doubt(file.sha256)
        return sha256 == file.sha256

    def faults(self, entry: Entry, *, afresh: bool = False, progress: Progress | None = None) -> tuple[Fault, ...]:
        """Returns the faults of an installed model; empty if it has none."""
        found: list[Fault] = []
        for file in self.variant(entry).files:
            path = self.folder(entry) / file.path
            match _size_of(path):
                case None:
                    found.append(Fault(path=path, reason="is missing"))
                case size if size != file.size_bytes:
                    found.append(Fault(path=path, reason=f"is {size} bytes long and should be {file.size_bytes}"))
                case _ if not self.is_right(entry, file, afresh=afresh, progress=progress):
                    found.append(Fault(path=path, reason="is damaged: its SHA-256 is not the one in the catalogue"))
        return tuple(found)

    def best(self, kind: Kind, *, device: Device = "cpu", language: str | None = None) -> Entry | None:
        """Returns the best installed model of a kind, or None if none is suitable.

        Args:
            kind: The kind of model.
            device: The device it will run on.
            language: ISO 639-1; None if it is not known in advance. Multilingual recognisers are then preferred to English-only ones, and English
                voices to others.
        """
        candidates = [entry for entry in self.installed() if entry.kind == kind and _suits(entry, language)]
        return max(candidates, key=lambda entry: _order(entry, device, language), default=None)

    def better(self, kind: Kind, *, device: Device = "cpu", language: str | None = None) -> tuple[Entry, ...]:
        """Returns suitable models that are not installed and rank above the best installed one, the easiest to run first.

        They come from the sets `recommended` and `best`. If no model is installed and neither set has a suitable one (a voice of another language),
        the one of the highest rank is returned. `entry.get_command` fetches a model.
        """
        current = self.best(kind, device=device, language=language)
        floor = None if current is None else _order(current, device, language)
        groups = [group for name in ("recommended", "best") if (group := self.catalog.find_set(name))]
        named = self.catalog.expand([name for group in groups for name in group.members(device)], device)
        suited = [entry for entry in self.catalog.of_kind(kind) if _suits(entry, language)]
        pool = [entry for entry in named if entry in suited]
        if not pool and current is None:
            pool = sorted(suited, key=lambda entry: _order(entry, device, language))[-1:]
        return tuple(entry for entry in pool if floor is None or _order(entry, device, language) > floor)

    def path(self, kind: Kind, name: str) -> Path:
        """Returns the path to load for a model of the catalogue: a folder for a recogniser, otherwise a file.

        Raises:
            UnknownName: The catalogue has no such model of this kind.
            ModelNotFound: The model is not on this machine.
            ModelInvalid: A file of the model is missing or damaged.
        """
        return self._take(self.catalog.find(name, kind)).path

    def resolve(
        self, kind: Kind, wanted: str = AUTO, *, device: Device = "cpu", language: str | None = None
    ) -> ResolvedModel:
        """Returns the model that a user's choice refers to.

        Args:
            kind: The kind of model.
            wanted: `auto` for the best installed model, a name in the catalogue, or a path to the user's own model.
            device: The device it will run on. Used by `auto`.
            language: ISO 639-1, or None. Used by `auto`.

        Raises:
            UnknownName: The catalogue has no such model of this kind.
            ModelNotFound: The model, or for `auto` any model, is not on this machine. The hint is the command that fetches it.
            ModelInvalid: A file of the model is missing or damaged. The hint is the command that repairs it.
        """
        if wanted == AUTO:
            return self._take(self._best_or_fail(kind, device, language))
        names = {entry.name for entry in self.catalog.of_kind(kind)}
        if wanted not in names and looks_like_path(wanted):
            path = check_own(kind, wanted)
            return ResolvedModel(
                kind=kind, name=path.name if path.is_dir() else model_name(path), path=path, entry=None
            )
        return self._take(self.catalog.find(wanted, kind))

    def put_in_place(self, entry: Entry, variant: Variant, progress: Progress) -> None:
        """Fills a model's folder from the cache, and removes files that belong to another variant.

        Raises:
            DownloadFailed: The disk is full, or a file cannot be written.
        """
        folder = self.folder(entry)
        with disk_errors(entry.name), self.blobs.hold([file.sha256 for file in variant.files], progress):
            for file in variant.files:
                if not self.is_right(entry, file):
                    self.blobs.place(file, folder / file.path)
            for stranger in {file.path for each in entry.variants for file in each.files} - {
                file.path for file in variant.files
            }:
                (folder / stranger).unlink(missing_ok=True)

    def remove(self, entry: Entry, progress: Progress) -> int:
        """Removes a model, its cached files that no other store uses, and its incomplete downloads.

        Returns:
            The number of bytes freed on the disk.

        Raises:
            ModelNotFound: Nothing of the model is here.
            DownloadFailed: A file cannot be removed.
        """
        folder = self.folder(entry)
        files = {(file.path, file.sha256) for variant in entry.variants for file in variant.files}
        kept = [path for _, sha256 in files for path in (self.blobs.blob(sha256), self.blobs.part(sha256))]
        if not folder.is_dir() and not any(path.exists() for path in kept):
            raise ModelNotFound(f"{entry.name} is not installed in {self.root}.", "voicecli models list")
        freed_bytes = 0
        with disk_errors(entry.name), self.blobs.hold([sha256 for _, sha256 in files], progress):
            for path, sha256 in files:
                freed_bytes += self.blobs.release(sha256, folder / path)
                self._receipts.drop((folder / path).relative_to(self.root).as_posix())
            # The remaining files were derived from the model by the engines.
            if folder.is_symlink():
                folder.unlink()
            elif folder.is_dir():
                shutil.rmtree(folder)
        return freed_bytes

    def _best_or_fail(self, kind: Kind, device: Device, language: str | None) -> Entry:
        best = self.best(kind, device=device, language=language)
        if best is not None:
            return best
        for entry in self.catalog.of_kind(kind):
            if _suits(entry, language) and self.state(entry) == "partial":
                return entry
        what = KIND_TITLES[kind] + (f" for the language {language}" if language and _suits_by_language(kind) else "")
        offers = self.better(kind, device=device, language=language)
        if not offers:
            raise ModelNotFound(f"The catalogue has no {what}.", "Give the path of a model of your own.")
        hint = offers[0].get_command if self.installed() else "voicecli models get"
        raise ModelNotFound(f"No {what} is installed in {self.root}.", hint)

    def _take(self, entry: Entry) -> ResolvedModel:
        if self.state(entry) == "absent":
            raise ModelNotFound(f"{entry.name} is not installed in {self.root}.", entry.get_command)
        for fault in self.faults(entry):
            raise ModelInvalid(f"{fault.path} {fault.reason}.", entry.get_command)
        return ResolvedModel(kind=entry.kind, name=entry.name, path=self._load_path(entry), entry=entry)

    def _load_path(self, entry: Entry) -> Path:
        folder = self.folder(entry)
        if entry.kind == "stt":
            return folder
        loaded = sorted(file.path for file in self.variant(entry).files if file.path.endswith((".gguf", ".onnx")))
        return folder / loaded[0]  # the first part if there are several


def default_root() -> Path:
    """The default folder of the models; see `ModelStore.default`."""
    if chosen := os.environ.get("VOICECLI_MODELS"):
        return Path(chosen).expanduser().absolute()
    checkout = Path(__file__).resolve().parents[3]
    try:
        project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8")).get("project", {})
    except (OSError, ValueError):
        project = {}
    if project.get("name") == "voicecli":
        return checkout / "models"
    return paths.data_dir() / "models"


def _hash(path: Path, file: ModelFile, progress: Progress) -> str:
    done_bytes = 0

    def advance(count: int) -> None:
        nonlocal done_bytes
        done_bytes += count
        progress.reach(done_bytes)

    progress.begin(file.path, file.size_bytes)
    try:
        return sha256_of(path, advance)
    finally:
        progress.end()


def _size_of(path: Path) -> int | None:
    """Returns a file's size; None if there is no file."""
    return path.stat().st_size if path.is_file() else None


def _suits_by_language(kind: Kind) -> bool:
    """Whether a model of this kind must support the language. A language model may answer in a language it was not made for."""
    return kind in {"stt", "voice"}


def _suits(entry: Entry, language: str | None) -> bool:
    return not _suits_by_language(entry.kind) or entry.speaks(language)


def _order(entry: Entry, device: Device, language: str | None) -> tuple[bool, int]:
    """The sort key of `best`: first whether the model supports an unknown language, then its rank."""
    copes = (
        language is not None
        or catalogue.MANY_LANGUAGES in entry.languages
        or (entry.kind == "voice" and entry.speaks("en"))
    )
    return copes or entry.kind == "llm", entry.rank[device]
