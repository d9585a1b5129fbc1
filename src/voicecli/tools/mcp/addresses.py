"""The address of an MCP server that runs elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from voicecli.config.servers import ToolServer
from voicecli.errors import ConfigError
from voicecli.offline.destination import Destination, make


@dataclass(frozen=True, slots=True, kw_only=True)
class McpAddress:
    """The address of a server with streamable HTTP.

    Attributes:
        destination: Host and port.
        secure: Whether TLS is used.
    """

    destination: Destination
    secure: bool


def address_of(server: ToolServer) -> McpAddress:
    """Returns the address of a server that has a `url`.

    Raises:
        ConfigError: The address has no host, or a port that there is not.
    """
    try:
        parts = urlsplit(server.url)
        secure = parts.scheme == "https"
        port = parts.port if parts.port is not None else (443 if secure else 80)
        return McpAddress(destination=make(parts.hostname or "", port), secure=secure)
    except ValueError as error:
        raise ConfigError(
            f"tools.mcp.{server.name}.url is not the address of a server.",
            "Write it such as http://127.0.0.1:8000/mcp.",
        ) from error
