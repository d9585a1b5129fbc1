"""The format of log files. Logs are read in terminals, so that they contain no control characters."""

from __future__ import annotations

import logging
from pathlib import Path


class LogFormatter(logging.Formatter):
    """Formats records with control characters, and characters that reorder text, as escapes. Further lines of a record are indented."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Returns the record as text."""
        return "\n  ".join(_shown(line) for line in super().format(record).rstrip().split("\n"))


def _shown(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in text)


def write_to(file: Path, level: int) -> None:
    """Sends the log records of voicecli to a file from now on, and nowhere else.

    Raises:
        OSError: The file cannot be written.
    """
    handler = logging.FileHandler(file, encoding="utf-8")
    handler.setFormatter(LogFormatter())
    logger = logging.getLogger("voicecli")
    logger.addHandler(handler)
    logger.setLevel(level)
    logger.propagate = False
