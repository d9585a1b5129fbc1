"""Notices that the files of a model were cut or changed while they are mapped into memory.

llama.cpp maps a model and reads its pages as it needs them. Where somebody shortens the file, reading the missing pages ends the process (SIGBUS);
where somebody writes into it, the answers become nonsense. So the files are compared before each piece of work.
"""

from __future__ import annotations

import contextlib
import glob
import os
import re
from collections.abc import Iterator
from pathlib import Path

from voicecli.errors import DAMAGED, GenerationFailed

_PART = re.compile(r"-\d{5}-of-(\d{5})\.gguf$")


class MappedFiles:
    """The files of a language model, held open. A file that is replaced by another or removed does not count as changed: the old one stays mapped.

    Args:
        path: The .gguf file, or the first of several.
        name: The model's name for users.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._name = name
        self._handles: list[int] = []
        for part in _parts(path):
            with contextlib.suppress(OSError):  # what cannot be opened, loading tells
                self._handles.append(os.open(part, os.O_RDONLY | getattr(os, "O_BINARY", 0)))
        self._before = [_state(handle) for handle in self._handles]

    def check(self) -> None:
        """Checks that nothing has changed since the files were opened.

        Raises:
            GenerationFailed: A file is shorter or was written to.
        """
        if [_state(handle) for handle in self._handles] != self._before:
            raise GenerationFailed(
                f"The file of the language model {self._name} was cut or changed while it was in use.",
                f"Check it with {DAMAGED}, then start again.",
            )

    def close(self) -> None:
        """Closes the files; may be called twice."""
        while self._handles:
            os.close(self._handles.pop())

    def __del__(self) -> None:
        self.close()


def _state(handle: int) -> tuple[int, int]:
    about = os.fstat(handle)
    return about.st_size, about.st_mtime_ns


def _parts(path: Path) -> Iterator[str]:
    """Yields the file, or all parts of the model that it belongs to."""
    match = _PART.search(path.name)
    if match is None:
        yield str(path)
        return
    stem = glob.escape(str(path)[: -len(match[0])])
    yield from sorted(glob.glob(f"{stem}-[0-9][0-9][0-9][0-9][0-9]-of-{match[1]}.gguf"))  # noqa: PTH207 - a path is escaped
