"""What of a conversation fits the model's context: the system message always, the oldest turns go first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from voicecli.engines.ports import ChatMessage
from voicecli.errors import GenerationFailed

ROOM_AFTER_TRIM = 0.7
"""How full the context is after a trim. Below 1, because every trim makes the model read all of the conversation again: the
beginning of the prompt is no longer the one in its cache. So there are few of them, each with room for many turns."""


class ContextWindow:
    """Decides which messages are sent, and stays with its decision, so that the model's cache of the prompt holds.

    Args:
        limit_tokens: Longest prompt.
        count: How many tokens messages take.

    Thread: the one that responds.
    """

    def __init__(self, limit_tokens: int, count: Callable[[Sequence[ChatMessage]], int]) -> None:
        self._limit = limit_tokens
        self._count = count
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """How many of the oldest messages are left out."""
        return self._dropped

    def fit(self, messages: Sequence[ChatMessage]) -> tuple[ChatMessage, ...]:
        """The messages to send: the system message, then as many of the latest as there is room for.

        The system message comes first and the user's newest message last; turns are dropped whole, from the oldest on.

        Raises:
            GenerationFailed: Not even the newest message fits.
        """
        system = tuple(message for message in messages[:1] if message.role == "system")
        rest = tuple(messages[len(system) :])
        if self._dropped >= len(rest):  # another conversation than last time
            self._dropped = 0
        if self._count(system + rest[self._dropped :]) > self._limit:
            self._trim(system, rest)
        return system + rest[self._dropped :]

    def _trim(self, system: tuple[ChatMessage, ...], rest: tuple[ChatMessage, ...]) -> None:
        target = int(self._limit * ROOM_AFTER_TRIM)
        starts = [at for at, message in enumerate(rest) if message.role == "user" and at > self._dropped]
        for start in starts:
            self._dropped = start
            if self._count(system + rest[start:]) <= target:
                return
        if self._count(system + rest[self._dropped :]) > self._limit:
            raise GenerationFailed(
                f"The message is too long for the model, whose context holds {self._limit} tokens.",
                "Say it in fewer words, or raise reply.context_tokens: voicecli config set reply.context_tokens 8192",
            )
