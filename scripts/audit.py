"""What voicecli is made of: a bill of materials (CycloneDX), the licences, and the flaws that are known of its dependencies.

    make audit                              writes dist/voicecli.cdx.json, checks licences, and looks for flaws in the carried database
    make audit ARGS="--database FOLDER"     looks in a checkout of the Python advisory database (github.com/pypa/advisory-database) that you fetched
    make audit ARGS="--database FOLDER --carry"    and takes what concerns voicecli into the carried database

Nothing is fetched by this script. Ends with 1 if a licence does not go together with the GPL or is unknown, or if a flaw is known.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import re
import sys
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).resolve().parent.parent
CARRIED = ROOT / "scripts/data/advisories.json"
SHIPPED = "runtime"
"""The requirements file of what runs on a user's machine; the bill of materials has these."""

OTHERS = ("dev", "build", "uv", "compiler", "hotkey", "mcp")
OLD_DAYS: Final = 30

GOES_WITH_GPL: Final = (
    "0BSD", "AFL-3.0", "Apache", "BSD", "CC0", "CNRI-Python", "GPL-3.0", "GPLv3", "HPND", "ISC", "LGPL", "MIT", "MPL-2.0", "MPL 2.0",
    "Mozilla Public License 2.0", "PSF", "Python Software Foundation", "Unlicense", "Zlib", "zlib", "public domain",
)  # fmt: skip
"""Parts of the names of licences whose works may be part of a program under GPL-3.0-or-later."""

READ_BY_HAND: Final[Mapping[str, str]] = {"pyaec": "MIT, and speexdsp in it BSD-3-Clause"}
"""Licences of packages whose metadata name none, as their sources have them (Cargo.toml of aec-rs; COPYING of speexdsp)."""

_PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:(?P<hash>[0-9a-f]{64})")
_VIA = re.compile(r"^\s+#\s+(?:via\s+)?(?P<name>[A-Za-z0-9._-]+)\s*(?:\(.*\))?$")


@dataclass(slots=True, kw_only=True)
class Package:
    """One package of a requirements file.

    Attributes:
        name: Its name as the package index writes it.
        version: Its version.
        hashes: SHA-256 of each of its files.
        wanted_by: The packages that need it.
    """

    name: str
    version: str
    hashes: list[str] = field(default_factory=list)
    wanted_by: list[str] = field(default_factory=list)

    @property
    def reference(self) -> str:
        """Its package URL, which identifies it in the bill of materials."""
        return f"pkg:pypi/{self.name}@{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """A known flaw of a package.

    Attributes:
        name: The package.
        id: The number of the advisory, and what else it is called.
        affected: Pairs of the first version that has it and the first that does not; None for never.
        versions: Versions that have it by name.
    """

    name: str
    id: str
    affected: tuple[tuple[str, str | None], ...]
    versions: tuple[str, ...]

    def concerns(self, version: str) -> bool:
        """Whether this version has it."""
        if version in self.versions:
            return True
        return any(_between(version, first, fixed) for first, fixed in self.affected)


def _between(version: str, first: str, fixed: str | None) -> bool:
    try:
        at = Version(version)
        return (first == "0" or at >= Version(first)) and (fixed is None or at < Version(fixed))
    except InvalidVersion:
        return False


def packages(text: str) -> list[Package]:
    """Reads a requirements file with hashes."""
    found: list[Package] = []
    for line in text.splitlines():
        if pinned := _PINNED.match(line):
            found.append(Package(name=canonicalize_name(pinned["name"]), version=pinned["version"]))
        elif found and (hashed := _HASH.search(line)):
            found[-1].hashes.append(hashed["hash"])
        elif found and (via := _VIA.match(line)) and via["name"] != "via":
            found[-1].wanted_by.append(canonicalize_name(via["name"]))
    return found


def licence_of(name: str) -> str:
    """The licence that an installed package names; empty if it names none or is not installed here."""
    if name in READ_BY_HAND:
        return READ_BY_HAND[name]
    try:
        told = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ""
    classified = [
        each.rpartition(" :: ")[2] for each in told.get_all("Classifier") or () if each.startswith("License ::")
    ]
    expression, named = ("".join(told.get_all(key) or ()).strip() for key in ("License-Expression", "License"))
    return expression or ", ".join(classified) or named.partition("\n")[0]


def goes_with_gpl(licence: str) -> bool:
    """Whether a program under GPL-3.0-or-later may contain a work under this licence."""
    return any(each in licence for each in GOES_WITH_GPL)


# ---- the bill of materials


def bill(parts: Sequence[Package], licences: Mapping[str, str], version: str, at: dt.datetime) -> dict[str, Any]:
    """The bill of materials, CycloneDX 1.5."""
    program = f"pkg:pypi/voicecli@{version}"
    needs: dict[str, list[str]] = {reference: [] for reference in (program, *(each.reference for each in parts))}
    by_name: dict[str, list[str]] = {"voicecli": [program]}
    for each in parts:
        by_name.setdefault(each.name, []).append(each.reference)
    for each in parts:
        for wanting in each.wanted_by:
            for reference in by_name.get(wanting, ()):
                needs[reference].append(each.reference)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, ' '.join(sorted(needs)))}",
        "version": 1,
        "metadata": {
            "timestamp": at.isoformat(timespec="seconds"),
            "component": {
                "type": "application",
                "bom-ref": program,
                "name": "voicecli",
                "version": version,
                "purl": program,
                "licenses": [{"license": {"id": "GPL-3.0-or-later"}}],
            },
        },
        "components": [
            {
                "type": "library",
                "bom-ref": each.reference,
                "name": each.name,
                "version": each.version,
                "purl": each.reference,
                "hashes": [{"alg": "SHA-256", "content": content} for content in each.hashes],
                **({"licenses": [{"license": {"name": licences[each.name]}}]} if licences.get(each.name) else {}),
            }
            for each in parts
        ],
        "dependencies": [{"ref": reference, "dependsOn": sorted(set(on))} for reference, on in sorted(needs.items())],
    }


# ---- known flaws


def in_database(folder: Path, names: Iterable[str]) -> Iterator[Flaw]:
    """Reads the advisories of these packages from a checkout of the advisory database."""
    import yaml  # type: ignore[import-untyped] # it has no types

    for name in sorted(set(names)):
        for path in sorted((folder / "vulns" / name).glob("*.yaml")):
            told = yaml.safe_load(path.read_text(encoding="utf-8"))
            if "withdrawn" in told:
                continue
            for affected in told.get("affected", ()):
                ranges = [each for each in affected.get("ranges", ()) if each.get("type") == "ECOSYSTEM"]
                yield Flaw(
                    name=name,
                    id=", ".join([told["id"], *told.get("aliases", ())]),
                    affected=tuple(pair for each in ranges for pair in _pairs(each["events"])),
                    versions=tuple(map(str, affected.get("versions", ()))),
                )


def _pairs(events: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str | None]]:
    first: str | None = None
    for event in events:
        if "introduced" in event:
            first = str(event["introduced"])
        elif "fixed" in event and first is not None:
            yield first, str(event["fixed"])
            first = None
    if first is not None:
        yield first, None


def carry(flaws: Sequence[Flaw], date: str) -> None:
    """Writes the carried database: only ranges, which decide, and only of packages that are used."""
    record = {
        "from": "The Python advisory database (github.com/pypa/advisory-database), CC-BY-4.0",
        "date": date,
        "flaws": [{"name": each.name, "id": each.id, "affected": each.affected} for each in flaws if each.affected],
    }
    CARRIED.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def carried() -> tuple[list[Flaw], str]:
    """The carried database, and its date."""
    record = json.loads(CARRIED.read_text(encoding="utf-8"))
    flaws = [
        Flaw(name=each["name"], id=each["id"], affected=tuple((a, b) for a, b in each["affected"]), versions=())
        for each in record["flaws"]
    ]
    return flaws, record["date"]


# ---- the command


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description="Bill of materials, licences, known flaws.")
    parser.add_argument("--database", type=Path, metavar="FOLDER", help="a checkout of the Python advisory database")
    parser.add_argument(
        "--date", default=dt.datetime.now(tz=dt.UTC).date().isoformat(), help="the date of that checkout"
    )
    parser.add_argument("--carry", action="store_true", help="take what concerns voicecli into the carried database")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "dist/voicecli.cdx.json", metavar="FILE")
    options = parser.parse_args(arguments)
    shipped = packages((ROOT / f"requirements/{SHIPPED}.txt").read_text(encoding="utf-8"))
    every = {
        each.reference: each
        for name in (SHIPPED, *OTHERS)
        for each in packages((ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8"))
    }.values()
    licences = {each.name: licence_of(each.name) for each in shipped}
    options.output.parent.mkdir(parents=True, exist_ok=True)
    record = bill(shipped, licences, metadata.version("voicecli"), dt.datetime.now(tz=dt.UTC))
    options.output.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(f"Bill of materials: {options.output}, {len(shipped)} packages.")
    right = _tell_licences(licences)
    if options.database is not None:
        flaws, date = list(in_database(options.database, (each.name for each in every))), options.date
        if options.carry:
            carry(flaws, date)
    else:
        flaws, date = carried()
    return 0 if _tell_flaws(list(every), flaws, date) and right else 1


def _tell_licences(licences: Mapping[str, str]) -> bool:
    here = {name: licence for name, licence in licences.items() if licence or _is_installed(name)}
    wrong = {name: licence or "names none" for name, licence in here.items() if not goes_with_gpl(licence)}
    for name, licence in sorted(wrong.items()):
        print(f"LICENCE: {name}: {licence}")
    elsewhere = sorted(set(licences) - set(here))
    unseen = f" Not installed on this system, so not read: {', '.join(elsewhere)}." if elsewhere else ""
    print(f"Licences: {len(here) - len(wrong)} of {len(here)} go together with GPL-3.0-or-later.{unseen}")
    return not wrong


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _tell_flaws(every: Sequence[Package], flaws: Sequence[Flaw], date: str) -> bool:
    known = sorted(
        {
            f"FLAW: {each.name} {each.version}: {flaw.id}"
            for each in every
            for flaw in flaws
            if flaw.name == each.name and flaw.concerns(each.version)
        }
    )
    for line in known:
        print(line)
    age = (dt.datetime.now(tz=dt.UTC).date() - dt.date.fromisoformat(date)).days
    old = f" It is {age} days old: fetch a newer one, see `make audit` in CONTRIBUTING." if age > OLD_DAYS else ""
    print(f"Known flaws: {len(known)}, in {len(every)} locked packages, by the advisory database of {date}.{old}")
    return not known


if __name__ == "__main__":
    sys.exit(main())
