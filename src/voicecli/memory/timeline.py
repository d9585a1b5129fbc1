"""Places the sessions of a conversation one after the other on one time line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from voicecli.memory.conversations import SavedTurn

BETWEEN_SESSIONS_MS: Final = 1000.0
"""The silence between two sessions of a conversation."""


class Timeline:
    """One time line for a conversation; its first question begins at zero."""

    def __init__(self, turns: Sequence[SavedTurn]) -> None:
        self._offset_ms: dict[int, float] = {}
        end_ms = -BETWEEN_SESSIONS_MS
        for session in sorted({turn.session for turn in turns}):
            times = [ms for turn in turns if turn.session == session for ms in _times(turn) if ms is not None]
            if not times:
                continue
            self._offset_ms[session] = end_ms + BETWEEN_SESSIONS_MS - min(times)
            end_ms += BETWEEN_SESSIONS_MS + max(times) - min(times)
        self.length_ms = max(0.0, end_ms)
        """The length of the time line."""

    def at(self, turn: SavedTurn, session_ms: float) -> float:
        """Converts a time in the session of `turn` to a time on the time line."""
        return session_ms + self._offset_ms.get(turn.session, 0.0)


def _times(turn: SavedTurn) -> tuple[float | None, ...]:
    times = turn.times
    return times.question_from_ms, times.question_to_ms, times.answer_from_ms, times.answer_to_ms
