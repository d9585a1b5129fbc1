"""A reply that refuses for no reason, or repeats the question, is written once more before anything of it is let go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from fakes.engines import LIMIT, ScriptedChatModel
from voicecli.engines.ports import ChatMessage, Sampling
from voicecli.messages import ReplyText, RespondJob
from voicecli.pipeline.respond import Respond
from voicecli.pipeline.second_attempt import SecondAttempt
from voicecli.turn import Turn

STORY = "Tell me a long story about a whale."
REFUSAL = ["I'm", " sorry", ",", " but", " I", " can't", " assist", " with", " that", ".", " Ask", " another"]
ONCE = ["Once", " there", " was", " a", " whale", "."]


def conversation(*said: str) -> list[ChatMessage]:
    turns = [ChatMessage(role="assistant" if n % 2 else "user", content=text) for n, text in enumerate(said)]
    return [ChatMessage(role="system", content="Be brief."), *turns]


def replied(model: ScriptedChatModel, *said: str, seed: int = 0) -> list[str]:
    question = said[-1].rpartition("\n")[2]
    return list(SecondAttempt().reply(model, conversation(*said), question, Sampling(seed=seed), lambda: False))


def test_a_stock_refusal_is_never_let_go_and_the_second_attempt_has_another_seed() -> None:
    with ScriptedChatModel([REFUSAL, ONCE]) as model:
        assert replied(model, STORY, seed=3) == ONCE
        assert model.pieces_given < len(REFUSAL) + len(ONCE)  # the rest of it is not written
        assert model.prompts[0].sampling.seed == 3 != model.prompts[1].sampling.seed
        assert model.prompts[0].messages == model.prompts[1].messages


def test_the_second_attempt_does_not_see_the_same_question_and_refusals_again() -> None:
    said = ("Hello?", "Hello.", STORY, "Once.", "Sing.", "Sorry, I can't help with that.", f"(Note)\n{STORY}")
    with ScriptedChatModel([REFUSAL, ONCE]) as model:
        replied(model, *said)
        assert model.prompts[1].messages == tuple(conversation("Hello?", "Hello.", f"(Note)\n{STORY}"))


def test_there_is_no_third_attempt() -> None:
    with ScriptedChatModel([REFUSAL, REFUSAL]) as model:
        assert replied(model, STORY) == REFUSAL


@pytest.mark.parametrize("reply", [ONCE, ["I", " cannot", " know", " that", "."], ["I"], []])
def test_any_other_reply_is_written_once_and_unchanged(reply: list[str]) -> None:
    with ScriptedChatModel([reply]) as model:
        assert "".join(replied(model, STORY)) == "".join(reply)


def test_a_repeated_question_is_written_again() -> None:
    with ScriptedChatModel(
        [["\u4f60\u4eca", "\u5929\u5f88\u7d2f", "\u3002"], ["\u597d\u597d\u4f11\u606f\u3002"]]
    ) as model:
        assert replied(model, "\u6211\u4eca\u5929\u5f88\u7d2f") == ["\u597d\u597d\u4f11\u606f\u3002"]


def test_a_refusal_of_what_cannot_be_done_stays() -> None:
    with ScriptedChatModel([REFUSAL]) as model:
        assert "".join(replied(model, "Turn on the light in the kitchen.")).startswith("I'm sorry")


def test_a_cancelled_reply_is_not_written_again() -> None:
    stopped: list[bool] = []

    def cancelled() -> bool:
        return bool(stopped)

    with ScriptedChatModel([["I'm", " sorry"]]) as model:
        attempt = SecondAttempt().reply(model, conversation(STORY), STORY, Sampling(), cancelled)
        stopped.append(True)
        assert list(attempt) == []


def test_results_of_tools_are_worded_once() -> None:
    messages = [*conversation(STORY), ChatMessage(role="tool", content="4", name="add")]
    with ScriptedChatModel([REFUSAL]) as model:
        assert list(SecondAttempt().reply(model, messages, STORY, Sampling(), lambda: False)) == REFUSAL


def through_the_stage(replies: Sequence[Sequence[str]]) -> Iterator[str]:
    with ScriptedChatModel(replies) as model:
        stage = Respond(model, reply_tokens=16)
        job = RespondJob(turn=Turn(1), messages=tuple(conversation(STORY)), sampling=Sampling(), question=STORY)
        yield from (each.text for each in stage(job) if isinstance(each, ReplyText))


def test_a_conversation_gets_the_second_attempt_only() -> None:
    assert "".join(through_the_stage([REFUSAL, ONCE])) == "".join(ONCE)


def test_a_second_attempt_may_reach_the_limit() -> None:
    assert "".join(through_the_stage([REFUSAL, [*ONCE, " And", LIMIT]])).startswith("Once there was")
