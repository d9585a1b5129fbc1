"""Answers are written until one keeps to the rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fakes.engines import LIMIT, ReadyModel, ScriptedChatModel
from voicecli.engines.ports import ChatMessage, IsCancelled, Sampling
from voicecli.pipeline.rule_enforcement import ATTEMPTS, JUDGE, RuleEnforcer
from voicecli.speech.answer_rules import Rules

FOOLISH = "Foolish questions get foolish answers."
BALL = Rules(
    longest_words=15,
    shortest_words=3,
    sentences=1,
    never_twice=True,
    never_says=("8 ball",),
    remembers=False,
    frame="{question} About {spark}.",
    sparks=("a river", "a stone", "a wolf"),
    varies=True,
)


def conversation(question: str, *before: str) -> list[ChatMessage]:
    turns = [ChatMessage(role="user" if n % 2 == 0 else "assistant", content=text) for n, text in enumerate(before)]
    return [ChatMessage(role="system", content="You are a ball."), *turns, ChatMessage(role="user", content=question)]


def asked(
    ruled: RuleEnforcer, model: ScriptedChatModel | ReadyModel, question: str, *before: str, rules: Rules = BALL
) -> str:
    sampling = Sampling(temperature=0.8, rules=rules, seed=7)
    return "".join(ruled.reply(model, conversation(question, *before), sampling, lambda: False))  # type: ignore[arg-type] # each is a model


def test_an_answer_that_keeps_to_the_rules_is_given_whole_and_clean() -> None:
    with ScriptedChatModel([['"The river', ' forgets the stone."', " It means no."]]) as model:
        assert asked(RuleEnforcer(), model, "Will it rain?") == "The river forgets the stone."
        assert model.prompts[0].sampling.rules is None


def test_one_that_does_not_is_written_anew_with_another_seed_and_warmer() -> None:
    with ScriptedChatModel([["An 8 ball knows it."], ["word " * 30], ["The moon is cold."]]) as model:
        assert asked(RuleEnforcer(), model, "Will it rain?") == "The moon is cold."
        seeds = [prompt.sampling.seed for prompt in model.prompts]
        temperatures = [prompt.sampling.temperature for prompt in model.prompts]
        assert len(set(seeds)) == 3
        assert temperatures == sorted(set(temperatures))


def test_no_answer_comes_twice_even_if_the_model_knows_only_one() -> None:
    ruled = RuleEnforcer()
    said = ["The old river forgets the stone that sings to it at night."]
    with ScriptedChatModel([said] + [said] * ATTEMPTS + [said] * ATTEMPTS) as model:
        answers = [asked(ruled, model, "Will it rain?") for _ in range(3)]
    assert len(set(answers)) == 3
    assert all(answers)


def test_what_was_said_earlier_in_the_conversation_counts_too() -> None:
    with ScriptedChatModel([["The moon is cold."], ["The sun is warm."]]) as model:
        assert asked(RuleEnforcer(), model, "And now?", "Will it rain?", "The moon is cold!") == "The sun is warm."


def test_an_answer_that_was_cut_off_at_its_limit_is_not_given_as_it_is() -> None:
    with ScriptedChatModel([["The river that", LIMIT], ["The moon is cold."]]) as model:
        assert asked(RuleEnforcer(), model, "Will it rain?") == "The moon is cold."


def test_each_question_stands_for_itself_in_a_frame_with_a_spark() -> None:
    ruled = RuleEnforcer()
    with ScriptedChatModel([["The moon is cold."], ["The sun is warm."]]) as model:
        asked(ruled, model, "Will it rain?", "Hello?", "The wind is late.")
        asked(ruled, model, "Will it snow?")
        first, second = (prompt.messages for prompt in model.prompts)
    assert [message.role for message in first] == ["system", "user"]
    sparks = [messages[-1].content.partition(" About ")[2] for messages in (first, second)]
    assert first[-1].content.startswith("Will it rain? About a ")
    assert len(set(sparks)) == 2


def test_sessions_differ_unless_the_persona_has_a_seed() -> None:
    def seeds(seed: int) -> list[int]:
        with ScriptedChatModel([["The moon is cold."], ["The sun is warm."]]) as model:
            ruled, sampling = RuleEnforcer(), Sampling(seed=seed, rules=BALL)
            for question in ("Will it rain?", "Will it snow?"):
                list(ruled.reply(model, conversation(question), sampling, lambda: False))
            return [prompt.sampling.seed for prompt in model.prompts]

    assert seeds(7) == seeds(7)
    assert seeds(7)[0] != seeds(7)[1]
    assert seeds(0) != seeds(0)


def test_what_is_no_question_gets_the_foolish_answer_without_a_model() -> None:
    rules = Rules(foolish=FOOLISH, longest_words=15)
    with ScriptedChatModel([]) as model:
        assert asked(RuleEnforcer(), model, "Blah blah!", rules=rules) == FOOLISH
        assert asked(RuleEnforcer(), model, "Blah blah!", rules=rules) == FOOLISH


class Judging(ReadyModel):
    """Calls a question foolish in which there is one of these words, and answers all others."""

    def __init__(self, *foolish: str) -> None:
        self._foolish = foolish
        self.asked: list[str] = []

    def reply(self, messages: Sequence[ChatMessage], *, sampling: Sampling, is_cancelled: IsCancelled) -> Iterator[str]:  # noqa: ARG002 - the port's
        question = messages[-1].content
        self.asked.append(question)
        if messages[0].content == JUDGE:
            yield "Foolish" if any(word in question for word in self._foolish) else "Serious"
        else:
            yield f"The river number {len(self.asked)} is cold."


JUDGED = Rules(
    longest_words=15,
    foolish=FOOLISH,
    foolish_like=("How loud is yellow?", "What colour is Tuesday?"),
    serious_like=("Will I?",),
)


def test_a_question_that_the_model_calls_foolish_gets_the_foolish_answer() -> None:
    ruled, model = RuleEnforcer(), Judging("Tuesday", "banana")
    assert asked(ruled, model, "Can a banana drive?", rules=JUDGED) == FOOLISH
    assert asked(ruled, model, "Will it rain?", rules=JUDGED).startswith("The river")
    assert model.asked.count("What colour is Tuesday?") == 1


def test_a_model_that_cannot_tell_is_not_asked_again() -> None:
    ruled, model = RuleEnforcer(), Judging("banana")
    for _ in range(2):
        assert asked(ruled, model, "Can a banana drive?", rules=JUDGED).startswith("The river")
    assert model.asked == ["What colour is Tuesday?", "Can a banana drive?", "Can a banana drive?"]


def test_a_cancelled_answer_is_neither_given_nor_remembered() -> None:
    ruled = RuleEnforcer()
    with ScriptedChatModel([["The moon is cold."], ["The moon is cold."]]) as model:
        gone = list(ruled.reply(model, conversation("Will it rain?"), Sampling(rules=BALL), lambda: True))
        assert gone == []
        assert asked(ruled, model, "Will it rain?") == "The moon is cold."


def test_without_a_rule_for_the_whole_an_answer_comes_word_by_word() -> None:
    with ScriptedChatModel([["One ", "two."]]) as model:
        parts = list(
            RuleEnforcer().reply(model, conversation("Why?"), Sampling(rules=Rules(varies=True)), lambda: False)
        )
    assert parts == ["One ", "two."]


def test_one_who_only_asks_says_one_short_question_or_that_it_is_noted() -> None:
    rules = Rules(only_asks="Noted.", longest_words=8)
    replies = [
        ["Thank you. When did you meet? And where?"],
        ["The capital of France is Paris."],
        ["Could you please tell me in every detail what she said to you on that day?"],
        [""],
    ]
    with ScriptedChatModel(replies) as model:
        ruled = RuleEnforcer()
        answers = [asked(ruled, model, "We met.", rules=rules) for _ in replies]
    assert answers == ["When did you meet?", "Noted.", "Noted.", "Noted."]
