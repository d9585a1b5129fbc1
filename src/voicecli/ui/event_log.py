"""EventLog: a session in the log, without its words."""

from __future__ import annotations

import logging
from typing import get_type_hints

from voicecli.events import HOLDS_WORDS, Event, as_json

log = logging.getLogger(__name__)


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
        if not self._words:
            for name in words_of(type(event)):
                record[name] = f"({len(record[name])} characters)"
        level = logging.ERROR if record["event"] == "error" else logging.INFO
        log.log(level, "%s", record)

    def close(self) -> None:
        """Nothing to let go of."""


def words_of(event: type[object]) -> frozenset[str]:
    """The fields of an event that are of the type `Words`, whatever their names are."""
    hints = get_type_hints(event, include_extras=True)
    return frozenset(name for name, hint in hints.items() if HOLDS_WORDS in getattr(hint, "__metadata__", ()))
