"""`voicecli tools`: the tools of the assistant, and its permission to use them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from voicecli.app import console

if TYPE_CHECKING:
    from voicecli.tools.definitions import Call

app = typer.Typer(help="List, allow, forbid and test what the assistant can do.")

GROUPS = ("clock", "calculator", "timers", "controls", "files", "notes", "memory")

LIST_EPILOG = """Examples:

  voicecli tools list

  voicecli tools list --json                   with the JSON schemas of their arguments
"""
ALLOW_EPILOG = """Examples:

  voicecli tools allow notes                   from now on without a question

  voicecli tools allow clock__get_current_time    a tool of an MCP server; its name alone: all of them

  voicecli tools allow lights room=hall state=*   a tool of your own, with these arguments only
"""
FORBID_EPILOG = """Examples:

  voicecli tools forbid timers
"""
ASK_EPILOG = """Examples:

  voicecli tools ask lights                    takes back what was allowed and forbidden of it
"""
TEST_EPILOG = """Examples:

  voicecli tools test "How much is seventeen times twenty-three?"

  voicecli tools test "Set a timer for ten minutes."    says what would be called, and calls nothing

  voicecli tools test weather --with '{"city": "Bonn"}'    calls a tool of your own

  voicecli tools test clock__get_current_time --with '{"timezone": "Asia/Tokyo"}'    calls a tool of an MCP server
"""

NOTES_EPILOG = """Examples:

  voicecli tools notes

  voicecli tools notes --rm 3
"""
NO_NOTES = "voicecli tools notes shows them all."

Group = Annotated[
    str,
    typer.Argument(help="A group of tools, an MCP server, or a tool: see `voicecli tools list`.", metavar="NAME"),
]
Patterns = Annotated[
    list[str] | None,
    typer.Argument(help="Only calls with these arguments; * stands for anything.", metavar="[ARGUMENT=PATTERN]…"),
]


@app.command("list", epilog=LIST_EPILOG)
def list_tools(json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False) -> None:
    """List all tools, and whether they may be used."""
    from voicecli.app import user_tools
    from voicecli.app.console import print_table
    from voicecli.cli import mcp_tools
    from voicecli.config.load import load
    from voicecli.tools.builtin_catalog import OWN

    loaded = load().settings
    settings = loaded.tools
    with mcp_tools.started(loaded) as servers:
        served, remarks = (mcp_tools.records(servers), mcp_tools.rows(servers)), servers.remarks
    own = user_tools.found(loaded)
    for remark in (*remarks, *own.faults):
        console.remark(f"note: {remark}")
    if json:
        found: list[Mapping[str, object]] = [
            {
                "name": each.name,
                "group": each.group,
                "may": getattr(settings, each.group),
                "description": each.description,
                "arguments": each.schema,
            }
            for each in OWN
        ]
        found += [*served[0], *own.records()]
        console.write_json(found, indent=2)
        return
    rows = [(each.name, each.group, str(getattr(settings, each.group)), each.description) for each in OWN]
    print_table(("Tool", "Group", "May", "What it does"), [*rows, *served[1], *own.rows()])


@app.command(epilog=ALLOW_EPILOG)
def allow(group: Group, patterns: Patterns = None) -> None:
    """Allow a group of tools, or a tool, from now on."""
    _write(group, "allow", patterns or [])


@app.command(epilog=FORBID_EPILOG)
def forbid(group: Group, patterns: Patterns = None) -> None:
    """Forbid a group of tools, or a tool, from now on; the language model answers instead."""
    _write(group, "forbid", patterns or [])


@app.command(epilog=ASK_EPILOG)
def ask(group: Group, patterns: Patterns = None) -> None:
    """Be asked about a tool of your own again."""
    _write(group, "ask", patterns or [])


@app.command("test", epilog=TEST_EPILOG)
def try_(
    text: Annotated[
        str,
        typer.Argument(
            help="What might be said; or a tool of your own or of an MCP server, which is then used.",
            metavar="SENTENCE|TOOL",
        ),
    ],
    with_: Annotated[
        str, typer.Option("--with", help="The arguments for a tool, as a JSON object.", metavar="JSON")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show which tool a sentence calls; only a tool that changes nothing is used. Or use a tool of your own, or of an MCP server, by its name."""
    from voicecli.app import tool_trial
    from voicecli.session.date_prompt import local_now
    from voicecli.tools import builtin
    from voicecli.tools.builtin_catalog import BY_NAME
    from voicecli.tools.registry import Registry
    from voicecli.tools.request_recognition import recognise

    if tool_trial.use(text, with_, json=json) is not None:
        return
    if _is_tool_of_server(text):
        _use(text, with_, json=json)
        return
    call = _by_phrase(text) or recognise(text)
    if call is None:
        console.write("null" if json else "No tool: the language model answers this.")
        return
    ahead = call.name in BY_NAME and BY_NAME[call.name].ahead
    pure = Registry({name: (BY_NAME[name], run) for name, run in builtin.pure(local_now).items()})
    answer = pure.run(call).text if ahead else ""
    if json:
        record = {"tool": call.name, "arguments": dict(call.arguments), "answer": answer or None}
        console.write_json(record)
        return
    given = ", ".join(f"{name} {value}" for name, value in call.arguments.items())
    console.write(f"{call.name}: {given}" if given else call.name)
    if answer:
        console.write(answer)


@app.command(epilog=NOTES_EPILOG)
def notes(
    remove: Annotated[
        str, typer.Option("--rm", help="Remove the note with this number, or all.", metavar="N|all")
    ] = "",
) -> None:
    """Print your notes with their numbers, the oldest first; or remove them without a trace."""
    import contextlib

    from voicecli.config import paths
    from voicecli.errors import UnknownName
    from voicecli.memory import database as db
    from voicecli.memory import notes as saved
    from voicecli.ui.sanitize import clean

    where = paths.history_dir()
    if not db.exists(where):
        if remove:
            raise UnknownName("There are no notes.", NO_NOTES)
        return
    with db.told(where), contextlib.closing(db.open_database(where)) as database:
        found = saved.numbered(database)
        if not remove:
            for number, text in found:
                console.write(f"{number}. " + clean(text).replace("\n", "\n   "))
            return
        chosen = [number for number, _ in found if remove in {"all", str(number)}]
        if not chosen:
            raise UnknownName(f"There is no note {remove}.", NO_NOTES)
        saved.remove(database, chosen)
    console.remark(f"Removed {len(chosen)} of {len(found)} notes.")


def _is_tool_of_server(name: str) -> bool:
    from voicecli.cli import mcp_tools
    from voicecli.config.load import load

    return "__" in name and mcp_tools.is_served(name, load().settings)


def _use(name: str, arguments: str, *, json: bool) -> None:
    """Calls a tool of an MCP server, and prints its result."""
    from voicecli.cli import mcp_tools
    from voicecli.config.load import load
    from voicecli.errors import ToolRefused
    from voicecli.tools.definitions import Call, ToolFailed

    given = mcp_tools.read_arguments(arguments)
    with mcp_tools.started(load().settings) as servers:
        mcp_tools.find(servers, name)
        try:
            result = servers.call(Call(name=name, arguments=given))
        except ToolFailed as error:
            raise ToolRefused(str(error), "voicecli tools list") from error
    if result.failed:
        raise ToolRefused(result.text, "voicecli tools list --json")
    if json:
        console.write_json({"tool": name, "answer": result.text})
    else:
        console.write(result.text)


def _by_phrase(text: str) -> Call | None:
    """Returns the call that a sentence makes by a phrase in the settings. The servers are asked for their tools only if there are phrases."""
    from voicecli.cli import mcp_tools
    from voicecli.config.load import load
    from voicecli.tools.phrases import call_by_phrase

    settings = load().settings
    if not any(each.phrases for each in settings.tools.mcp):
        return None
    with mcp_tools.started(settings) as servers:
        return call_by_phrase([each.offer.tool for each in servers.tools.values()], text)


def _write(group: str, may: Literal["allow", "forbid", "ask"], patterns: list[str]) -> None:
    from voicecli.app import tool_rules, user_tools
    from voicecli.cli import mcp_tools
    from voicecli.config.load import load
    from voicecli.config.write import set_value

    settings = load().settings
    own = {each.name for each in user_tools.found(settings).tools}
    if group in own:
        console.write(tool_rules.change(group, patterns, may))
        return
    if not patterns and may != "ask" and mcp_tools.is_served(group, settings):
        file = mcp_tools.set_permission(group, may)
        console.write(f"{group}: {may}")
        console.remark(f"Saved to {file}")
        return
    if mcp_tools.is_served(group, settings):
        console.write(tool_rules.change(group, patterns, may))
        return
    if group not in GROUPS or patterns or (may == "ask" and group != "notes"):
        raise tool_rules.unknown(group, {*GROUPS, *own}, patterns=bool(patterns) or may == "ask")
    written = set_value(f"tools.{group}", may)
    console.write(f"tools.{group} = {may}")
    console.remark(f"Saved to {written.file}")
