"""The connection to an MCP server that is a program: JSON messages, one a line, on its standard input and output. Runs in an event loop."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from voicecli.config.servers import ToolServer
from voicecli.tools.mcp.programs import RunningProgram

if TYPE_CHECKING:
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
    from mcp.shared.message import SessionMessage

LONGEST_MESSAGE: Final = 8_000_000
"""Longest message of a server, in bytes. A longer one is not read, and the server is ended."""

MOST_NONSENSE: Final = 20
"""How many lines that are no messages a server may write. Some print a greeting."""


@asynccontextmanager
async def connected(
    server: ToolServer, ended: asyncio.Event
) -> AsyncIterator[
    tuple[MemoryObjectReceiveStream[SessionMessage | Exception], MemoryObjectSendStream[SessionMessage]]
]:
    """Starts the program of a server, and ends it at the end.

    Args:
        server: The server.
        ended: Set when the program has closed its output, or writes nonsense.

    Yields:
        The streams that the SDK reads from and writes to.

    Raises:
        ToolFailed: The program cannot be started.
    """
    import anyio

    program = RunningProgram(server)
    incoming, reading = anyio.create_memory_object_stream["SessionMessage | Exception"](0)
    writing, outgoing = anyio.create_memory_object_stream["SessionMessage"](0)
    loop = asyncio.get_running_loop()
    tasks: list[asyncio.Task[None]] = []
    transports: list[asyncio.BaseTransport] = []
    try:
        reader = asyncio.StreamReader(limit=LONGEST_MESSAGE)
        source, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(program.stdout, "rb", buffering=0)
        )
        transports.append(source)
        sink, protocol = await loop.connect_write_pipe(
            asyncio.streams.FlowControlMixin, os.fdopen(program.stdin, "wb", buffering=0)
        )
        transports.append(sink)
        writer = asyncio.StreamWriter(sink, protocol, None, loop)
        tasks = [
            loop.create_task(_read(reader, incoming, ended)),
            loop.create_task(_write(writer, outgoing)),
        ]
        yield reading, writing
    finally:
        for task in tasks:
            task.cancel()
        for stream in (incoming, reading, writing, outgoing):
            stream.close()
        for transport in transports:
            transport.close()
        await asyncio.shield(asyncio.to_thread(program.end))


async def _read(
    reader: asyncio.StreamReader, incoming: MemoryObjectSendStream[SessionMessage | Exception], ended: asyncio.Event
) -> None:
    from mcp.shared.message import SessionMessage
    from mcp.types import jsonrpc_message_adapter

    nonsense = 0
    try:
        while nonsense < MOST_NONSENSE:
            line = await reader.readuntil(b"\n")
            if not line.strip():
                continue
            try:
                message = SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False))
            except ValueError:
                nonsense += 1
                continue
            await incoming.send(message)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
        pass
    finally:
        ended.set()
        incoming.close()


async def _write(writer: asyncio.StreamWriter, outgoing: MemoryObjectReceiveStream[SessionMessage]) -> None:
    with contextlib.suppress(OSError):
        async for each in outgoing:
            text = each.message.model_dump_json(by_alias=True, exclude_unset=True)
            writer.write(text.encode() + b"\n")
            await writer.drain()
