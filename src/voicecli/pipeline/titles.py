"""Has the language model make a title for a conversation, and checks it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from voicecli.background import TitleJob, TitleMade
from voicecli.engines.ports import ChatMessage, ChatModel, Sampling
from voicecli.speech.answer_rules import count_words
from voicecli.speech.translation import written

REQUEST: Final = (
    "Give this conversation a title of two to five words, in the language of the conversation. Write only the title."
)

MOST_WORDS: Final = 7
"""A longer title is not used: the model has written a sentence."""

LONGEST_CHARACTERS: Final = 48
"""A title fits into a line of a list."""

TITLE_TOKENS: Final = 24
"""Longest title that the model may write."""

LIMIT_S: Final = 3.0
"""How long a title may take. At the end of a session a person waits for it."""


def title_for(
    model: ChatModel, job: TitleJob, messages: tuple[ChatMessage, ...], clock: Callable[[], float] = time.monotonic
) -> TitleMade:
    """Has a title made for `messages`, the conversation as far as it fits into the model's context."""
    until_s = clock() + LIMIT_S

    def is_over() -> bool:
        return job.turn.cancelled or clock() > until_s

    sampling = Sampling(temperature=0.0, repeat_penalty=1.0, max_tokens=TITLE_TOKENS)
    reply = "".join(model.reply(messages, sampling=sampling, is_cancelled=is_over))
    return TitleMade(turn=job.turn, of=job.of, title="" if is_over() or model.hit_limit else as_title(reply))


def as_title(reply: str) -> str:
    """Returns a model's title in one line, without quotation marks and a full stop; empty if it is none."""
    if "\n" in reply.strip():
        return ""
    title = written(reply)
    title = title.partition(":")[2].strip() if title.casefold().startswith(("title:", "titel:")) else title
    title = title.strip(" \"'“”„«».").strip()
    if not title or len(title) > LONGEST_CHARACTERS or count_words(title) > (MOST_WORDS if " " in title else 20):
        return ""
    return title
