"""Takes the place of the language model in a chat that only other programs use: it has nothing to say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voicecli.engines.ports import CallStyle, ChatMessage, IsCancelled, Place, Sampling


class NoModel:
    """A model without words. It takes no memory and no time."""

    @property
    def name(self) -> str:
        """A name for users."""
        return "none"

    @property
    def device(self) -> Place:
        """Where it runs."""
        return "cpu"

    @property
    def call_style(self) -> CallStyle:
        """How it calls tools: it calls none."""
        return "chosen"

    @property
    def context_tokens(self) -> int:
        """How much it reads: anything, since it reads nothing."""
        return 4096

    @property
    def token_ms(self) -> float:
        """How long a token takes."""
        return 0.0

    @property
    def hit_limit(self) -> bool:
        """Whether its last reply was cut."""
        return False

    def count_tokens(self, messages: Sequence[ChatMessage]) -> int:
        """Returns 0."""
        return 0 * len(messages)

    def prime(self, messages: Sequence[ChatMessage]) -> None:
        """Does nothing."""

    def read_ahead(self, messages: Sequence[ChatMessage], *, is_cancelled: IsCancelled) -> None:
        """Does nothing."""

    def reply(self, messages: Sequence[ChatMessage], *, sampling: Sampling, is_cancelled: IsCancelled) -> Iterator[str]:  # noqa: ARG002 - the port has them
        """Says nothing."""
        return iter(())

    def close(self) -> None:
        """Does nothing."""
