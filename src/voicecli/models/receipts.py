"""Hashing, and remembering what was hashed.

A model of several gigabytes takes seconds to hash, and a program that starts every day should not pay that every day. A receipt says:
the file with this size, these times and this inode had this hash. Any change of the file changes one of them, so the receipt no longer
fits and the file is hashed again. What changes none of them (a disk that rots) only a full `voicecli models verify` finds.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from voicecli.config.paths import write_private

_CHUNK_BYTES = 1 << 20


def sha256_of(path: Path, advance: Callable[[int], None] | None = None) -> str:
    """Gives the SHA-256 of a file's bytes as 64 hex digits.

    Args:
        path: The file.
        advance: Told of every piece read, in bytes.

    Raises:
        OSError: It cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            if advance is not None:
                advance(len(chunk))
    return digest.hexdigest()


class Receipts:
    """What files were found to be, kept in one private JSON file.

    Two processes may use the same file: each writes it whole and at once, and a receipt that got lost only costs a hash. So does a file
    that cannot be read or written.

    Args:
        path: The JSON file; need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, key: str, file: Path) -> str | None:
        """Gives the hash on the receipt `key`, or None where there is none that fits `file` as it is now."""
        match self._read().get(key):
            case [*fingerprint, str(sha256)] if fingerprint == _fingerprint(file):
                return sha256
            case _:
                return None

    def put(self, key: str, file: Path, sha256: str) -> None:
        """Notes that `file`, as it is now, has this hash."""
        self._write(self._read() | {key: [*_fingerprint(file), sha256]})

    def drop(self, key: str) -> None:
        """Forgets the receipt `key`, so that the file is hashed again."""
        receipts = self._read()
        if receipts.pop(key, None) is not None:
            self._write(receipts)

    def _read(self) -> dict[str, object]:
        try:
            receipts = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return receipts if isinstance(receipts, dict) else {}

    def _write(self, receipts: dict[str, object]) -> None:
        # A store that cannot be written to is still good to read from; it is hashed each time.
        with contextlib.suppress(OSError):
            write_private(self._path, json.dumps(receipts, indent=0))


def _fingerprint(file: Path) -> list[int]:
    """Size, times and inode. The change time is the one that no program can set."""
    about = file.stat()
    return [about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino]
