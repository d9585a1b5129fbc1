"""The pure parts of MCP: settings, definitions of tools, results, and phrases."""

from __future__ import annotations

import pytest

from voicecli.config.servers import SaidPhrase, ToolServer, read_servers
from voicecli.tools.definitions import Call, Phrase, Result, Tool
from voicecli.tools.mcp.definitions import MOST_TOOLS, served_tools
from voicecli.tools.mcp.results import result_of
from voicecli.tools.permission import question, refusal
from voicecli.tools.phrases import call_by_phrase
from voicecli.tools.registry import Registry, mistake

SCHEMA = {"type": "object", "properties": {"timezone": {"type": "string"}, "count": {"type": "integer"}}, "required": ["timezone"]}  # fmt: skip
CLOCK = Tool(
    name="clock__now",
    group="clock__now",
    description="",
    schema=SCHEMA,
    title="the tool now of the server clock",
    source="clock",
    phrases=(
        Phrase(say="office time", arguments={"timezone": "Asia/Tokyo"}),
        Phrase(say="what is the office time in {timezone}"),
        Phrase(say="{count} times in {timezone}"),
    ),
)


def test_a_server_is_read_from_the_settings() -> None:
    table = {
        "clock": {
            "command": "mcp-server-time",
            "args": ["--local-timezone", "Europe/Berlin"],
            "env": {"TZ": "UTC"},
            "limit_s": 3,
            "allow": ["get_current_time"],
            "phrases": [{"say": "office  time", "tool": "get_current_time", "arguments": {"timezone": "Asia/Tokyo"}}],
        }
    }
    servers, faults = read_servers(table, "config.toml")
    assert faults == []
    assert servers == (
        ToolServer(
            name="clock",
            command="mcp-server-time",
            args=("--local-timezone", "Europe/Berlin"),
            env=(("TZ", "UTC"),),
            limit_s=3.0,
            allow=("get_current_time",),
            phrases=(SaidPhrase(say="office time", tool="get_current_time", arguments=(("timezone", "Asia/Tokyo"),)),),
        ),
    )
    assert [servers[0].permission(each) for each in ("get_current_time", "other")] == ["allow", "ask"]


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ({"Clock": {"command": "x"}}, "tools.mcp.Clock is no name of an MCP server"),
        ({"a__b": {"command": "x"}}, "tools.mcp.a__b is no name of an MCP server"),
        ({"clock": {}}, "tools.mcp.clock has neither a command nor a url"),
        ({"clock": {"command": "x", "url": "http://127.0.0.1:1/mcp"}}, "has both a command and a url"),
        ({"clock": {"comand": "x"}}, "There is no setting tools.mcp.clock.comand"),
        ({"clock": {"command": "x", "limit_s": 0}}, "tools.mcp.clock.limit_s must be a number of seconds"),
        ({"clock": {"command": "x", "args": "--all"}}, "tools.mcp.clock.args must be a list of texts"),
        ({"clock": {"url": "http://user:key@host/mcp"}}, "tools.mcp.clock.url must be an address"),
        ({"clock": {"url": "http://127.0.0.1:1/mcp", "network": True}}, "network is for programs"),
        ({"clock": {"command": "x", "phrases": [{"say": "{all}", "tool": "t"}]}}, "must each have a word in say"),
        ("clock", "tools.mcp must hold a table for each server"),
    ],
)
def test_a_mistake_in_the_settings_is_told_and_names_its_place(table: object, fault: str) -> None:
    servers, faults = read_servers(table, "config.toml")
    assert servers == ()
    assert fault in faults[0].message
    assert "config.toml" in faults[0].message


def test_the_name_of_a_tool_counts_before_the_star_and_forbid_before_allow() -> None:
    server = ToolServer(name="a", command="x", allow=("*", "both"), forbid=("remove", "both"))
    assert [server.permission(each) for each in ("read", "remove", "both")] == ["allow", "forbid", "forbid"]
    assert ToolServer(name="a", command="x", allow=("read",), forbid=("*",)).permission("read") == "allow"


def test_foreign_definitions_are_cleaned_limited_and_left_out_if_unusable() -> None:
    listed: list[dict[str, object]] = [
        {"name": "good", "description": "Does\x1b[31m it.\n" + "x" * 5000, "inputSchema": {"type": "object"}},
        {"name": "bad name\x07", "inputSchema": {"type": "object"}},
        {"name": "good", "inputSchema": {"type": "object"}},
        {"name": "huge", "inputSchema": {"type": "object", "description": "x" * 100_000}},
        {"name": "none"},
    ]
    tools, remarks = served_tools(ToolServer(name="a", command="x"), listed)
    assert [each.offer.tool.name for each in tools] == ["a__good"]
    assert "\x1b" not in tools[0].offer.tool.description
    assert len(tools[0].offer.tool.description) <= 400
    assert len(remarks) == 4
    assert "\x07" not in " ".join(remarks)
    many = [{"name": f"t{number}", "inputSchema": {"type": "object"}} for number in range(500)]
    assert len(served_tools(ToolServer(name="a", command="x"), many)[0]) == MOST_TOOLS


def test_a_phrase_for_a_tool_that_the_server_does_not_have_is_told() -> None:
    server = ToolServer(name="a", command="x", phrases=(SaidPhrase(say="go on", tool="run"),))
    assert served_tools(server, [])[1] == ["The MCP server a has no tool run, for which there is a phrase."]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ({"content": [{"type": "text", "text": '{"timezone": "Asia/Tokyo", "is_dst": false}'}]},
         "timezone: Asia/Tokyo; is dst: no"),
        ({"content": [], "structuredContent": {"items": [1, 2, {"a": None, "b": "c"}]}}, "items: 1, 2, (b: c)"),
        ({"content": [{"type": "text", "text": "{broken"}]}, "{broken"),
        ({"content": [{"type": "text", "text": '{"datetime": "2026-11-28T11:55:28+09:00"}'}]},
         "datetime: 2026-11-28, 11:55"),
        ({"content": [{"type": "resource", "resource": {"uri": "file:///a", "text": "inside"}}]}, "inside"),
        ({"content": [{"type": "resource_link", "name": "notes.txt", "uri": "file:///a"}]}, "(a link: notes.txt)"),
        ({"content": [{"type": "image", "data": "!" * 10}]}, "(an image)"),
        ({"content": [{"type": "dance"}, 7, None]}, "(something)"),
        ({"content": None}, "The tool x of the server y returned nothing."),
    ],
)  # fmt: skip
def test_results_become_sentences(answer: dict[str, object], text: str) -> None:
    assert result_of(answer, "the tool x of the server y", "en", changes=False) == Result(text=text)


def test_deep_nesting_ends_and_an_error_is_one_in_german_too() -> None:
    deep: object = "end"
    for _ in range(500):
        deep = {"a": deep}
    assert "…" in result_of({"content": [], "structuredContent": deep}, "x", "en", changes=False).text
    failed = result_of({"content": [], "isError": True}, "das Werkzeug x", "de", changes=True)
    assert failed == Result(text="Das Werkzeug x ist fehlgeschlagen.", failed=True)


@pytest.mark.parametrize(
    ("said", "arguments"),
    [
        ("Office time, please.", {"timezone": "Asia/Tokyo"}),
        ("What is the office time in Tokyo?", {"timezone": "Tokyo"}),
        ("what is, the office time in New York", {"timezone": "New York"}),
        ("Seventeen times in Rome.", {"count": 17, "timezone": "Rome"}),
        ("Many times in Rome.", None),
        ("She asked what is the office time in Tokyo", None),
        ("Office timetable", None),
    ],
)
def test_a_phrase_holds_for_the_whole_sentence_and_fills_arguments(
    said: str, arguments: dict[str, object] | None
) -> None:
    call = call_by_phrase([CLOCK], said)
    assert (dict(call.arguments) if call is not None else None) == arguments


def test_a_question_names_the_tool_and_its_arguments_in_words() -> None:
    asked = question(CLOCK, {"timezone": "Asia/Tokyo", "count": 3}, "en")
    assert (
        asked
        == "May I use the tool now of the server clock with timezone Asia/Tokyo and count 3? Say yes, no, or always."
    )
    long = question(CLOCK, {"timezone": "x\x1b" * 500}, "de")
    assert "\x1b" not in long
    assert len(long) < 300
    assert refusal(CLOCK, "en").endswith("voicecli tools allow clock__now.")


def test_arguments_are_checked_by_the_schema_before_the_server_is_asked() -> None:
    done: list[Call] = []

    def run(call: Call, _is_cancelled: object) -> Result:
        done.append(call)
        return Result(text="Done.\x1b[31m")

    registry = Registry({})
    registry.offer("clock", {"clock__now": (CLOCK, run)})
    assert registry.run(Call(name="clock__now")).text == "clock__now cannot be used like that: timezone is missing."
    wrong = registry.run(Call(name="clock__now", arguments={"timezone": 7}))
    assert wrong.text == "clock__now cannot be used like that: timezone must be of the type string."
    assert done == []
    assert registry.run(Call(name="clock__now", arguments={"timezone": "UTC"})).text == "Done. [31m"
    registry.offer("clock", {})
    assert registry.run(Call(name="clock__now")).text == "There is no tool clock__now."


@pytest.mark.parametrize(
    ("rule", "value", "wrong"),
    [
        ({"type": ["string", "null"]}, None, ""),
        ({"type": "number"}, 3, ""),
        ({"type": "integer"}, True, "v must be of the type integer"),
        ({"type": "array"}, "x", "v must be of the type array"),
        ({"enum": [1, "a"]}, "b", "v must be one of 1, a"),
        ({"type": "number", "maximum": 5}, 5.5, "v is out of range"),
        ({"anyOf": [{"type": "string"}]}, 3, ""),
    ],
)
def test_common_parts_of_schemas_are_understood(rule: dict[str, object], value: object, wrong: str) -> None:
    assert mistake({"v": value}, {"type": "object", "properties": {"v": rule}}) == wrong  # type: ignore[dict-item] # any JSON
