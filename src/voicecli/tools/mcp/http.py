"""The connection to an MCP server with streamable HTTP. All of it goes through the broker, the only way out while the walls are in force."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from voicecli.config.servers import ToolServer
from voicecli.errors import VoiceCliError
from voicecli.offline import broker
from voicecli.offline.destination import Destination
from voicecli.tools.definitions import ToolFailed
from voicecli.tools.mcp.addresses import address_of

if TYPE_CHECKING:
    import httpcore2
    import httpx2
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
    from mcp.shared.message import SessionMessage

CONNECT_S: Final = 5.0
LONGEST_BODY: Final = 32_000_000
"""Longest answer that is read, in bytes. A stream of events counts as one answer."""


@asynccontextmanager
async def connected(
    server: ToolServer, ended: asyncio.Event
) -> AsyncIterator[
    tuple[MemoryObjectReceiveStream[SessionMessage | Exception], MemoryObjectSendStream[SessionMessage]]
]:
    """Connects to a server with an address, as long as the context lasts.

    Args:
        server: The server.
        ended: Not set here: a server with an address has no end of its own, only requests that fail.

    Yields:
        The streams that the SDK reads from and writes to.

    Raises:
        ToolFailed: The address is not valid, the key cannot be read, or nobody answers.
    """
    from mcp.client.streamable_http import streamable_http_client

    del ended
    try:
        destination = address_of(server).destination
        client = _client(server, destination)
        await asyncio.to_thread(_reach, destination)
    except VoiceCliError as error:
        raise ToolFailed(f"The MCP server {server.name} cannot be used: {error.message}") from error
    async with client, streamable_http_client(server.url, http_client=client) as streams:
        yield streams[0], streams[1]


def _reach(destination: Destination) -> None:
    """Tries whether somebody answers, so that the user gets the reason in a sentence."""
    opened = broker.dial(destination, timeout_s=CONNECT_S)
    if opened is not None:
        opened.close()


def _headers(server: ToolServer) -> dict[str, str]:
    from voicecli.engines.server.address import read_key

    key = read_key(server.key_file, {}) if server.key_file else None
    return {"Authorization": key.header().decode("ascii")} if key is not None else {}


def _client(server: ToolServer, destination: Destination) -> httpx2.AsyncClient:
    """Returns a client whose connections all lead to `destination`, through the broker. Redirects are not followed."""
    import httpcore2
    import httpx2

    class ThroughBroker(httpcore2.AsyncNetworkBackend):
        async def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,
            local_address: str | None = None,
            socket_options: Iterable[object] | None = None,
        ) -> httpcore2.AsyncNetworkStream:
            del host, port, local_address, socket_options
            return await _dialled(destination, timeout)

        async def sleep(self, seconds: float) -> None:
            await asyncio.sleep(seconds)

    class Transport(httpx2.AsyncHTTPTransport):
        def __init__(self) -> None:
            self._pool = httpcore2.AsyncConnectionPool(
                ssl_context=ssl.create_default_context(), network_backend=ThroughBroker()
            )

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            response = await super().handle_async_request(request)
            assert isinstance(response.stream, httpx2.AsyncByteStream)  # noqa: S101 - it is one of its own
            response.stream = Limited(response.stream)
            return response

    class Limited(httpx2.AsyncByteStream):
        def __init__(self, stream: httpx2.AsyncByteStream) -> None:
            self._stream = stream

        async def __aiter__(self) -> AsyncIterator[bytes]:
            left = LONGEST_BODY
            async for part in self._stream:
                left -= len(part)
                if left < 0:
                    raise httpx2.ReadError("The answer is too long.")
                yield part

        async def aclose(self) -> None:
            await self._stream.aclose()

    patience = httpx2.Timeout(server.limit_s + CONNECT_S, connect=CONNECT_S, read=None)
    return httpx2.AsyncClient(transport=Transport(), headers=_headers(server), timeout=patience, trust_env=False)


async def _dialled(destination: Destination, timeout_s: float | None) -> httpcore2.AsyncNetworkStream:
    """Returns a connection through the broker."""
    import anyio
    import httpcore2
    from httpcore2._backends.anyio import AnyIOStream

    try:
        opened = await asyncio.to_thread(broker.dial, destination, timeout_s=timeout_s or CONNECT_S)
    except VoiceCliError as error:
        raise httpcore2.ConnectError(error.message) from error
    if opened is None:
        raise httpcore2.ConnectError("The call was cancelled.")
    opened.setblocking(False)
    return AnyIOStream(await anyio.abc.UNIXSocketStream.from_socket(opened))
