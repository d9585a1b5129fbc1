"""EventLog: a session in the log, without its words."""

from __future__ import annotations

import logging
from typing import Final

from voicecli.events import Event, as_json

log = logging.getLogger(__name__)

WORDS: Final = "text"
"""The field of an event that holds what was said or answered."""


class EventLog:
    """Writes a line for every event that `--json` would print.

    Args:
        words: Whether what was said may stand in it; if not, only how long it was.
    """

    def __init__(self, *, words: bool) -> None:
        self.broken = False
        self._words = words

    def handle(self, event: Event) -> None:
        """Logs `event`."""
        if not log.isEnabledFor(logging.INFO):
            return
        record = as_json(event)
        if record is None:
            return
        if not self._words and WORDS in record:
            record[WORDS] = f"({len(record[WORDS])} characters)"
        level = logging.ERROR if record["event"] == "error" else logging.INFO
        log.log(level, "%s", record)

    def close(self) -> None:
        """Nothing to let go of."""
