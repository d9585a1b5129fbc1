"""The interface that receives the progress of a download, and a silent implementation."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives the progress of one download at a time, on the downloading thread."""

    def begin(self, label: str, total_bytes: int) -> None:
        """Called when a download begins, with its name and size."""
        ...

    def reach(self, done_bytes: int) -> None:
        """Called with the number of bytes so far. It may decrease when a download starts over."""
        ...

    def end(self) -> None:
        """Called when the download ends, whether it succeeded or failed."""
        ...

    def say(self, text: str) -> None:
        """Called with one line of information for the user."""
        ...


class Silent:
    """Discards all progress."""

    def begin(self, label: str, total_bytes: int) -> None:
        """Does nothing."""

    def reach(self, done_bytes: int) -> None:
        """Does nothing."""

    def end(self) -> None:
        """Does nothing."""

    def say(self, text: str) -> None:
        """Does nothing."""


def human_size(size_bytes: int) -> str:
    """Formats a size for people: `934 B`, `8.7 MB`, `4.9 GB` (powers of ten, as for disks)."""
    size = float(size_bytes)
    for unit in ("B", "kB", "MB"):
        if size < 999.5:  # noqa: PLR2004 -- four digits would follow, so the next unit is used
            return f"{size:.0f} {unit}" if unit == "B" or size >= 99.5 else f"{size:.1f} {unit}"  # noqa: PLR2004 -- the same
        size /= 1000
    return f"{size:.1f} GB"
