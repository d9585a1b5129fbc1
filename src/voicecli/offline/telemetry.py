"""The files that onnxruntime's telemetry leaves on the disk if a program does not disable it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

FILES: Final = (
    "deviceid",
    "onnxruntime.db",
    "onnxruntime.db-journal",
    "onnxruntime.db-shm",
    "onnxruntime.db-wal",
)
"""An identifier of the machine's user, and the queue of unsent events."""


def identifier_folder() -> Path | None:
    """The folder that all programs with onnxruntime share, if it exists. None on Windows, where the registry is used instead."""
    if sys.platform == "win32":
        return None
    if sys.platform == "darwin":
        base = Path.home() / "Library/Application Support"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "Microsoft/DeveloperTools/.onnxruntime"
    return folder if folder.is_dir() else None


def remove_identifier(folder: Path) -> None:
    """Removes the identifier and the queue, and also the folder if it is then empty.

    Raises:
        OSError: A file or the folder cannot be removed.
    """
    for name in FILES:
        (folder / name).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()
