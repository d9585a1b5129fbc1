"""Server-sent events: parses the `data:` lines in a stream of bytes. Pure logic, according to the WHATWG specification."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Final

LONGEST_EVENT: Final = 1_000_000
"""Longest event, in characters. No token is this long. Comments and other fields between two events may be twice as long."""


class TooLongError(Exception):
    """An event is longer than `LONGEST_EVENT`."""


class EventStream:
    """Takes bytes as they arrive, and returns the data of each complete event."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
        self._rest = ""
        self._data: list[str] = []
        self._since = 0
        self._after_cr = False

    def feed(self, data: bytes) -> Iterator[str]:
        """Yields the events that `data` completes.

        Raises:
            TooLongError: An event is longer than `LONGEST_EVENT`.
        """
        text = self._decoder.decode(data)
        self._since += len(text)
        if self._after_cr and text.startswith("\n"):
            text = text[1:]
        if text:
            self._after_cr = text.endswith("\r")
        lines = (self._rest + text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._rest = lines.pop()
        for line in lines:
            if line:
                self._take(line)
            elif self._data:
                yield "\n".join(self._data)
                self._data.clear()
                self._since = len(text)
        if self._since > 2 * LONGEST_EVENT or len(self._rest) + sum(map(len, self._data)) > LONGEST_EVENT:
            raise TooLongError

    def _take(self, line: str) -> None:
        field, _, value = line.partition(":")
        if field == "data":
            self._data.append(value.removeprefix(" "))
