"""StrayLines: shows what a library prints above the live rows, not between them."""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TextIO

from rich.text import Text

from voicecli.ui.render import Row, render_rows

if TYPE_CHECKING:
    from rich.console import Console

_LARGEST_LINE: Final = 4096
"""A longer line of a library is passed on in parts."""


class StrayLines:
    """Captures what is written to standard output and standard error, if they are terminals.

    Thread: any.

    Args:
        on_line: Called whenever there is a new line.
    """

    def __init__(self, on_line: Callable[[], None]) -> None:
        self.count = 0
        self._on_line = on_line
        self._lock = threading.Lock()
        self._lines: list[str] = []
        self._caught: list[tuple[str, TextIO, _Stray]] = []

    def catch(self) -> None:
        """Starts capturing."""
        for name in ("stdout", "stderr"):
            stream: TextIO | None = getattr(sys, name)
            if stream is not None and stream.isatty():
                stray = _Stray(stream, self._add)
                self._caught.append((name, stream, stray))
                setattr(sys, name, stray)

    def leave(self) -> None:
        """Stops capturing. May be called twice."""
        for name, stream, stray in self._caught:
            stray.end()
            if getattr(sys, name) is stray:
                setattr(sys, name, stream)
        self._caught.clear()

    def take(self, console: Console) -> list[Row]:
        """Returns the rows of what was written, once."""
        with self._lock:
            lines, self._lines = self._lines, []
        return [row for line in lines for row in render_rows(Text(line, overflow="fold"), console, gutter=0)]

    def _add(self, line: str) -> None:
        with self._lock:
            self._lines.append(line)
            self.count += 1
        self._on_line()


class _Stray(io.TextIOBase):
    """A stream that passes whole lines on. Console finds the real stream by `rich_proxied_file`."""

    def __init__(self, stream: TextIO, on_line: Callable[[str], None]) -> None:
        self.rich_proxied_file = stream
        self._on_line = on_line
        self._begun = ""

    @property
    def encoding(self) -> str:  # type: ignore[override] # a plain attribute in the base class
        return self.rich_proxied_file.encoding

    def fileno(self) -> int:
        return self.rich_proxied_file.fileno()

    def isatty(self) -> bool:
        return self.rich_proxied_file.isatty()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            self._on_line(line)
        if len(self._begun) > _LARGEST_LINE:
            self.end()
        return len(text)

    def end(self) -> None:
        """Passes on an incomplete line."""
        if self._begun:
            line, self._begun = self._begun, ""
            self._on_line(line)
