"""The grammar of the calls of a small model allows valid calls only, and the quick test offers it tools only where one could be needed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.gbnf import Grammar
from voicecli.tools.definitions import Call, Json, Schema, Tool
from voicecli.tools.grammar import call_grammar, word_grammar
from voicecli.tools.grounding import grounded, is_invented
from voicecli.tools.registry import mistake
from voicecli.tools.relevance import MOST_OFFERED, candidates, could_need_several, reluctance_at


def tool(name: str, does: str = "", **schema: object) -> Tool:
    return Tool(name=name, group=name, description=does, schema={"type": "object", **schema})


WEATHER = tool(
    "weather",
    "Tells the weather forecast for a city.",
    properties={
        "city": {"type": "string"},
        "days": {"type": "integer"},
        "units": {"type": "string", "enum": ["metric", 'imp"erial']},
        "at": {
            "type": "object",
            "properties": {"lat": {"type": "number"}, "lon": {"type": "number"}},
            "required": ["lat", "lon"],
        },
        "tags": {"type": "array", "items": {"type": "string"}},
        "hourly": {"type": ["boolean", "null"]},
    },
    required=["city"],
)
LIGHTS = tool(
    "switch_lights", "Turns lights on and off.", properties={"room": {"type": "string"}, "on": {"type": "boolean"}}
)
STOP = tool("halt", "Stops the machine.", properties={}, additionalProperties=False)


def written(name: str, arguments: str) -> str:
    return f'{{"name": "{name}", "arguments": {arguments}}}'


@pytest.mark.parametrize(("text", "valid"), [
    ("none", True), (written("weather", '{"city": "Bonn"}'), True), (written("weather", '{"city": "Bonn", "days": 3}'), True),
    (written("weather", '{"city": "Bö\\"nn", "units": "imp\\"erial", "at": {"lat": 1.5, "lon": -2e3}, "tags": ["a", "b"], "hourly": null}'), True),
    (written("weather", '{"city": "Bonn", "tags": []}'), True), (written("halt", "{}"), True), (written("switch_lights", "{}"), True),
    (written("switch_lights", '{"on": true}'), True), (written("switch_lights", '{"room": "hall", "on": false}'), True),
    (written("weather", "{}"), False), (written("weather", '{"days": 3}'), False), (written("weather", '{"city": 3}'), False),
    (written("weather", '{"city": "Bonn", "days": 3.5}'), False), (written("weather", '{"city": "Bonn", "units": "other"}'), False),
    (written("weather", '{"city": "Bonn", "x": 1}'), False), (written("unknown", "{}"), False), (written("halt", '{"a": 1}'), False),
    (written("switch_lights", '{, "on": true}'), False), ("", False), ("None of them.", False), (written("halt", "{}") + " and more", False),
])  # fmt: skip
def test_the_grammar_allows_valid_calls_only(text: str, *, valid: bool) -> None:
    assert Grammar(call_grammar([WEATHER, LIGHTS, STOP])).accepts(text) is valid


def test_a_name_is_picked_from_a_list_of_names() -> None:
    grammar = Grammar(word_grammar(["weather", "switch_lights", "answer"]))
    assert [grammar.accepts(text) for text in ("weather", "answer", "weather answer", "other", "")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_several_calls_and_no_call_are_allowed_only_where_they_are_wanted() -> None:
    two = "\n".join([written("halt", "{}")] * 2)
    assert Grammar(call_grammar([STOP], most=2)).accepts(two)
    assert not Grammar(call_grammar([STOP])).accepts(two)
    assert not Grammar(call_grammar([STOP], none=False)).accepts("none")


def _instances(schema: Schema) -> st.SearchStrategy[object]:
    if "enum" in schema:
        return st.sampled_from(list(schema["enum"]))  # type: ignore[call-overload] # a list
    match schema["type"]:
        case "string":
            return st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
        case "integer":
            return st.integers(-1000, 1000)
        case "number":
            return st.floats(-1e6, 1e6, allow_nan=False)
        case "boolean":
            return st.booleans()
        case "array":
            return st.lists(_instances(schema["items"]), max_size=3)  # type: ignore[arg-type] # a schema
        case _:
            properties = schema["properties"]
            assert isinstance(properties, dict)
            values = st.tuples(*map(_instances, properties.values()))
            return values.map(lambda each: dict(zip(properties, each, strict=True)))  # in the order of the schema


SCHEMAS = st.recursive(
    st.sampled_from(
        [{"type": kind} for kind in ("string", "integer", "number", "boolean")]
        + [{"type": "string", "enum": ["a", 'b"\\']}]
    ),
    lambda inner: (
        inner.map(lambda each: {"type": "array", "items": each})
        | st.dictionaries(st.text("abc_", min_size=1, max_size=3), inner, min_size=1, max_size=3).map(
            lambda each: {"type": "object", "properties": each, "required": list(each)}
        )
    ),
    max_leaves=5,
)


@settings(max_examples=80)
@given(st.data())
def test_every_value_of_a_schema_can_be_written(data: st.DataObject) -> None:
    inner = data.draw(SCHEMAS)
    value = data.draw(_instances(inner))
    grammar = Grammar(call_grammar([tool("one", properties={"x": inner}, required=["x"])]))
    text = json.dumps({"name": "one", "arguments": {"x": value}}, ensure_ascii=False).replace("\x7f", "")
    assert grammar.accepts(text)
    assert mistake({"x": value}, {"properties": {"x": inner}, "required": ["x"]}) == ""  # type: ignore[dict-item] # JSON


@pytest.mark.parametrize(("question", "name"), [
    ("What will the weather be like in Bonn?", "weather"), ("Is there a forecast for Cologne?", "weather"),
    ("Turn on the lights in the hall.", "switch_lights"),
    ("Switch the light off.", "switch_lights"), ("Halt!", "halt"),
])  # fmt: skip
def test_a_question_that_names_a_tool_in_its_own_words_is_a_candidate(question: str, name: str) -> None:
    assert candidates(question, [WEATHER, LIGHTS, STOP])[0][0].name == name


@pytest.mark.parametrize(
    "question",
    ["Tell me a joke.", "Who wrote Faust?", "Why is the sky blue?", "Good morning!", "Erzähl mir einen Witz."],
)
def test_an_ordinary_question_does_not_wait_for_a_choice(question: str) -> None:
    assert candidates(question, [WEATHER, LIGHTS, STOP]) == ()


def test_a_request_to_do_something_is_shown_to_the_model_in_any_case_and_never_too_many_tools() -> None:
    many = [tool(f"t{number}", "Does something.") for number in range(20)]
    assert len(candidates("Open the garage now.", many)) == MOST_OFFERED
    assert candidates("Will I need an umbrella?", [tool("weather", words=())]) == ()
    hinted = Tool(name="w", group="w", description="", schema={}, words=("umbrella",))
    assert [tool for tool, _ in candidates("Will I need an umbrella?", [hinted])] == [hinted]


def test_the_more_a_request_shares_with_a_tool_the_less_the_model_must_be_sure() -> None:
    ((_, much),) = candidates("Turn the lights in the hall off.", [LIGHTS])
    ((_, little),) = candidates("Is the weather report always right?", [WEATHER])
    assert 0 < little < much
    assert reluctance_at(little) > reluctance_at(much)


def test_a_tool_is_no_candidate_without_anything_to_fill_it_with() -> None:
    assert candidates("What is weather?", [WEATHER]) == ()
    door = tool(
        "garage_door",
        "Opens or closes the garage door.",
        properties={"action": {"type": "string", "enum": ["open", "close"]}},
        required=["action"],
    )
    assert [each for each, _ in candidates("Open the garage door.", [door])] == [door]  # the values are among its words


@pytest.mark.parametrize(("said", "arguments", "invented"), [
    ("What is the weather like?", {"city": "New York"}, True), ("What is the weather like in Bonn?", {"city": "Bonn"}, False),
    ("I live in Bonn.\nWhat is the weather like?", {"city": "Bonn"}, False), ("The weather, please.", {"city": "bonn", "days": 3}, True),
])  # fmt: skip
def test_a_call_is_made_up_if_nothing_that_it_requires_was_said(
    said: str, arguments: dict[str, Json], *, invented: bool
) -> None:
    assert is_invented(Call(name="weather", arguments=arguments), WEATHER, said) is invented


def test_what_need_not_be_said_in_the_same_words_is_not_made_up() -> None:
    call = Call(name="switch", arguments={"state": "off", "now": True})
    states = tool(
        "switch",
        properties={"state": {"type": "string", "enum": ["on", "off"]}, "now": {"type": "boolean"}},
        required=["state", "now"],
    )
    assert not is_invented(call, states, "Make it dark.")
    sets = tool("heat", properties={"degrees": {"type": "integer"}}, required=["degrees"])
    assert not is_invented(Call(name="heat", arguments={"degrees": 21}), sets, "Make it twenty-one degrees.")
    assert is_invented(Call(name="heat", arguments={"degrees": 21}), sets, "Make it warmer.")


@pytest.mark.parametrize(("question", "arguments", "kept"), [
    ("What will the weather be in Bonn?", {"city": "Bonn", "days": 3, "units": "metric", "hourly": True}, {"city": "Bonn"}),
    ("The weather in Bonn for three days, hourly, metric.", {"city": "Bonn", "days": 3, "units": "metric", "hourly": True},
     {"city": "Bonn", "days": 3, "units": "metric", "hourly": True}),
    ("And there?", {"city": "Bonn", "tags": ["sun"]}, {"city": "Bonn"}),
    ("Sun and rain?", {"city": "x", "tags": ["sun"]}, {"city": "x", "tags": ["sun"]}),
    ("Wie wird das Wetter in Bonn in zwei Tagen?", {"city": "Bonn", "days": 2}, {"city": "Bonn", "days": 2}),
])  # fmt: skip
def test_an_optional_argument_of_which_nothing_was_said_is_left_out(
    question: str, arguments: dict[str, Json], kept: dict[str, Json]
) -> None:
    assert grounded(Call(name="weather", arguments=arguments), WEATHER, question).arguments == kept


def test_only_a_question_with_several_parts_gets_several_calls() -> None:
    assert could_need_several("Turn on the light and close the window.")
    assert not could_need_several("Turn on the light.")
