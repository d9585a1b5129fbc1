"""Programs and functions of the user's as tools: what they are given, and that whatever they do ends the turn well."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import psutil
import pytest

from voicecli.config.programs import ProgramTool, read_programs
from voicecli.errors import ConfigError, UnknownName
from voicecli.tools.definitions import LONGEST_RESULT, Call, Result, Tool, ToolFailed
from voicecli.tools.functions import running, tool_of
from voicecli.tools.permissions import Rule, exactly, from_json, to_json, verdict
from voicecli.tools.programs import argv_of, environment, runner
from voicecli.tools.registry import Registry


def use(code: str, *arguments: str, given: dict[str, object] | None = None, limit_s: float = 10.0, reads: bool = True,
        is_cancelled: Callable[[], bool] = lambda: False) -> Result:  # fmt: skip
    """The result of a Python program, as the registry returns it."""
    tool = Tool(name="one", group="one", description="", schema={}, source="command")
    run = runner([sys.executable, "-S", "-c", code], arguments, limit_s=limit_s, reads=reads)
    registry = Registry({})
    registry.offer("command", {"one": (tool, run)})
    return registry.run(Call(name="one", arguments=given or {}), is_cancelled)  # type: ignore[arg-type] # JSON


def test_a_program_gets_its_arguments_as_words_and_as_json() -> None:
    code = "import sys, json; print(sys.argv[1:], json.load(sys.stdin))"
    result = use(code, "--city={city}", "{days}", "fixed", given={"city": "Bad Honnef; rm -rf $HOME `id`", "days": 3})
    assert (
        result.text
        == "['--city=Bad Honnef; rm -rf $HOME `id`', '3', 'fixed'] {'city': 'Bad Honnef; rm -rf $HOME `id`', 'days': 3}"
    )
    assert not result.failed


def test_a_word_with_an_argument_that_was_not_given_is_left_out() -> None:
    assert argv_of(["p"], ["--city={city}", "--days={days}", "x"], {"city": "Bonn"}) == ["p", "--city=Bonn", "x"]


def test_a_value_cannot_become_an_option() -> None:
    with pytest.raises(ToolFailed, match="hyphen"):
        argv_of(["p"], ["{city}"], {"city": "--delete-all"})
    assert argv_of(["p"], ["--", "{city}"], {"city": "-x"}) == ["p", "--", "-x"]
    assert argv_of(["p"], ["--city={city}"], {"city": "-x"}) == ["p", "--city=-x"]


def test_a_program_learns_no_keys() -> None:
    assert environment({"PATH": "/bin", "OPENAI_API_KEY": "k", "LC_ALL": "C", "HOME": "/h"}) == {
        "PATH": "/bin",
        "LC_ALL": "C",
        "HOME": "/h",
    }


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_program_that_hangs_is_stopped_with_all_that_it_has_started(tmp_path: Path) -> None:
    started = tmp_path / "started"
    code = (
        "import pathlib, subprocess, sys, time\n"
        "other = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(30)'])\n"
        f"pathlib.Path({str(started)!r}).write_text(str(other.pid))\n"
        "time.sleep(30)"
    )
    began_s = time.monotonic()
    result = use(code, limit_s=0.4, reads=False)
    assert time.monotonic() - began_s < 3
    assert (result.failed, result.changed) == (True, True)
    assert result.text == "one took too long and was stopped. Part of it may have been done already."
    until_s = time.monotonic() + 5  # it was killed, but perhaps not yet removed; by itself it would run for 30 s
    while is_running(int(started.read_text())):
        assert time.monotonic() < until_s
        time.sleep(0.01)


def test_a_call_that_is_cancelled_ends_the_program() -> None:
    began_s = time.monotonic()
    result = use("import time; time.sleep(30)", is_cancelled=lambda: time.monotonic() > began_s + 0.2)
    assert time.monotonic() - began_s < 3
    assert result.text == "one was stopped."


@pytest.mark.parametrize(("code", "text"), [
    ("raise SystemExit(3)", "one failed (3)."),
    ("print('out of order'); raise SystemExit(1)", "one failed (1). out of order"),
    ("pass", "one is done."),
    ("print('\\x1b[31mred\\x07 \\u202egnp')", "[31mred gnp"),
    ("import sys; sys.stdout.buffer.write(bytes(range(256)) * 10)", "one wrote data that are no text."),
])  # fmt: skip
def test_whatever_a_program_does_there_is_a_sentence(code: str, text: str) -> None:
    assert use(code).text == text


def test_a_megabyte_is_cut() -> None:
    result = use("print('word ' * 300_000)")
    assert len(result.text) == LONGEST_RESULT
    assert not result.failed
    endless = use("while True: print('word ' * 1000)")
    assert len(endless.text) == LONGEST_RESULT


def test_a_program_that_is_not_there_is_told() -> None:
    registry = Registry({})
    tool = Tool(name="one", group="one", description="", schema={}, source="command")
    registry.offer("command", {"one": (tool, runner(["/nowhere/program"], (), limit_s=1, reads=True))})
    result = registry.run(Call(name="one"))
    assert result.text == "The program /nowhere/program cannot be started: No such file or directory."


# ---- the settings


def read(**table: object) -> ProgramTool:
    tools, faults = read_programs({"weather": table}, "config.toml")
    if faults:
        raise faults[0]
    return tools[0]


def test_a_table_makes_a_tool() -> None:
    tool = read(program="weather", arguments=["--city={city}", "{days}"], description="Tells the weather.", limit_s=3)
    assert tool.program == ("weather",)
    assert json.loads(tool.schema)["required"] == ["city", "days"]
    listed = read(program=["sh", "w.sh"], description="x", parameters=["city", "days?"], reads=True, network=False)
    assert json.loads(listed.schema) == {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    }
    schema = {"properties": {"city": {"type": "string"}}}
    assert (
        json.loads(read(program="w", description="x", parameters=schema).schema)["properties"] == schema["properties"]
    )
    assert json.loads(read(program="w", description="x", parameters=json.dumps(schema)).schema)["type"] == "object"


@pytest.mark.parametrize(("table", "message"), [
    ({"description": "x"}, "tools.command.weather has no program"),
    ({"program": "w"}, "tools.command.weather has no description"),
    ({"program": "w", "description": "x", "limit_s": 0}, "limit_s must be a number of seconds"),
    ({"program": "w", "description": "x", "arguments": "all"}, "arguments must be a list of texts"),
    ({"program": "w", "description": "x", "parameters": "{"}, "parameters is not JSON"),
    ({"program": "w", "description": "x", "parameters": ["a"], "arguments": ["{b}"]}, "uses {b}, which is not in its parameters"),
])  # fmt: skip
def test_a_wrong_table_is_told(table: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError) as told:
        read(**table)
    assert message in str(told.value.message)


def test_a_wrong_key_and_a_wrong_name_are_told() -> None:
    with pytest.raises(UnknownName):
        read(program="w", description="x", netwrok=True)
    assert "is no name" in read_programs({"Big": {}}, "f")[1][0].message


# ---- functions of packages


def convert(amount: float, to: Literal["EUR", "USD"], exact: bool = False, parts: list[int] | None = None) -> str:
    """Converts an amount of money.

    Not part of the description.
    """
    if amount < 0:
        raise ValueError("There is no negative money.")
    return f"{amount} {to} {exact} {parts}"


def test_a_function_is_a_tool_by_its_annotations() -> None:
    tool = tool_of("convert_money", convert, "some-package")
    assert tool.description == "Converts an amount of money."
    assert tool.schema == {
        "type": "object",
        "properties": {
            "amount": {"type": "number"},
            "to": {"enum": ["EUR", "USD"]},
            "exact": {"type": "boolean"},
            "parts": {"type": "array", "items": {"type": "integer"}},
        },
        "required": ["amount", "to"],
        "additionalProperties": False,
    }
    run = running(convert)
    assert run(Call(name="c", arguments={"amount": 2, "to": "EUR"}), lambda: False).text == "2 EUR False None"
    with pytest.raises(ToolFailed, match="no negative money"):
        run(Call(name="c", arguments={"amount": -2, "to": "EUR"}), lambda: False)


def test_what_a_function_returns_becomes_a_sentence() -> None:
    nothing = running(lambda: None)
    data = running(lambda: {"a": 1})
    assert nothing(Call(name="c"), lambda: False).text == "c is done."
    assert data(Call(name="c"), lambda: False).text == '{"a": 1}'
    with pytest.raises(ToolFailed):
        running(lambda: b"\0\1")(Call(name="c"), lambda: False)


# ---- what is allowed for good


def test_a_rule_holds_for_its_pattern_only_and_a_ban_is_stronger() -> None:
    call = Call(name="door", arguments={"which": "garage*", "slow": True})
    rule = exactly(call)
    assert rule.holds(call)
    assert not rule.holds(Call(name="door", arguments={"which": "garage door", "slow": True}))
    assert not rule.holds(Call(name="door", arguments={"which": "garage*"}))
    pattern = Rule(tool="door", arguments={"which": "gar*", "slow": "*"})
    assert verdict([pattern], call) == "allow"
    assert verdict([pattern, Rule(tool="door", may="forbid")], call) == "forbid"
    assert verdict([pattern], Call(name="window")) is None
    assert from_json(to_json([rule, pattern])) == (rule, pattern)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"rules": [1]}',
        '{"rules": [{"tool": "a", "may": "perhaps"}]}',
        '{"rules": [{"tool": "a", "may": "allow", "arguments": {"b": 1}}]}',
    ],
)
def test_a_damaged_file_allows_nothing(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any of them
        from_json(text)
