"""The MCP servers of a session: what they may reach, and how their tools come into the conversation."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from voicecli.app import console, remote_engines, user_tools
from voicecli.errors import ConfigError, NetworkRefused
from voicecli.offline.destination import Destination
from voicecli.tools.reports import ToolsOffered

if TYPE_CHECKING:
    from voicecli.config.schema import Settings
    from voicecli.engines.server.address import Part
    from voicecli.messages import Report
    from voicecli.offline.outside import Program
    from voicecli.tools.definitions import Call, IsCancelled, LongRun, Result
    from voicecli.tools.mcp.definitions import ServedTool
    from voicecli.tools.mcp.host import McpHost
    from voicecli.tools.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What the MCP servers of a session may reach.

    Attributes:
        destinations: The addresses of servers that run elsewhere.
        programs: The programs that may use the network.
    """

    destinations: tuple[Destination, ...] = ()
    programs: tuple[Program, ...] = ()


def reach(settings: Settings, *, asks: bool) -> Reach:
    """Returns what the MCP servers may reach. Asks the user once about a program that uses the network, and about a server on another machine.

    Args:
        settings: The settings.
        asks: Whether the user may be asked. Standard input and output must be terminals as well.

    Raises:
        NetworkRefused: The user does not consent, or cannot be asked.
        ConfigError: An address is not valid, or the consent cannot be saved.
    """
    from voicecli.tools.definitions import ToolFailed
    from voicecli.tools.mcp.addresses import address_of
    from voicecli.tools.mcp.programs import outside_program

    destinations, programs = list[Destination](), list["Program"]()
    for server in settings.tools.mcp:
        if server.url:
            address = address_of(server)
            what = f"The MCP server {server.name} is on another machine. What its tools are given would be sent to"
            remote_engines.consent(settings, address.destination, what, secure=address.secure, asks=asks)
            destinations.append(address.destination)
        elif server.network:
            _consent_to_program(settings, server.name, f"The MCP server {server.name} ({server.command})", asks=asks)
            try:
                programs.append(outside_program(server))
            except ToolFailed as error:
                raise ConfigError(str(error), f"Install it, or change tools.mcp.{server.name}.command.") from error
    for tool in settings.tools.command:
        if tool.network:
            _consent_to_program(settings, tool.name, f"The tool {tool.name} ({tool.program[0]})", asks=asks)
    return Reach(destinations=tuple(destinations), programs=(*programs, *user_tools.outside_programs(settings)))


def shut_in_with(settings: Settings, parts: Collection[Part], *, tools: bool, asks: bool) -> None:
    """Cuts the program off from the network, as `prepare` does, except for what the user allows the models and the MCP servers to reach.

    Args:
        settings: The settings.
        parts: The models that the session needs.
        tools: Whether MCP servers are used.
        asks: Whether the user may be asked.

    Raises:
        NetworkRefused: The user does not consent, or cannot be asked.
        ConfigError: An address is not valid, or the consent or the log cannot be written.
    """
    from voicecli.app.startup import prepare

    servers = reach(settings, asks=asks) if tools else Reach()
    destinations = (*remote_engines.consented(settings, asks=asks, parts=parts), *servers.destinations)
    prepare(settings.log.level, destinations, servers.programs)


def shut_in_servers(settings: Settings) -> None:
    """Cuts the program off from the network, except for what the user has allowed the MCP servers to reach. For commands without a language model."""
    from voicecli.app.startup import prepare

    servers = reach(settings, asks=True)
    prepare(settings.log.level, servers.destinations, servers.programs)


def _consent_to_program(settings: Settings, name: str, what: str, *, asks: bool) -> None:
    allowed = settings.network.programs.replace(",", " ").split()
    if name in allowed:
        return
    refused = NetworkRefused(
        f"{what} may not use the network: you have not allowed it.",
        f"If it may: voicecli config set network.programs {' '.join([*allowed, name])!r}",
    )
    if not (asks and remote_engines.somebody_is_there()):
        raise refused
    console.remark(f"{what} would run with the network. What it is given can leave this machine.")
    if not console.confirm(f"Allow {name} from now on?"):
        raise refused
    from voicecli.config.load import load
    from voicecli.config.write import set_value

    saved = load().settings.network.programs.replace(",", " ").split()
    set_value("network.programs", " ".join(dict.fromkeys([*saved, name])))


class ToolServers:
    """The MCP servers of one session of `chat`.

    Args:
        settings: Those of `tools.mcp` are used.
        registry: Takes their tools.
        offer: Takes reports for the conductor; from any thread.
    """

    def __init__(
        self,
        settings: Settings,
        registry: Registry,
        offer: Callable[[Report], object],
    ) -> None:
        self._servers = settings.tools.mcp
        self._registry = registry
        self._offer = offer
        self._news = threading.Condition()
        self._told: set[str] = set()
        self._host: McpHost | None = None

    def start(self, stack: ExitStack) -> None:
        """Starts the servers in the background, and ends them with `stack`."""
        if not self._servers:
            return
        from voicecli.tools.mcp.host import McpHost, is_installed

        if not is_installed():
            self._offer(ToolsOffered(source="mcp", offers=(), remarks=(NOT_INSTALLED,)))
            return
        self._host = host = McpHost(self._servers, self._offered)
        host.start()
        stack.callback(host.stop)

    def wait(self) -> None:
        """Waits until each server has listed its tools or failed, but not long. For questions that are there at once, from files and pipes."""
        if self._host is not None:
            with self._news:
                self._news.wait_for(lambda: len(self._told) == len(self._servers), WAIT_S)

    def _offered(self, source: str, tools: tuple[ServedTool, ...], remarks: tuple[str, ...]) -> None:
        self._registry.offer(
            source, {each.offer.tool.name: (each.offer.tool, self._run_of(source, each)) for each in tools}
        )
        self._offer(ToolsOffered(source=source, offers=tuple(each.offer for each in tools), remarks=remarks))
        with self._news:
            self._told.add(source)
            self._news.notify_all()

    def _run_of(self, source: str, tool: ServedTool) -> LongRun:
        def run(call: Call, is_cancelled: IsCancelled) -> Result:
            assert self._host is not None  # noqa: S101 - its tools come from it
            return self._host.call(source, tool, call, is_cancelled)

        return run


WAIT_S: Final = 10.0
"""How long questions from files and pipes wait for the servers to list their tools."""

NOT_INSTALLED = "MCP servers are configured, but the package mcp is not installed: pip install 'voicecli[mcp]'"
