"""Has a reply written once more if it refuses a harmless request with a stock sentence, or only repeats the question.

Nothing of the first attempt is heard or shown: both faults show in its first clause (`speech.first_words`). Any other reply passes at its first
word, and its text stays the same.

The second attempt has another seed. The conversation before it is shortened, because it is the conversation that leads small models astray: what
was asked in the same words before is left out, and so are answers that were refusals. If the second attempt is no better, it counts.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Final

from voicecli.engines.ports import ChatMessage, ChatModel, IsCancelled, Sampling
from voicecli.speech.action_requests import asks_for_action
from voicecli.speech.early_text import same_words
from voicecli.speech.first_words import FirstWords, Kind

ANOTHER_SEED: Final = 7919
"""What is added to the seed of the first attempt."""


class SecondAttempt:
    """Writes replies that neither refuse for no reason nor repeat the question.

    Thread: the one that owns the model.

    Attributes:
        because: What the first attempt at the last reply was, if it was given up; empty otherwise.
    """

    def __init__(self) -> None:
        self.because: Kind | str = ""

    def reply(
        self,
        model: ChatModel,
        messages: Sequence[ChatMessage],
        question: str,
        sampling: Sampling,
        is_cancelled: IsCancelled,
    ) -> Iterator[str]:
        """Writes a reply like `ChatModel.reply`.

        Args:
            model: The model that writes.
            messages: The conversation, the system message first. If the last one is no question, there is one attempt.
            question: What the person said, without what was put before it.
            sampling: How tokens are chosen.
            is_cancelled: As for a model.
        """
        self.because = ""
        if not question or messages[-1].role != "user":
            yield from model.reply(messages, sampling=sampling, is_cancelled=is_cancelled)
            return
        first = FirstWords(question, may_refuse=asks_for_action(question))
        held = ""
        with closing(_written(model, messages, sampling, is_cancelled)) as texts:
            for text in texts:
                if first.kind == "answer":
                    yield text
                    continue
                held += text
                kind = first.feed(text)
                if kind == "answer":
                    yield held
                elif kind is not None:
                    break
        if first.kind == "answer" or is_cancelled():
            return
        if first.finish() == "answer":
            yield from filter(None, (held,))
            return
        self.because = first.finish()
        another = replace(sampling, seed=sampling.seed + ANOTHER_SEED)
        yield from model.reply(_shortened(messages, question), sampling=another, is_cancelled=is_cancelled)


def _written(
    model: ChatModel, messages: Sequence[ChatMessage], sampling: Sampling, is_cancelled: IsCancelled
) -> Generator[str, None, None]:
    """Writes a reply that can be given up: closing it ends the model's work."""
    yield from model.reply(messages, sampling=sampling, is_cancelled=is_cancelled)


def _shortened(messages: Sequence[ChatMessage], question: str) -> tuple[ChatMessage, ...]:
    """Returns a conversation without earlier turns with the same question, and without those that were refused."""
    kept: list[ChatMessage] = []
    for message in messages[:-1]:
        before = kept[-1] if kept else None
        if message.role == "assistant" and before is not None and before.role == "user":
            last_line = before.content.rpartition("\n")[2]
            refusal = FirstWords(last_line)
            refusal.feed(message.content)
            if same_words(last_line, question) or refusal.finish() != "answer":
                kept.pop()
                continue
        kept.append(message)
    return (*kept, messages[-1])
