"""What of a conversation fits the model's context: the system message always, the oldest turns go first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from voicecli.engines.ports import ChatMessage
from voicecli.errors import GenerationFailed

ROOM_AFTER_TRIM = 0.7
"""How full the context is after a trim. Below 1, because every trim makes the model read all of the conversation again: the
beginning of the prompt is no longer the one in its cache. So there are few of them, each with room for many turns."""


@dataclass(frozen=True, slots=True)
class _Trim:
    """From the question at index `at` on, the oldest `dropped` messages are left out."""

    at: int
    question: ChatMessage
    dropped: int

    def holds(self, rest: Sequence[ChatMessage]) -> bool:
        """Whether the question it was made for is still part of the conversation."""
        return self.at < len(rest) and rest[self.at] == self.question


class ContextWindow:
    """Decides which messages are sent, and keeps to its decision, so that the model's cache of the prompt holds.

    A decision lasts as long as the question it was made for. A draft that is withdrawn, a question that is undone and one that
    fails leave no trace: the turns that were left out because of it are sent again.

    Args:
        limit_tokens: Longest prompt.
        count: How many tokens messages take.

    Thread: the one that responds.
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
        """The messages to send: the system message, then as many of the latest as there is room for.

        The system message comes first and the user's newest message last; turns are dropped whole, from the oldest on.

        Raises:
            GenerationFailed: Not even the newest message fits. The next call decides as if this one had not been made.
        """
        system = tuple(message for message in messages[:1] if message.role == "system")
        rest = tuple(messages[len(system) :])
        settled = [trim for trim in self._trims if trim.holds(rest)]
        withdrawn = self._trims[len(settled) :]
        dropped = settled[-1].dropped if settled else 0
        if self._count(system + rest[dropped:]) > self._limit:
            # A draft that grows takes the decision of the draft before, as long as that will do: its prompt is in the cache.
            before = [trim.dropped for trim in withdrawn if dropped < trim.dropped < len(rest)]
            dropped = self._trimmed(system, rest, dropped, before)
            settled.append(_Trim(len(rest) - 1, rest[-1], dropped))
        self._trims = settled
        return system + rest[dropped:]

    def _trimmed(
        self, system: tuple[ChatMessage, ...], rest: tuple[ChatMessage, ...], dropped: int, before: list[int]
    ) -> int:
        """How many of the oldest messages have to go, if `dropped` are not enough."""
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
