"""Turns the tools that an MCP server lists into tools of the assistant. Names, descriptions and schemas are foreign and limited. Pure logic."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from voicecli.config.servers import ToolServer
from voicecli.tools.definitions import Offer, Phrase, Tool, cleaned

JOINT: Final = "__"
"""Stands between the name of a server and that of its tool in the name of a call."""

MOST_TOOLS: Final = 64
"""How many tools of one server are used. More would fill the context of a model."""

LONGEST_DESCRIPTION: Final = 400
"""A tool's description is cut after so many characters."""

LONGEST_SCHEMA: Final = 16_000
"""Longest JSON schema of a tool, in characters. A tool with a longer one is not offered to the model."""

_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedTool:
    """A tool of an MCP server.

    Attributes:
        name: Its name at the server.
        offer: The tool of the assistant, and whether it needs permission.
    """

    name: str
    offer: Offer


def served_tools(
    server: ToolServer, listed: Iterable[Mapping[str, object]]
) -> tuple[tuple[ServedTool, ...], list[str]]:
    """Returns the tools that may be used, and sentences about those that cannot be.

    Args:
        server: The server's settings.
        listed: The tools as JSON, as `tools/list` returns them.
    """
    tools, remarks = list[ServedTool](), list[str]()
    names = set[str]()
    for each in listed:
        name = each.get("name")
        shown = cleaned(str(name), 64)
        if len(tools) >= MOST_TOOLS:
            remarks.append(f"The MCP server {server.name} has more than {MOST_TOOLS} tools; the rest is left out.")
            break
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name in names:
            remarks.append(f"The MCP server {server.name} has a tool with an unusable name, {shown!r}.")
            continue
        names.add(name)
        if server.permission(name) == "forbid":
            continue
        schema = each.get("inputSchema")
        if not isinstance(schema, Mapping) or len(json.dumps(schema)) > LONGEST_SCHEMA:
            remarks.append(f"The tool {name} of the MCP server {server.name} has no usable schema.")
            continue
        tools.append(_served(server, name, each, schema))
    unknown = sorted({phrase.tool for phrase in server.phrases} - names)
    remarks += [
        f"The MCP server {server.name} has no tool {cleaned(name, 64)}, for which there is a phrase."
        for name in unknown
    ]
    return tuple(tools), remarks


def _served(server: ToolServer, name: str, listed: Mapping[str, object], schema: Mapping[str, object]) -> ServedTool:
    hints = listed.get("annotations")
    reads = isinstance(hints, Mapping) and hints.get("readOnlyHint") is True
    described = listed.get("description")
    called = f"{server.name}{JOINT}{name}"
    phrases = tuple(
        Phrase(say=each.say, arguments=dict(each.arguments)) for each in server.phrases if each.tool == name
    )
    tool = Tool(
        name=called,
        group=called,
        description=cleaned(described, LONGEST_DESCRIPTION) if isinstance(described, str) else "",
        schema=schema,
        title=f"the tool {name} of the server {server.name}",
        source=server.name,
        limit_s=server.limit_s,
        reads=reads,
        phrases=phrases,
    )
    asks = server.permission(name) == "ask"
    return ServedTool(name=name, offer=Offer(tool=tool, asks=asks, by_model=True))
