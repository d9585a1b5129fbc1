"""Hashes files, and remembers the hashes as receipts.

Hashing a model of several gigabytes takes seconds, which should not be spent at every start. A receipt states that the file with this size,
these times and this inode had this hash. Any change of the file changes one of them, so the receipt no longer matches and the file is
hashed again. Only a full `voicecli models verify` finds damage that changes none of them, such as a decaying disk.

Receipts are in the state folder, which only the user can write, and never beside the files. Whoever can write to a folder of models could otherwise
change a model and its receipt together (docs/decisions/0028-receipts-in-the-state-folder.md).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from voicecli.config import paths

_CHUNK_BYTES = 1 << 20
_MOST_BYTES = 4 << 20
"""More than receipts for ten thousand files take."""

_OLD_NAMES = (".receipts.json", "receipts.json")
"""Receipts of earlier versions, beside the files. They are not read."""


def sha256_of(path: Path, advance: Callable[[int], None] | None = None) -> str:
    """Returns the SHA-256 of a file's bytes as 64 hex digits.

    Args:
        path: The file.
        advance: Called after each piece with the number of bytes read.

    Raises:
        OSError: The file cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            if advance is not None:
                advance(len(chunk))
    return digest.hexdigest()


class Receipts:
    """The hashes of the files in one folder, kept in one private JSON file in the state folder.

    Two processes may use the same file. Each replaces the whole file atomically, and a lost receipt only costs one more hash. So does a file that
    cannot be read or written.

    Args:
        folder: The folder with the files, which need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Named by a hash, so that the name does not tell where the models are.
        identity = hashlib.sha256(str(folder.absolute()).encode("utf-8", "surrogateescape")).hexdigest()[:32]
        self._path = paths.state_dir() / "receipts" / f"{identity}.json"

    def get(self, key: str, file: Path) -> str | None:
        """Returns the hash on the receipt `key`, or None if no receipt matches `file` in its present state."""
        match self._read().get(key):
            case [*fingerprint, str(sha256)] if fingerprint == _fingerprint(file):
                return sha256
            case _:
                return None

    def put(self, key: str, file: Path, sha256: str) -> None:
        """Records that `file` in its present state has this hash."""
        self._write(self._read() | {key: [*_fingerprint(file), sha256]})

    def drop(self, key: str) -> None:
        """Removes the receipt `key`, so that the file is hashed again."""
        receipts = self._read()
        if receipts.pop(key, None) is not None:
            self._write(receipts)

    def _read(self) -> dict[str, object]:
        try:
            if self._path.stat().st_size > _MOST_BYTES:
                return {}
            receipts = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return receipts if isinstance(receipts, dict) else {}

    def _write(self, receipts: dict[str, object]) -> None:
        # A read-only store can still be used. Its files are hashed each time.
        with contextlib.suppress(OSError):
            paths.write_private(self._path, json.dumps(receipts, indent=0))
        for name in _OLD_NAMES:
            with contextlib.suppress(OSError):
                (self._folder / name).unlink()


def _fingerprint(file: Path) -> list[int]:
    """Returns the size, times and inode. Programs cannot set the change time."""
    about = file.stat()
    return [about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino]
