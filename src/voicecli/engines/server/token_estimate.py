"""Estimates how many tokens a conversation has without knowing the vocabulary. Pure logic.

Asking the server each time would add a round trip before every answer. The number is therefore estimated, rather too high than too low, and
corrected by the server's own count (`usage`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from voicecli.engines.ports import ChatMessage

ASCII_CHARACTERS: Final = 3.5
"""Characters per token in English text. Vocabularies of 32,000 to 150,000 tokens have 3.6 to 4.5."""

OTHER_TOKENS: Final = 1.0
"""Tokens per character in all other scripts. Chinese has 0.6 to 1, umlauts about 1, Cyrillic 0.4."""

MESSAGE_TOKENS: Final = 6
"""Tokens that a chat template adds to a message."""

OPENING_TOKENS: Final = 6
"""Tokens that open the reply, as they are estimated."""

NEW_SHARE: Final = 0.5
"""The share of the newest count of the server in the correction."""

LEAST, MOST = 0.5, 3.0


class TokenCounter:
    """Estimates the number of tokens, and corrects the estimate with the server's counts."""

    def __init__(self) -> None:
        self._factor = 1.0

    def count(self, messages: Sequence[ChatMessage]) -> int:
        """The number of tokens in `messages`, including the opening of the reply."""
        return math.ceil(self._estimate(messages) * self._factor)

    def learn(self, messages: Sequence[ChatMessage], tokens: int) -> None:
        """Corrects the estimate: the server counted `tokens` for `messages`."""
        factor = tokens / self._estimate(messages)
        if LEAST <= factor <= MOST:
            self._factor += (factor - self._factor) * NEW_SHARE

    @staticmethod
    def _estimate(messages: Sequence[ChatMessage]) -> float:
        text = "".join(message.content for message in messages)
        plain = sum(map(str.isascii, text))
        words = plain / ASCII_CHARACTERS + (len(text) - plain) * OTHER_TOKENS
        return words + MESSAGE_TOKENS * len(messages) + OPENING_TOKENS
