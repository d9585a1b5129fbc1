"""How a download tells what it is doing: one small contract, and its silent form."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Is told about one download at a time, by the thread that downloads."""

    def begin(self, label: str, total_bytes: int) -> None:
        """A download begins: what it is called, and its size."""
        ...

    def reach(self, done_bytes: int) -> None:
        """So much of it is here; may go back when a download starts over."""
        ...

    def end(self) -> None:
        """It is over, well or not."""
        ...

    def say(self, text: str) -> None:
        """Something a user should know, in one line."""
        ...


class Silent:
    """Tells nobody."""

    def begin(self, label: str, total_bytes: int) -> None:
        """Says nothing."""

    def reach(self, done_bytes: int) -> None:
        """Says nothing."""

    def end(self) -> None:
        """Says nothing."""

    def say(self, text: str) -> None:
        """Says nothing."""


def human_size(size_bytes: int) -> str:
    """Gives a size as people write it: `934 B`, `8.7 MB`, `4.9 GB` (powers of ten, as disks are sold)."""
    size = float(size_bytes)
    for unit in ("B", "kB", "MB"):
        if size < 999.5:  # noqa: PLR2004 -- what would be written as four digits goes to the next unit
            return f"{size:.0f} {unit}" if unit == "B" or size >= 99.5 else f"{size:.1f} {unit}"  # noqa: PLR2004 -- the same
        size /= 1000
    return f"{size:.1f} GB"
