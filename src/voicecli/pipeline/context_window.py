"""Trims a conversation to the model's context. The system message always stays; the oldest turns are dropped first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from voicecli.engines.ports import ChatMessage
from voicecli.errors import GenerationFailed

ROOM_AFTER_TRIM = 0.7
"""How full the context is after a trim. It is below 1, because every trim invalidates the prefix cache, and the model reads the whole
conversation again. So there are few trims, each with room for many turns."""


@dataclass(frozen=True, slots=True)
class _Trim:
    """From the question at index `at` on, the oldest `dropped` messages are left out."""

    at: int
    question: ChatMessage
    dropped: int

    def holds(self, rest: Sequence[ChatMessage]) -> bool:
        """Whether the question for which it was made is still part of the conversation."""
        return self.at < len(rest) and rest[self.at] == self.question


class ContextWindow:
    """Decides which messages are sent, and keeps the decision, so that the prefix cache stays valid.

    A decision lasts as long as the question for which it was made. If that question is withdrawn as a draft, undone or failed, the decision is
    dropped with it: the turns that were left out are sent again.

    Args:
        limit_tokens: The longest prompt.
        count: Counts the tokens of messages.

    Thread: the responding thread.
    """

    def __init__(self, limit_tokens: int, count: Callable[[Sequence[ChatMessage]], int]) -> None:
        self._limit = limit_tokens
        self._count = count
        self._trims: list[_Trim] = []

    @property
    def dropped(self) -> int:
        """How many of the oldest messages were left out last time."""
        return self._trims[-1].dropped if self._trims else 0

    def fit(self, messages: Sequence[ChatMessage]) -> tuple[ChatMessage, ...]:
        """Returns the messages to send: the system message, then as many of the latest messages as fit.

        The system message is first and the user's newest message last. Turns are dropped whole, the oldest first.

        Raises:
            GenerationFailed: Not even the newest message fits. The next call decides as if this one had not been made.
        """
        system = tuple(message for message in messages[:1] if message.role == "system")
        rest = tuple(messages[len(system) :])
        settled = [trim for trim in self._trims if trim.holds(rest)]
        withdrawn = self._trims[len(settled) :]
        dropped = settled[-1].dropped if settled else 0
        if self._count(system + rest[dropped:]) > self._limit:
            # A growing draft reuses the decision of the earlier draft if possible, because that prompt is in the cache.
            before = [trim.dropped for trim in withdrawn if dropped < trim.dropped < len(rest)]
            dropped = self._trimmed(system, rest, dropped, before)
            settled.append(_Trim(len(rest) - 1, rest[-1], dropped))
        self._trims = settled
        return system + rest[dropped:]

    def _trimmed(
        self, system: tuple[ChatMessage, ...], rest: tuple[ChatMessage, ...], dropped: int, before: list[int]
    ) -> int:
        """Returns how many of the oldest messages must be dropped if `dropped` is not enough."""
        for start in before:
            if rest[start].role == "user" and self._count(system + rest[start:]) <= self._limit:
                return start
        target = int(self._limit * ROOM_AFTER_TRIM)
        starts = [at for at, message in enumerate(rest) if message.role == "user" and at > dropped]
        for start in starts:
            if self._count(system + rest[start:]) <= target:
                return start
        if starts and self._count(system + rest[starts[-1] :]) <= self._limit:
            return starts[-1]
        raise GenerationFailed(
            f"The message is too long for the model, whose context holds {self._limit} tokens.",
            "Say it in fewer words, or raise reply.context_tokens: voicecli config set reply.context_tokens 8192",
        )
