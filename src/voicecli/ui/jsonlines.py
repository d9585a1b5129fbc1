"""JsonLines: writes the events of a session as one JSON object per line, for programs."""

from __future__ import annotations

from typing import TextIO

from voicecli.events import Event, as_json
from voicecli.ui.sanitize import json_text


class JsonLines:
    """Writes each event that has a JSON form as it comes (see `voicecli.events.as_json`).

    Args:
        stream: Where the lines go; flushed after each. It stays open.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.broken = False
        self.fault: OSError | None = None
        """Why nothing more can be written."""

    def handle(self, event: Event) -> None:
        """Writes `event`, if it has a JSON form."""
        record = as_json(event)
        if record is None or self.broken:
            return
        line = json_text(record, ascii_only=not is_unicode(self._stream))
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except OSError as error:
            self.broken = True
            self.fault = error

    def close(self) -> None:
        """Does nothing, because every line was flushed."""


def is_unicode(stream: TextIO) -> bool:
    """Whether every character can be written to `stream`. A stream without an encoding is in memory, so it can."""
    encoding: str | None = getattr(stream, "encoding", None)
    return encoding is None or encoding.lower().replace("-", "").startswith("utf")
