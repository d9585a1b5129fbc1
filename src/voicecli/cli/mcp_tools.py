"""The tools of MCP servers for `voicecli tools`: starts the servers for a moment, lists their tools, tries them, and writes what is allowed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from voicecli.config.documents import parse_json
from voicecli.errors import ConfigError, ToolRefused, UnknownName

if TYPE_CHECKING:
    from pathlib import Path

    from voicecli.config.schema import Settings
    from voicecli.tools.definitions import Arguments, Call, Result
    from voicecli.tools.mcp.definitions import ServedTool
    from voicecli.tools.mcp.host import McpHost

WAIT_S: Final = 20.0
"""How long the servers may take to list their tools."""


class Servers:
    """The servers of the settings, running.

    Attributes:
        tools: Their tools, by the names of calls.
        remarks: Sentences about what does not work.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = {each.name: each for each in settings.tools.mcp}
        self._servers = tuple(
            replace(each, forbid=()) for each in settings.tools.mcp
        )  # what is forbidden is listed, too
        self._news = threading.Condition()
        self._told: set[str] = set()
        self.tools: dict[str, ServedTool] = {}
        self.remarks: list[str] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        """Starts the servers and waits until each has listed its tools, or failed. Ends them at the end."""
        from voicecli.tools.mcp.host import McpHost

        self._host: McpHost = McpHost(self._servers, self._offered)
        self._host.start()
        try:
            with self._news:
                self._news.wait_for(lambda: len(self._told) == len(self._servers), WAIT_S)
            yield
        finally:
            self._host.stop()

    def _offered(self, source: str, tools: tuple[ServedTool, ...], remarks: tuple[str, ...]) -> None:
        with self._news:
            self._told.add(source)
            self.tools |= {each.offer.tool.name: each for each in tools}
            self.remarks += remarks
            self._news.notify_all()

    def may(self, tool: ServedTool) -> str:
        """Whether a tool may be used, by the settings."""
        return self._settings[tool.offer.tool.source].permission(tool.name)

    def call(self, call: Call) -> Result:
        """Calls a tool. Raises `ToolFailed`."""
        from voicecli.tools.registry import mistake

        tool = self.tools[call.name]
        if wrong := mistake(call.arguments, tool.offer.tool.schema, is_complete=True):
            raise ToolRefused(f"{call.name} cannot be used like that: {wrong}.", "voicecli tools list --json")
        until_s = time.monotonic() + tool.offer.tool.limit_s
        return self._host.call(tool.offer.tool.source, tool, call, lambda: time.monotonic() > until_s)


@contextmanager
def started(settings: Settings) -> Iterator[Servers]:
    """Shuts the program in and starts the MCP servers of the settings, if there are any.

    Raises:
        NetworkRefused: A server needs the network, and the user does not consent.
    """
    servers = Servers(settings)
    if not settings.tools.mcp:
        yield servers
        return
    from voicecli.app.mcp_servers import NOT_INSTALLED, shut_in_servers
    from voicecli.tools.mcp.host import is_installed

    if not is_installed():
        servers.remarks.append(f"{NOT_INSTALLED}.")
        yield servers
        return
    shut_in_servers(settings)
    with servers.running():
        yield servers


def rows(servers: Servers) -> list[tuple[str, str, str, str]]:
    """The tools for the table of `voicecli tools list`."""
    return [
        (name, each.offer.tool.source, servers.may(each), each.offer.tool.description)
        for name, each in servers.tools.items()
    ]


def records(servers: Servers) -> list[Mapping[str, object]]:
    """The tools for `voicecli tools list --json`."""
    return [
        {
            "name": name,
            "group": each.offer.tool.source,
            "may": servers.may(each),
            "description": each.offer.tool.description,
            "arguments": each.offer.tool.schema,
        }
        for name, each in servers.tools.items()
    ]


def is_served(name: str, settings: Settings) -> bool:
    """Whether `name` is an MCP server, or a tool of one."""
    return any(name == each.name or name.startswith(f"{each.name}__") for each in settings.tools.mcp)


def set_permission(name: str, may: str) -> Path:
    """Writes whether a server's tools, or one of them, may be used. Returns the configuration file."""
    from voicecli.config.servers import EVERY
    from voicecli.config.write import set_permission as write

    server, _, tool = name.partition("__")
    return write(server, tool or EVERY, may)


def read_arguments(text: str) -> Arguments:
    """Returns the arguments of a call, written as a JSON object.

    Raises:
        ConfigError: It is none.
    """
    try:
        read = parse_json(text or "{}")
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise ConfigError(
            "The arguments must be a JSON object.", """Write them such as '{"timezone": "Asia/Tokyo"}'."""
        )
    return read


def find(servers: Servers, name: str) -> ServedTool:
    """Returns a tool by the name of its calls.

    Raises:
        UnknownName: There is none; the reason, if its server failed.
    """
    from voicecli.config.suggest import did_you_mean

    if name not in servers.tools:
        hint = " ".join(servers.remarks) or did_you_mean(name, servers.tools) or "voicecli tools list"
        raise UnknownName(f"There is no tool {name}.", hint)
    return servers.tools[name]
