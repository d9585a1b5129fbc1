"""Calls that a language model writes are read while they are written, however they arrive, and never become text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voicecli.tools.call_reader import CallReader
from voicecli.tools.definitions import Call, Tool
from voicecli.tools.fitting import fitted, signatures_of
from voicecli.tools.written import Written, python_calls

WEATHER = Tool(
    name="get_weather",
    group="get_weather",
    description="Tells the weather.",
    schema={
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "integer"},
            "units": {"enum": ["metric", "imperial"], "type": "string"},
            "hourly": {"type": "boolean"},
        },
        "required": ["city"],
    },
)
CLOCK = Tool(name="clock", group="clock", description="Tells the time.", schema={"type": "object", "properties": {}})
TOOLS = signatures_of([WEATHER, CLOCK])
BONN = ("get_weather", {"city": "Bonn"})
BONN_JSON = '{"name": "get_weather", "arguments": {"city": "Bonn"}}'

FORMATS = {
    "qwen": f"<tool_call>\n{BONN_JSON}\n</tool_call>",
    "hermes without a newline": f"<tool_call>{BONN_JSON}</tool_call>",
    "a tag that is not closed": f"<tool_call>{BONN_JSON}",
    "qwen coder": "<tool_call>\n<function=get_weather>\n<parameter=city>\nBonn\n</parameter>\n</function>\n</tool_call>",
    "llama 3.1": '{"name": "get_weather", "parameters": {"city": "Bonn"}}',
    "llama 3.1 with a type": '{"type": "function", "name": "get_weather", "parameters": {"city": "Bonn"}}',
    "llama 3.1 function tag": '<function=get_weather>{"city": "Bonn"}</function>',
    "llama 3.1 built in": '<|python_tag|>get_weather.call(city="Bonn")',
    "llama 3.1 json behind the tag": '<|python_tag|>{"name": "get_weather", "parameters": {"city": "Bonn"}}',
    "llama 3.2": '[get_weather(city="Bonn")]',
    "llama 3.2 behind the tag": '<|python_tag|>[get_weather(city="Bonn")]',
    "llama 3.2 without a list": "get_weather(city='Bonn')",
    "llama 3.2 by position": "[get_weather('Bonn')]",
    "mistral": '[TOOL_CALLS] [{"name": "get_weather", "arguments": {"city": "Bonn"}}]',
    "mistral with an id": '[TOOL_CALLS][{"name": "get_weather", "arguments": {"city": "Bonn"}, "id": "9Ae3bDc2F"}]',
    "mistral since v11": '[TOOL_CALLS]get_weather[ARGS]{"city": "Bonn"}',
    "mistral with a call id": '[TOOL_CALLS]get_weather[CALL_ID]9Ae3bDc2F[ARGS]{"city": "Bonn"}',
    "functionary 3.2": 'get_weather\n{"city": "Bonn"}',
    "functionary 3.2 with its mark": '>>>get_weather\n{"city": "Bonn"}',
    "functionary 2": 'get_weather\n<|content|>{"city": "Bonn"}',
    "functionary 3.1": '<function=get_weather>{"city": "Bonn"}</function>',
    "a code block": f"```json\n{BONN_JSON}\n```",
    "a code block without a language": f"```\n{BONN_JSON}\n```\nThis calls it.",
    "openai": '{"function": {"name": "get_weather", "arguments": "{\\"city\\": \\"Bonn\\"}"}}',
    "a list of json": f"[{BONN_JSON}]",
    "white space before it": f"\n\n  {BONN_JSON}",
}


def read(text: str, chunks: list[int] | None = None) -> tuple[str, list[object], bool]:
    """The text, the calls and whether one was broken, for a reply that arrives in pieces of these lengths."""
    reader = CallReader(TOOLS)
    given, at = "", 0
    for size in chunks or []:
        given += reader.feed(text[at : at + size])
        at += size
    given += reader.feed(text[at:])
    given += reader.finish()
    return given, list(reader.calls), reader.broken


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_is_a_call_and_no_text(form: str) -> None:
    assert read(FORMATS[form]) == ("", [BONN], False)


@pytest.mark.parametrize("form", FORMATS)
def test_a_call_is_the_same_character_by_character(form: str) -> None:
    assert read(FORMATS[form], [1] * len(FORMATS[form])) == ("", [BONN], False)


TEXTS = (
    "Hello.", " The weather in Bonn is fine.", "\n", "<tool", "<tool_call>", "</tool_call>", "{", "}", '{"name": "Ann"}', "[1, 2]",
    "`", "```", "```json\n",
    "```python\nprint(1)\n```\n", BONN_JSON, "[get_weather(", "get_weather", "(", "city='Bonn')",
    "]", ">>>", "all\n", "\n>>>get_weather\n", "<|python_tag|>",
    "[TOOL_CALLS]", "<function=get_weather>", "</function>", "<|recipient|>all\n", "<|content|>", '{"city": "Bonn"}', "\n>>>all\n",
    "clock", "clock()", " ",
    *FORMATS.values(),
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.sampled_from(TEXTS), max_size=6).map("".join), st.lists(st.integers(1, 9), max_size=80))
def test_however_a_reply_arrives_it_means_the_same(text: str, chunks: list[int]) -> None:
    assert read(text, chunks) == read(text)


@pytest.mark.parametrize("text", [
    "Hello.", "2 < 3 and [1, 2] are fine.", '{"name": "Ann", "age": 3}', "[1, 2, 3]", "{city}", "```python\nprint(1)\n```",
    "clock is a word.", "[see below]",
    '```json\n{"a": 1}\n```', "It is 5 > 3.", "all is well", "The tag <tool is not one.", "``` and `", 'He said: {"x": 1}', "[", "{", "`",
])  # fmt: skip
def test_ordinary_text_is_not_changed(text: str) -> None:
    assert read(text) == (text, [], False)
    assert read(text, [1] * len(text)) == (text, [], False)


def test_ordinary_text_arrives_at_once() -> None:
    reader = CallReader(TOOLS)
    assert [reader.feed(word) for word in ("The ", "sky ", "is ", "blue.")] == ["The ", "sky ", "is ", "blue."]


def test_text_before_a_call_is_text_and_what_follows_is_not() -> None:
    assert read(f"Let me look.\n{FORMATS['qwen']}\nIt is 30 degrees.") == ("Let me look.\n", [BONN], False)
    assert read('all\nLet me look.\n>>>get_weather\n{"city": "Bonn"}') == ("Let me look.", [BONN], False)
    assert read(f"Here: {FORMATS['a code block']}") == ("Here: ", [BONN], False)


@pytest.mark.parametrize("text", [
    f"<tool_call>{BONN_JSON}</tool_call>\n<tool_call>{{\"name\": \"clock\", \"arguments\": {{}}}}</tool_call>",
    '{"name": "get_weather", "parameters": {"city": "Bonn"}}; {"name": "clock", "parameters": {}}',
    '[get_weather(city="Bonn"), clock()]',
    f"[TOOL_CALLS] [{BONN_JSON}, {{\"name\": \"clock\", \"arguments\": {{}}}}]",
    '[TOOL_CALLS]get_weather[ARGS]{"city": "Bonn"}[TOOL_CALLS]clock[ARGS]{}',
    'get_weather\n{"city": "Bonn"}\n>>>clock\n{}',
    '<function=get_weather>{"city": "Bonn"}</function><function=clock>{}</function>',
])  # fmt: skip
def test_several_calls_at_once_are_all_read(text: str) -> None:
    assert read(text, [3] * 40) == ("", [BONN, ("clock", {})], False)


@pytest.mark.parametrize("text", [
    '<tool_call>{"name": "get_weather", "arguments": {"city": </tool_call>', "<tool_call></tool_call>",
    "<|python_tag|>print('hello')", "[TOOL_CALLS] nothing",
    '{"name": "get_weather", "arguments": {"city": "Bo', "[get_weather(city=open('x'))]", "<function=get_weather>{",
])  # fmt: skip
def test_a_damaged_call_is_neither_a_call_nor_text(text: str) -> None:
    assert read(text, [2] * 30) == ("", [], True)


def test_an_argument_that_would_have_to_be_computed_is_none() -> None:
    assert python_calls("[get_weather(city=__import__('os').getcwd())]", TOOLS) == []
    assert python_calls("[get_weather(city='a' + 'b')]", TOOLS) == []


def test_values_get_the_types_of_the_schema() -> None:
    written: Written = ("get_weather", {"city": "Bonn", "days": "3", "units": "Metric", "hourly": "true"})
    assert fitted(written, [WEATHER]) == Call(
        name="get_weather", arguments={"city": "Bonn", "days": 3, "units": "metric", "hourly": True}
    )
    assert fitted(("Get-Weather", {"city": 5, "days": 3.0, "units": None}), [WEATHER]).arguments == {
        "city": "5",
        "days": 3,
    }
    assert fitted(("functions.get_weather", {"city": "Bonn"}), [WEATHER]).name == "get_weather"
    assert fitted(("unknown", {"a": 1}), [WEATHER]) == Call(name="unknown", arguments={"a": 1})


def test_a_reply_of_nothing_is_nothing() -> None:
    assert read("") == read("  \n") == ("", [], False)
    assert json.loads(BONN_JSON)["name"] == BONN[0]
