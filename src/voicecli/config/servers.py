"""The MCP servers whose tools a user has configured: the tables `[tools.mcp.NAME]` of the configuration file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from voicecli.config.documents import build
from voicecli.config.tool_tables import (
    WrongValueError,
    check_name,
    read_flag,
    read_limit,
    read_tables,
    read_text,
    read_texts,
    read_values,
)
from voicecli.errors import ConfigError

NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}")
URL: Final = re.compile(r"https?://[^\s/@?#]+(/[^\s@?#]*)?")
MOST_SERVERS: Final = 32
EVERY: Final = "*"
"""Stands for all tools of a server in `allow` and `forbid`."""

Scalar: TypeAlias = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidPhrase:
    """What a person says to call a tool.

    Attributes:
        say: The words. A name in braces is an argument.
        tool: The tool, by the name its server gives it.
        arguments: Arguments that are always the same.
    """

    say: str
    tool: str
    arguments: tuple[tuple[str, Scalar], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolServer:
    """An MCP server.

    Attributes:
        name: Its name in the settings.
        command: The program that is started; empty for a server with an address.
        args: The program's arguments.
        env: Environment variables of the program, besides a few common ones.
        url: The address of a server that runs elsewhere; empty for a program.
        key_file: A file with the key for that address.
        network: Whether the program may use the network. The user is asked once.
        limit_s: How long a call may take.
        allow: Tools that are used without a question.
        forbid: Tools that are not used.
        phrases: What is said to call its tools.
    """

    name: str
    command: str = ""
    args: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    url: str = ""
    key_file: str = ""
    network: bool = False
    limit_s: float = 10.0
    allow: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    phrases: tuple[SaidPhrase, ...] = ()

    def permission(self, tool: str) -> str:
        """Returns `allow`, `ask` or `forbid`, for a tool by the name its server gives it. Its name counts before `*`, and `forbid` before `allow`."""
        for name in (tool, EVERY):
            if name in self.forbid:
                return "forbid"
            if name in self.allow:
                return "allow"
        return "ask"


def _url(value: object) -> str:
    if not URL.fullmatch(text := read_text(value)):
        raise WrongValueError(
            "must be an address such as http://127.0.0.1:8000/mcp, without a name, key or query in it"
        )
    return text


def _pairs(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        raise WrongValueError('must be a table of texts, such as { NAME = "value" }')
    return tuple((name, read_text(each)) for name, each in value.items())


def _phrases(value: object) -> tuple[SaidPhrase, ...]:
    if not isinstance(value, list):
        raise WrongValueError("must be a list of tables: [[tools.mcp.NAME.phrases]]")
    return tuple(_phrase(each) for each in value)


def _phrase(value: object) -> SaidPhrase:
    if not isinstance(value, dict) or not {"say", "tool"} <= set(value) <= {"say", "tool", "arguments"}:
        raise WrongValueError("must be tables with say and tool, and arguments where some are always the same")
    arguments = value.get("arguments", {})
    if not isinstance(arguments, dict) or not all(isinstance(each, str | int | float) for each in arguments.values()):
        raise WrongValueError("must have arguments that are texts, numbers, true or false")
    say = " ".join(read_text(value["say"]).split())
    if not re.search(r"\w", re.sub(r"\{\w+\}", "", say)):
        raise WrongValueError("must each have a word in say that is no argument")
    return SaidPhrase(say=say, tool=read_text(value["tool"]), arguments=tuple(arguments.items()))


_READERS: Final[Mapping[str, Callable[[object], object]]] = {
    "command": read_text,
    "args": read_texts,
    "env": _pairs,
    "url": _url,
    "key_file": read_text,
    "network": read_flag,
    "limit_s": read_limit,
    "allow": read_texts,
    "forbid": read_texts,
    "phrases": _phrases,
}
KEYS: Final = tuple(_READERS)
"""The keys of `[tools.mcp.NAME]`."""

_EXAMPLE: Final = 'Write [tools.mcp.NAME] on its own line, and below it command = "PROGRAM".'


def read_servers(content: object, place: str) -> tuple[tuple[ToolServer, ...], list[ConfigError]]:
    """Reads the value of `tools.mcp`.

    Args:
        content: The table of tables.
        place: The file, for messages.

    Returns:
        The servers that are right, and the errors in the others.
    """
    return read_tables(
        content,
        lambda name, table: _server(name, table, place),
        most=MOST_SERVERS,
        none=ConfigError(f"tools.mcp must hold a table for each server ({place}).", _EXAMPLE),
        too_many=ConfigError(f"There are more than {MOST_SERVERS} MCP servers ({place}).", "Remove some."),
    )


def _server(name: str, table: object, place: str) -> ToolServer:
    where = f"tools.mcp.{name}"
    refusal = ConfigError(
        f"{where} is no name of an MCP server ({place}).",
        "Use small letters, digits, - and single _, and begin with a letter.",
    )
    check_name(name, NAME, refusal)
    values = read_values(table, _READERS, where=where, place=place, example=_EXAMPLE)
    return _checked(build(ToolServer, {**values, "name": name}), where, place)


def _checked(server: ToolServer, where: str, place: str) -> ToolServer:
    if bool(server.command) == bool(server.url):
        what = "both a command and a url" if server.url else "neither a command nor a url"
        raise ConfigError(f"{where} has {what} ({place}).", _EXAMPLE)
    only_programs = [key for key in ("args", "env", "network") if getattr(server, key)]
    if server.url and only_programs:
        raise ConfigError(f"{where}.{only_programs[0]} is for programs, not for a url ({place}).", "Remove it.")
    if server.command and server.key_file:
        raise ConfigError(f"{where}.key_file is for a url, not for a program ({place}).", "Use env instead.")
    return server
