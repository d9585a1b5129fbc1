"""EventLog: logs a session, without its words."""

from __future__ import annotations

import logging
from typing import get_type_hints

from voicecli.events import HOLDS_WORDS, Event, as_json

log = logging.getLogger(__name__)


class EventLog:
    """Writes a log line for every event that `--json` would print.

    Args:
        words: Whether to log what was said. If not, only its length is logged.
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
        if not self._words:
            for name in words_of(type(event)):
                record[name] = f"({len(str(record[name]))} characters)"
        level = logging.ERROR if record["event"] == "error" else logging.INFO
        log.log(level, "%s", record)

    def close(self) -> None:
        """Does nothing."""


def words_of(event: type[object]) -> frozenset[str]:
    """Returns the fields of an event that have the type `Words`, whatever their names are."""
    hints = get_type_hints(event, include_extras=True)
    return frozenset(name for name, hint in hints.items() if HOLDS_WORDS in getattr(hint, "__metadata__", ()))
