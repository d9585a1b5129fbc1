"""A file being put together, hashed while it grows, that can be gone on with after an interruption."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from types import TracebackType
from typing import Self

_CHUNK_BYTES = 1 << 20


class PartFile:
    """The beginning of a file, open for more; removed on closing if there is nothing in it.

    Args:
        path: Where it lies; made where missing, private to the user.
        keep_bytes: How much of what is there already counts; the rest is cut off. The kept bytes are read once, for the hash.

    Raises:
        OSError: It cannot be opened, read or written; also from the methods.
    """

    def __init__(self, path: Path, keep_bytes: int) -> None:
        self.path = path
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        self._file = os.fdopen(descriptor, "r+b")
        self._digest = hashlib.sha256()
        self.size_bytes = 0
        while self.size_bytes < keep_bytes and (
            chunk := self._file.read(min(_CHUNK_BYTES, keep_bytes - self.size_bytes))
        ):
            self._digest.update(chunk)
            self.size_bytes += len(chunk)
        self._file.seek(self.size_bytes)
        self._file.truncate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if self.size_bytes == 0:
            self.path.unlink()

    @property
    def sha256(self) -> str:
        """Of all that is there."""
        return self._digest.hexdigest()

    def write(self, chunk: bytes) -> None:
        """Adds to the end."""
        self._file.write(chunk)
        self._digest.update(chunk)
        self.size_bytes += len(chunk)

    def restart(self) -> None:
        """Throws away what is there."""
        self._file.seek(0)
        self._file.truncate()
        self._digest = hashlib.sha256()
        self.size_bytes = 0

    def settle(self) -> None:
        """Sees to it that every byte is on the disk, so that a power cut after the renaming cannot leave holes."""
        self._file.flush()
        os.fsync(self._file.fileno())
