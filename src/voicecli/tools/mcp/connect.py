"""Connects to an MCP server: to a program, or to an address."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, TypeAlias

from voicecli.config.servers import ToolServer
from voicecli.tools.mcp import http, stdio

if TYPE_CHECKING:
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
    from mcp.shared.message import SessionMessage

    Streams: TypeAlias = tuple[
        MemoryObjectReceiveStream[SessionMessage | Exception], MemoryObjectSendStream[SessionMessage]
    ]


def connected(server: ToolServer, ended: asyncio.Event) -> AbstractAsyncContextManager[Streams]:
    """Connects to a server, as long as the context lasts. `ended` is set when the server ends.

    Raises:
        ToolFailed: There is no such server.
    """
    return http.connected(server, ended) if server.url else stdio.connected(server, ended)
