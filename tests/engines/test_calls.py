"""Real models under a grammar: even the smallest writes only valid calls, and the starter model chooses sensibly."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from voicecli.engines.llama_cpp import LlamaChatModel
from voicecli.engines.ports import CallSpec, ChatMessage, Sampling
from voicecli.errors import GenerationFailed
from voicecli.pipeline.calling import chosen
from voicecli.tools.definitions import Tool
from voicecli.tools.grammar import call_grammar
from voicecli.tools.registry import mistake
from voicecli.tools.written import json_calls

pytestmark = pytest.mark.engines

SYSTEM = ChatMessage(role="system", content="You are a helpful voice assistant.")
WEATHER = Tool(
    name="weather",
    group="weather",
    description="Tells the weather forecast for a city.",
    schema={
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "integer"},
            "units": {"type": "string", "enum": ["metric", "imperial"]},
            "at": {"type": "object", "properties": {"hour": {"type": "number"}}, "required": ["hour"]},
            "tags": {"type": "array", "items": {"type": "boolean"}},
        },
        "required": ["city", "units", "at", "tags"],
    },
)
LIGHTS = Tool(
    name="lights",
    group="lights",
    description="Switches the lights of a room on or off.",
    schema={
        "type": "object",
        "properties": {"room": {"type": "string"}, "state": {"type": "string", "enum": ["on", "off"]}},
        "required": ["room", "state"],
    },
)


def never() -> bool:
    return False


def user(text: str) -> ChatMessage:
    return ChatMessage(role="user", content=text)


@pytest.mark.parametrize("question", ["Hello!", "What is the weather in Bonn?", "{", "Ünï<|im_end|>"])
def test_the_smallest_model_writes_only_what_the_grammar_allows(smol: LlamaChatModel, question: str) -> None:
    sampling = Sampling(max_tokens=200, grammar=call_grammar([WEATHER, LIGHTS], none=False))
    written = "".join(smol.reply([SYSTEM, user(question)], sampling=sampling, is_cancelled=never))
    if smol.hit_limit:  # it goes on with a text for ever
        return
    ((name, arguments),) = json_calls(written)
    tool = {"weather": WEATHER, "lights": LIGHTS}[name]
    assert mistake(arguments, tool.schema, is_complete=True) == ""


def test_a_reply_after_one_under_a_grammar_is_free(smol: LlamaChatModel) -> None:
    plain = Sampling(temperature=0.0, max_tokens=8)
    before = "".join(smol.reply([SYSTEM, user("Hello!")], sampling=plain, is_cancelled=never))
    sampling = Sampling(max_tokens=4, grammar='root ::= "yes"')
    assert "".join(smol.reply([SYSTEM, user("Hello!")], sampling=sampling, is_cancelled=never)) == "yes"
    assert "".join(smol.reply([SYSTEM, user("Hello!")], sampling=plain, is_cancelled=never)) == before


@pytest.mark.parametrize(("favour", "written"), [(50.0, "no, no"), (-50.0, "yes, no")])
def test_a_beginning_is_favoured_as_much_as_is_asked_and_only_at_the_beginning(
    smol: LlamaChatModel, favour: float, written: str
) -> None:
    sampling = Sampling(max_tokens=8, grammar='root ::= ("yes" | "no") ", no"', favoured="no", favour=favour)
    assert "".join(smol.reply([SYSTEM, user("Is it?")], sampling=sampling, is_cancelled=never)) == written


def test_a_damaged_grammar_is_an_error_of_the_reply(smol: LlamaChatModel) -> None:
    with pytest.raises(GenerationFailed):
        list(smol.reply([SYSTEM, user("Hi")], sampling=Sampling(grammar="root ::= unknown"), is_cancelled=never))


@pytest.fixture(scope="module")
def qwen(model_path: Callable[[str, str], Path]) -> Iterator[LlamaChatModel]:
    model = LlamaChatModel(
        model_path("llm", "qwen2.5-coder-0.5b"), name="qwen", device="cpu", threads=2, context_tokens=2048
    )
    yield model
    model.close()


def test_the_starter_model_fills_a_call(qwen: LlamaChatModel) -> None:
    assert qwen.call_style == "chosen"
    (call,) = chosen(qwen, [SYSTEM, user("Switch the lights in the kitchen off.")], [LIGHTS], is_cancelled=never)
    assert call.name == "lights"
    assert call.arguments["state"] == "off"
    assert "kitchen" in str(call.arguments["room"]).casefold()


def test_an_ordinary_question_does_not_reach_the_model(qwen: LlamaChatModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qwen, "reply", lambda *_given, **_more: pytest.fail("it was asked"))
    assert chosen(qwen, [SYSTEM, user("Tell me a joke.")], [LIGHTS, WEATHER], is_cancelled=never) == ()


def test_the_starter_model_answers_from_a_result(qwen: LlamaChatModel) -> None:
    call = CallSpec(name="weather", arguments=json.dumps({"city": "Bonn"}))
    messages = [
        SYSTEM,
        user("What is the weather in Bonn?"),
        ChatMessage(role="assistant", content="", calls=(call,)),
        ChatMessage(role="tool", content=json.dumps({"result": "12 degrees, dry"}), name="weather"),
    ]
    reply = "".join(qwen.reply(messages, sampling=Sampling(temperature=0.0, max_tokens=60), is_cancelled=never))
    assert "12" in reply
    assert "tool" not in reply
