"""Makes answers keep to a persona's rules, whatever the language model writes.

An answer with rules is written completely before any of it is spoken. If it breaks a rule, it is written again with another seed. If all
attempts fail, one is shortened.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from voicecli.engines.ports import ChatMessage, ChatModel, IsCancelled, Sampling
from voicecli.speech.answer_rules import (
    FREE,
    Rules,
    breach,
    cleaned,
    first_question,
    framed,
    is_no_question,
    judging,
    kept_to,
    same,
)

ATTEMPTS: Final = 4
"""How many times an answer is written before one of the attempts is shortened."""

WARMER: Final = 0.1
"""How much the temperature rises with each attempt."""

LARGEST_SEED: Final = 2**31 - 1
"""llama.cpp takes seeds of 32 bits."""

JUDGE: Final = "Decide whether a question is serious or foolish. Answer with one word."
SERIOUS: Final = "serious"
FOOLISH: Final = "foolish"
JUDGED_TOKENS: Final = 6
"""Most tokens of a judgement, which is a single word."""


class RuleEnforcer:
    """Writes answers that keep to rules, and remembers the answers of the session that must not be repeated.

    Thread: the one that owns the model.
    """

    def __init__(self) -> None:
        self._given: set[str] = set()
        self._answers = 0
        self._judges: dict[str, bool] = {}  # name of a model -> whether it recognises foolish questions
        self._own_seed = secrets.randbelow(LARGEST_SEED)

    def reply(
        self, model: ChatModel, messages: Sequence[ChatMessage], sampling: Sampling, is_cancelled: IsCancelled
    ) -> Iterator[str]:
        """Writes a reply like `ChatModel.reply` that keeps to `sampling.rules`.

        Args:
            model: The model that writes.
            messages: The conversation, the system message first, the question last.
            sampling: The sampling and the rules.
            is_cancelled: As for a model.
        """
        rules = sampling.rules or FREE
        own = replace(sampling, rules=None)
        question = messages[-1].content
        if rules.foolish and (
            is_no_question(question) or self._is_foolish(model, question, rules, is_cancelled=is_cancelled)
        ):
            if not is_cancelled():
                yield rules.foolish
            return
        own = self._seeded(own, rules)
        if not rules.holds_back:
            yield from model.reply(self._asked(messages, rules, 0), sampling=own, is_cancelled=is_cancelled)
            return
        answer = self._kept(model, messages, own, rules, is_cancelled)
        if answer and not is_cancelled():
            self._given.add(same(answer))
            yield answer

    def _kept(
        self,
        model: ChatModel,
        messages: Sequence[ChatMessage],
        sampling: Sampling,
        rules: Rules,
        is_cancelled: IsCancelled,
    ) -> str:
        question = messages[-1].content
        given = self._given | {same(message.content) for message in messages if message.role == "assistant"}
        rejected: list[str] = []
        for attempt in range(ATTEMPTS):
            warmer = replace(
                sampling,
                temperature=sampling.temperature + WARMER * attempt,
                seed=(sampling.seed + attempt) % LARGEST_SEED,
            )
            asked = self._asked(messages, rules, attempt)
            written = "".join(model.reply(asked, sampling=warmer, is_cancelled=is_cancelled))
            if is_cancelled():
                return ""
            if rules.only_asks:
                asks = first_question(cleaned(written, replace(rules, sentences=None)))
                return asks if asks and not breach(asks, rules, given, question) else rules.only_asks
            answer = cleaned(written, rules)
            if not breach(answer, rules, given, question) and not (model.hit_limit and answer == written.strip()):
                return answer
            rejected.append(answer)
        return next(filter(None, (kept_to(answer, rules, given) for answer in rejected)), "")

    def _seeded(self, sampling: Sampling, rules: Rules) -> Sampling:
        self._answers += 1
        if not rules.varies:
            return sampling
        seed = (sampling.seed or self._own_seed) + 1009 * self._answers
        return replace(sampling, seed=seed % LARGEST_SEED)

    def _asked(self, messages: Sequence[ChatMessage], rules: Rules, attempt: int) -> Sequence[ChatMessage]:
        spark = ""
        if rules.sparks:
            # In sequence from a start that differs between sessions, so that first attempts use all of them before one is repeated.
            spark = rules.sparks[(self._own_seed + self._answers + attempt * 7) % len(rules.sparks)]
        last = replace(messages[-1], content=framed(messages[-1].content, rules, spark))
        return (*(messages[:-1] if rules.remembers else messages[:1]), last)

    def _is_foolish(self, model: ChatModel, question: str, rules: Rules, *, is_cancelled: IsCancelled) -> bool:
        """Whether the model judges `question` to be foolish. A model that calls an obviously foolish question serious is not asked again."""
        if not rules.foolish_like:
            return False
        if self._judges.get(model.name) is None:
            can_tell = self._called_foolish(model, rules.foolish_like[-1], rules, is_cancelled)
            if is_cancelled():
                return False
            self._judges[model.name] = can_tell
        return self._judges[model.name] and self._called_foolish(model, question, rules, is_cancelled)

    @staticmethod
    def _called_foolish(model: ChatModel, question: str, rules: Rules, is_cancelled: IsCancelled) -> bool:
        messages = [ChatMessage(role="system", content=JUDGE)]
        for example, is_foolish in judging(rules):
            messages.append(ChatMessage(role="user", content=example))
            messages.append(ChatMessage(role="assistant", content=FOOLISH if is_foolish else SERIOUS))
        messages.append(ChatMessage(role="user", content=question))
        sampling = Sampling(temperature=0.0, max_tokens=JUDGED_TOKENS)
        said = "".join(model.reply(messages, sampling=sampling, is_cancelled=is_cancelled))
        return FOOLISH in said.casefold()
