"""A file that is assembled piece by piece and hashed while it grows. It can be resumed after an interruption."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from types import TracebackType
from typing import Self

_CHUNK_BYTES = 1 << 20
"""How much of a file is read at once for its hash."""


class PartFile:
    """The beginning of a file, open for appending. It is removed on closing if it is empty.

    Args:
        path: The path of the file. It is created if missing, readable only by the user.
        keep_bytes: How much of the existing file to keep; the rest is truncated. The kept bytes are read once, for the hash.

    Raises:
        OSError: The file cannot be opened, read or written. The methods raise it too.
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
        """The hash of everything written so far."""
        return self._digest.hexdigest()

    def write(self, chunk: bytes) -> None:
        """Appends bytes."""
        self._file.write(chunk)
        self._digest.update(chunk)
        self.size_bytes += len(chunk)

    def restart(self) -> None:
        """Discards everything written so far."""
        self._file.seek(0)
        self._file.truncate()
        self._digest = hashlib.sha256()
        self.size_bytes = 0

    def settle(self) -> None:
        """Flushes every byte to the disk, so that a power cut after the file is renamed cannot leave holes."""
        self._file.flush()
        os.fsync(self._file.fileno())
