"""What `fuzz.py` attacks around tools: their tables in the settings, calls that a model writes, what programs and MCP servers send."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Final

from fuzz_checks import Harness, expect, expect_clean, text_of

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from voicecli.tools.definitions import Call, Json, Result, Tool

MOST_GRAMMAR: Final = 1_000_000
"""Characters of a grammar that llama.cpp still reads at once."""


def tables(data: bytes) -> None:
    """The tables of tools in the settings, up to what a language model is told of them, and the command line of a call."""
    from voicecli.app.user_tools import program_tool
    from voicecli.config.documents import MalformedError, parse_toml
    from voicecli.config.programs import read_programs
    from voicecli.config.servers import read_servers
    from voicecli.tools.definitions import ToolFailed
    from voicecli.tools.programs import argv_of
    from voicecli.ui.sanitize import clean

    try:
        found = parse_toml(text_of(data)).get("tools", {})
    except MalformedError:
        return
    if not isinstance(found, dict):
        return
    programs, faults = read_programs(found.get("command", {}), "config.toml")
    servers, others = read_servers(found.get("mcp", {}), "config.toml")
    for fault in (*faults, *others):
        expect_clean(clean(f"{fault.message} {fault.hint}"))
    given: dict[str, Json] = {"city": "Bonn", "days": 3, "a": None, "b": ["x", {"y": 1.5}]}
    for program in programs:
        _use(program_tool(program))
        with contextlib.suppress(ToolFailed):
            words = argv_of(program.program, program.arguments, given)
            expect(all(isinstance(word, str) for word in words), "a word that is no text")
    for server in servers:
        _offer_of(server, [{"name": phrase.tool, "inputSchema": {}} for phrase in server.phrases])


def _offer_of(server: object, listed: Iterable[dict[str, object]]) -> None:
    from voicecli.config.servers import ToolServer
    from voicecli.tools.mcp.definitions import served_tools
    from voicecli.tools.phrases import call_by_phrase

    assert isinstance(server, ToolServer)  # noqa: S101 - for the type checker
    tools, remarks = served_tools(server, listed)
    for remark in remarks:
        expect_clean(remark)
    for each in tools:
        expect_clean(each.offer.tool.description + each.offer.tool.name)
        _use(each.offer.tool)
    call_by_phrase([each.offer.tool for each in tools], "please tell me the office time in Bonn now")


def _use(tool: Tool) -> None:
    """What is done with the description of a tool before a model sees it, and with a call of it."""
    from voicecli.tools.fitting import fitted
    from voicecli.tools.grammar import call_grammar
    from voicecli.tools.grounding import grounded
    from voicecli.tools.registry import mistake
    from voicecli.tools.relevance import candidates

    json.dumps(tool.schema)
    expect(len(call_grammar([tool])) < MOST_GRAMMAR, "a grammar without end")
    candidates("What is the weather in Bonn tomorrow?", [tool])
    calls: tuple[dict[str, Json], ...] = (
        {},
        {"city": "Bonn", "days": "3"},
        {"a": 10**400, "b": [1, {"c": None}], "days": 1e308},
    )
    for arguments in calls:
        call = fitted((tool.name, arguments), [tool])
        call = grounded(call, tool, "What is the weather in Bonn tomorrow?")
        mistake(call.arguments, tool.schema, is_complete=True)


TABLES: Final = b"""
[tools.command.weather]
program = ["/bin/echo", "-n"]
arguments = ["--city", "{city}", "{days}"]
description = "The weather of a city."
parameters = { properties = { city = { type = "string" }, days = { type = "integer", enum = [1, 2] } }, required = ["city"] }
limit_s = 2.5
network = true
reads = true
words = ["rain"]
[tools.command.list]
program = "ls"
description = "Lists."
arguments = ["{a}", "{b}"]
[tools.mcp.clock]
command = "clock"
args = ["--x"]
env = { A = "b" }
allow = ["now"]
[[tools.mcp.clock.phrases]]
say = "the office time in {place}"
tool = "now"
arguments = { place = "Bonn" }
[tools.mcp.far]
url = "http://127.0.0.1:8000/mcp"
key_file = "~/key"
"""


# ---- calls that a model writes


@cache
def _tools() -> tuple[Tool, ...]:
    from voicecli.tools.definitions import Tool

    kinds = {
        "city": {"type": "string", "enum": ["Bonn", "Paris"]},
        "days": {"type": "integer", "minimum": 1},
        "share": {"type": ["number", "null"]},
        "more": {"type": "object", "properties": {"deep": {"type": "boolean"}}},
        "list": {"type": "array", "items": {"type": "string"}},
        "text": {"type": "string"},
    }
    schema = {"type": "object", "properties": kinds, "required": ["city"], "additionalProperties": False}
    names = ("weather", "clock__get_current_time", "a.b-c")
    return tuple(Tool(name=name, group=name, description="Does it.", schema=schema) for name in names)


def model_calls(data: bytes) -> None:
    """A reply with calls in it, cut in two ways; and what is done with the calls."""
    text = text_of(data).encode("utf-8", "replace").decode()[:6_000]
    whole = _read(text, len(text) or 1)
    pieces = _read(text, max(3, len(text) // 60))
    expect(_same(whole, pieces), "a reply that depends on how it is split")
    for call in _calls(whole[1]):
        result = _registry_run(call)
        expect_clean(result.text)


def _same(left: object, right: object) -> bool:
    return repr(left) == repr(right)  # not-a-number is not itself


def _read(text: str, size: int) -> tuple[str, list[tuple[str, dict[str, object]]], bool]:
    from voicecli.tools.call_reader import CallReader
    from voicecli.tools.fitting import signatures_of

    reader = CallReader(signatures_of(_tools()))
    shown = "".join(reader.feed(text[at : at + size]) for at in range(0, len(text), size)) + reader.finish()
    return shown, [(name, dict(given)) for name, given in reader.calls], reader.broken


def _calls(written: list[tuple[str, dict[str, object]]]) -> Iterator[Call]:
    from voicecli.tools.definitions import ToolFailed
    from voicecli.tools.fitting import fitted
    from voicecli.tools.grounding import grounded
    from voicecli.tools.programs import argv_of

    for each in written[:20]:
        call = fitted(each, _tools())  # type: ignore[arg-type] # values of JSON
        tool = next((tool for tool in _tools() if tool.name == call.name), None)
        if tool is not None:
            call = grounded(call, tool, "How is the weather in Bonn on the next three days?")
        json.dumps(dict(call.arguments), ensure_ascii=False)  # it is saved so
        with contextlib.suppress(ToolFailed):
            argv_of(["x"], ["{city}", "--days={days}", "{more}"], call.arguments)
        yield call


def _registry_run(call: Call) -> Result:
    from voicecli.tools.definitions import Result
    from voicecli.tools.registry import Registry

    registry = Registry({})
    registry.offer("x", {tool.name: (tool, lambda call, _: Result(text=str(call.arguments))) for tool in _tools()})
    return registry.run(call)


CALLS: Final = {
    "qwen": b'Sure.\n<tool_call>\n{"name": "weather", "arguments": {"city": "Bonn", "days": "3"}}\n</tool_call>',
    "llama": b'{"name": "weather", "parameters": {"city": "bonn", "share": 0.5, "more": {"deep": "yes"}}}',
    "python": b'[weather(city="Bonn", days=-2, list=["a", "b"]), clock__get_current_time.call("Paris")]',
    "mistral": b'[TOOL_CALLS]weather[CALL_ID]a1[ARGS]{"city": "Bonn"}',
    "tags": b"<function=weather><parameter=city>\nBonn\n</parameter></function>",
    "functionary": b'all\nHello<|from|>assistant\n<|recipient|>weather\n<|content|>{"city": "Bonn"}<|stop|>',
    "fence": b'Here:\n```json\n[{"type": "function", "function": {"name": "weather", "arguments": "{}"}}]\n```\nDone.',
}


# ---- what a program writes


def output(data: bytes) -> None:
    """What a program of the user's writes, and with which code it ends; and what comes back from the process outside the walls."""
    from voicecli.tools import outside_programs, programs
    from voicecli.tools.definitions import Call, Tool, ToolFailed
    from voicecli.tools.registry import Registry

    text = data[1 : programs.MOST_BYTES].decode("utf-8", errors="replace")
    code, language = (data[0] % 4, "de" if data[0] & 128 else "en") if data else (0, "en")
    call = Call(name="weather", language="de" if language == "de" else "en")
    tool = Tool(name="weather", group="weather", description="", schema={})
    results = [programs._result(call, text, code, reads=bool(code % 2))]  # noqa: SLF001 - what is made of the output is what is attacked
    with contextlib.suppress(ToolFailed):
        results.append(outside_programs.result_of(data[1:], call))
    for result in results:
        registry = Registry({})
        registry.offer("command", {"weather": (tool, lambda _call, _is_cancelled, found=result: found)})  # type: ignore[misc] # a default binds it
        shown = registry.run(call)
        expect_clean(shown.text)
        expect(shown.text, "a result without a word")


# ---- messages of MCP servers


@cache
def _message() -> TypeAdapter[object]:
    from mcp.types import jsonrpc_message_adapter

    found: TypeAdapter[object] = jsonrpc_message_adapter
    return found


def messages(data: bytes) -> None:
    """A line of an MCP server, read as the connection and the SDK read it; its result as that of each request."""
    from mcp.types import CallToolResult, InitializeResult, ListToolsResult

    from voicecli.config.servers import SaidPhrase, ToolServer
    from voicecli.tools.mcp.results import result_of

    try:
        message = _message().validate_json(data, by_name=False)
    except ValueError:
        return
    given = getattr(message, "result", None)
    if not isinstance(given, dict):
        return
    with contextlib.suppress(ValueError):
        InitializeResult.model_validate(given, by_name=False)
    with contextlib.suppress(ValueError):
        answer = CallToolResult.model_validate(given, by_name=False).model_dump(mode="json", by_alias=True)
        for language in ("en", "de"):
            expect_clean(result_of(answer, "the tool x", "de" if language == "de" else "en", changes=True).text)
    with contextlib.suppress(ValueError):
        listed = ListToolsResult.model_validate(given, by_name=False).tools
        server = ToolServer(name="s", command="x", phrases=(SaidPhrase(say="the time in {place}", tool="now"),))
        _offer_of(server, [each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in listed])


MESSAGES: Final = {
    "result": b'{"jsonrpc": "2.0", "id": 1, "result": {"content": [{"type": "text", "text": "It is {\\"a\\": [1]}"}, '
    b'{"type": "image", "data": "AAAA", "mimeType": "image/png"}], "isError": true}}',
    "structured": b'{"jsonrpc": "2.0", "id": 1, "result": {"content": [], "structuredContent": {"day": [1, null, {"a": {"b": 1}}]}}}',
    "tools": b'{"jsonrpc": "2.0", "id": 2, "result": {"tools": [{"name": "now", "description": "Time", "inputSchema": '
    b'{"type": "object", "required": ["tz"], "properties": {"tz": {"type": ["string", "null"], "enum": ["a"], "minimum": 1}, '
    b'"more": {"anyOf": [{"type": "array", "items": {"const": 1}}, {"$ref": "#"}]}}, "additionalProperties": false}, '
    b'"annotations": {"readOnlyHint": true}}], "nextCursor": "x"}}',
    "begin": b'{"jsonrpc": "2.0", "id": 0, "result": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, '
    b'"serverInfo": {"name": "s", "version": "1"}}}',
    "error": b'{"jsonrpc": "2.0", "id": 1, "error": {"code": -32602, "message": "wrong", "data": {}}}',
    "notice": b'{"jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": {}}',
}


def permissions(data: bytes) -> None:
    """The file of what the user has allowed, and rules about calls that a model writes."""
    from voicecli.tools.definitions import Call
    from voicecli.tools.permissions import exactly, from_json, to_json, verdict

    try:
        rules = from_json(data.decode())
    except ValueError:
        return
    call = Call(name="lights", arguments={"room": "hall", "state": [1, {"a": None}]})
    verdict(rules, call)
    again = from_json(to_json([*rules, exactly(call)]).encode().decode())
    expect(again[:-1] == rules and verdict(again[-1:], call) == "allow", "rules that change when they are saved")


HARNESSES: Final[dict[str, Harness]] = {
    "tool-tables": Harness(
        tables,
        lambda: {"one": TABLES},
        ("config/", "tools/grammar", "tools/fitting", "tools/relevance", "tools/phrases", "tools/programs"),
        (b"{a}", b"{{", b"[tools.command.", b"1979-05-27", b"nan", b'"\\u001b[31m"', b"= {a=" * 120),
        shape="toml",
    ),
    "model-calls": Harness(
        model_calls,
        lambda: dict(CALLS),
        ("tools/call_reader", "tools/written", "tools/fitting", "tools/grounding", "tools/registry"),
        (
            *(b"<tool_call>", b"</tool_call>", b"```", b"[TOOL_CALLS]", b"<function=weather>", b"weather(", b"(" * 300),
            *(
                b"<|python_tag|>",
                b"0x" + b"f" * 5000,
                b"9" * 400,
                b"1e999",
                b'{"a":' * 120,
                b"-" * 99,
                b".a" * 900,
                b"\\d",
            ),
            *(b"<parameter=days>", b"</parameter>", b"all\n", b"\n>>>weather\n", b"NaN", b"Infinity", b'"\\ud800"'),
        ),
    ),
    "tool-output": Harness(
        output,
        lambda: {
            "text": b"\0It rains.\n",
            "failed": b"\x83\x1b[31mred\x1b]0;t\x07",
            "outside": b'\0{"text": "It rains.", "failed": false, "changed": true}',
        },
        ("tools/programs", "tools/outside_programs", "tools/definitions", "tools/registry"),
        (b"\xff" * 40, b"\0", b"\x9b2J", b"\n" * 99, b"\xe2\x80\xae"),
    ),
    "mcp-messages": Harness(
        messages,
        lambda: dict(MESSAGES),
        ("tools/mcp/definitions", "tools/mcp/results", "tools/grammar", "tools/fitting", "tools/registry"),
        (b'"type"', b"null", b"1e999", b"[" * 99, b'{"a":' * 99, b"9" * 4000, b'"\\ud800"'),
        shape="json",
    ),
    "permissions": Harness(
        permissions,
        lambda: {
            "one": b'{"version": 1, "rules": [{"tool": "lights", "arguments": {"room": "h*", "state": "[*]"}, "may": "allow"}]}'
        },
        ("tools/permissions",),
        (b"*" * 50, b'["allow"]', b'"\\ud800"', b"[!", b"null"),
        shape="json",
    ),
}
