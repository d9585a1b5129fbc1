"""Reads files that users write as UTF-8 text, with or without a byte order mark."""

from __future__ import annotations

import codecs
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from voicecli.config.documents import TooLargeError, read_bounded
from voicecli.errors import ConfigError

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

MOST_BYTES: Final = 1 << 20
"""More than any configuration file or persona needs."""


def read_text(file: Path | Traversable) -> str:
    """Returns the text of a file without a byte order mark, with newlines as line ends.

    Raises:
        ConfigError: It is not text in UTF-8, or is larger than `MOST_BYTES`.
        OSError: It cannot be read.
    """
    try:
        data = read_bounded(file, MOST_BYTES)
    except TooLargeError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}.", "Is it the right file?") from error
    if data.startswith(_UTF16):
        raise ConfigError(
            f"{file} is text in UTF-16, and has to be in UTF-8.",
            f"Save it again as UTF-8, or: iconv -f UTF-16 -t UTF-8 {file} > new",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError(f"{file} is not text in UTF-8 (line {line}).", "Save it again as UTF-8.") from error
    if "\0" in text:
        raise ConfigError(f"{file} is not text in UTF-8.", "Save it again as UTF-8.")
    return text.replace("\r\n", "\n").replace("\r", "\n")
