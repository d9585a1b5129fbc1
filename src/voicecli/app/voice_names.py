"""Names of voices with several speakers: `en_US-libritts_r-medium#12`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

MARK: Final = "#"
"""Separates the name of a voice and the name or number of one of its speakers."""


def parted(wanted: str) -> tuple[str, str]:
    """Splits a name into the name or path of a voice and one of its speakers. The speaker is empty for the voice's own choice."""
    name, mark, speaker = wanted.rpartition(MARK)
    if not mark or not name or not speaker or Path(wanted).expanduser().exists():  # a path may contain the mark
        return wanted, ""
    return name, speaker


def joined(name: str, speaker: str) -> str:
    """Returns the name of a voice with one of its speakers."""
    return f"{name}{MARK}{speaker}" if speaker else name
