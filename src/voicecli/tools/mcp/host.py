"""Talks to the MCP servers of a session: starts them, lists and calls their tools, and starts those again that have ended.

The SDK is built on asyncio, which runs in the one thread of this module and nowhere else. The tools' threads ask it to do something and wait.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import importlib.util
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from voicecli.config.servers import ToolServer
from voicecli.errors import place_of
from voicecli.tools.definitions import Call, IsCancelled, Result, ToolFailed
from voicecli.tools.mcp.definitions import ServedTool, served_tools
from voicecli.tools.mcp.results import result_of

if TYPE_CHECKING:
    from mcp import ClientSession

T = TypeVar("T")

log = logging.getLogger(__name__)

START_S: Final = 15.0
"""How long a server may take to start and to list its tools."""

ASK_S: Final = 0.02
"""How often a thread that waits for a call checks whether its result is still wanted, in seconds."""

STOP_S: Final = 5.0
FIRST_DELAY_S: Final = 0.5
LONGEST_DELAY_S: Final = 60.0
"""How long a server that keeps ending rests before it is started again."""

STEADY_S: Final = 30.0
"""A server that ran this long before it ended is started again soon."""

MOST_PAGES: Final = 20
ABOUT_THE_CALL: Final = (-32_601, -32_602)
"""Codes of JSON-RPC that blame the call, not the connection: no such method, wrong arguments."""

Offered: TypeAlias = Callable[[str, tuple[ServedTool, ...], tuple[str, ...]], object]
"""Takes the name of a server, its tools, and sentences for the user."""


def is_installed() -> bool:
    """Whether the SDK is installed."""
    return importlib.util.find_spec("mcp") is not None


@dataclass(slots=True)
class _Link:
    """A server and the connection to it. It belongs to the thread of the host."""

    server: ToolServer
    session: ClientSession | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    told: str = ""


class McpHost:
    """The MCP servers of a session.

    Args:
        servers: The servers.
        offered: Called by the host's thread whenever the tools of a server are known, have changed, or are gone.
        delay_s: How long a server that has ended rests before it is started again; longer each time.
    """

    def __init__(self, servers: Sequence[ToolServer], offered: Offered, *, delay_s: float = FIRST_DELAY_S) -> None:
        self._servers = tuple(servers)
        self._offered = offered
        self._delay_s = delay_s
        self._links: dict[str, _Link] = {}
        self._loop = asyncio.new_event_loop()
        self._begun = threading.Event()
        self._stopping = asyncio.Event()
        # The system ends the servers' programs with the thread that started them, which is this one.
        self._thread = threading.Thread(target=self._run, name="mcp", daemon=True)

    def start(self) -> None:
        """Starts the thread, which starts the servers."""
        self._thread.start()
        self._begun.wait(START_S)

    def stop(self) -> None:
        """Ends all servers. May be called twice."""
        if self._thread.is_alive():
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(STOP_S)

    # ---- calls

    def call(self, source: str, tool: ServedTool, call: Call, is_cancelled: IsCancelled) -> Result:
        """Calls a tool, and waits for its result. Thread: any but the host's.

        A call that is cancelled, or takes longer than the server's time limit, is cancelled at the server too.

        Raises:
            ToolFailed: The server does not run, ends during the call, or refuses it.
        """
        link = self._links.get(source)
        title = tool.offer.tool.title
        if link is None or not self._thread.is_alive():
            raise ToolFailed(_sentence(call, title, "is not there", "ist nicht da"))
        limit_s = link.server.limit_s
        work = self._ask(link, tool.name, dict(call.arguments), limit_s)
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        deadline_s = time.monotonic() + limit_s
        while True:
            try:
                answer = future.result(ASK_S)
            except concurrent.futures.TimeoutError:
                late = time.monotonic() > deadline_s
                if not (late or is_cancelled()):
                    continue
                future.cancel()
                return _given_up(call, tool, late=late)
            except concurrent.futures.CancelledError:
                raise ToolFailed(_sentence(call, title, "was stopped", "wurde abgebrochen")) from None
            except ToolFailed:
                raise
            except Exception as error:
                log.warning("mcp %s: %s", source, place_of(error))
                raise ToolFailed(_sentence(call, title, "did not work", "hat nicht funktioniert")) from error
            return result_of(answer, title, call.language, changes=not tool.offer.tool.reads)

    async def _ask(self, link: _Link, name: str, arguments: dict[str, object], limit_s: float) -> dict[str, object]:
        from mcp import MCPError

        if link.ended.is_set():
            link.ready.clear()  # until it has been started again
        try:
            await asyncio.wait_for(link.ready.wait(), limit_s)
        except TimeoutError:
            raise ToolFailed(f"The MCP server {link.server.name} is not running.") from None
        session = link.session
        if session is None:
            raise ToolFailed(f"The MCP server {link.server.name} is not running.")
        try:
            answer = await _or_end(session.call_tool(name, arguments), link)
        except MCPError as error:
            if link.ended.is_set():
                raise ToolFailed(f"The MCP server {link.server.name} ended before it had answered.") from error
            if link.server.url and error.error.code not in ABOUT_THE_CALL:
                link.ended.set()  # it has forgotten the session, or is gone: it is connected anew
            raise ToolFailed(f"The MCP server {link.server.name} refused the call: {error}") from error
        dumped: dict[str, object] = answer.model_dump(mode="json", by_alias=True)
        return dumped

    # ---- the thread

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._main())
        except BaseException as error:  # noqa: BLE001 - the conversation goes on without its servers
            log.warning("mcp: %s", place_of(error))
        finally:
            self._begun.set()
            with contextlib.suppress(Exception):
                self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    async def _main(self) -> None:
        self._links = {each.name: _Link(each) for each in self._servers}
        self._begun.set()
        keeping = [asyncio.ensure_future(self._keep(each)) for each in self._links.values()]
        await self._stopping.wait()
        for task in keeping:
            task.cancel()
        await asyncio.gather(*keeping, return_exceptions=True)

    async def _keep(self, link: _Link) -> None:
        """Runs one server, and starts it again when it has ended."""
        delay_s = self._delay_s
        while True:
            began_s = time.monotonic()
            why = ""
            try:
                await self._attend(link)
            except ToolFailed as error:
                why = str(error)
            except Exception as error:  # noqa: BLE001 - a server may fail in any way, and costs only its own tools
                if isinstance(first := _first(error), ToolFailed):
                    why = str(first)
                log.warning("mcp %s: %s", link.server.name, place_of(_first(error)))
                why = (
                    why
                    or f"The MCP server {link.server.name} does not work: it did not answer in time, or with nonsense."
                )
            link.session = None
            link.ready.clear()
            ended = f"The MCP server {link.server.name} has ended; it is started again."
            self._tell(link, why or ended)
            delay_s = self._delay_s if time.monotonic() - began_s > STEADY_S else delay_s
            await asyncio.sleep(delay_s)
            delay_s = min(2 * delay_s, LONGEST_DELAY_S)

    def _tell(self, link: _Link, sentence: str) -> None:
        """Takes the tools of a server back. The same sentence is not told twice in a row."""
        self._offered(link.server.name, (), () if sentence == link.told else (sentence,))
        link.told = sentence

    async def _attend(self, link: _Link) -> None:
        """Connects to a server, and lists its tools whenever they change, until it ends."""
        from mcp import ClientSession

        from voicecli.tools.mcp.connect import connected

        link.ended.clear()
        link.changed.clear()
        async with contextlib.AsyncExitStack() as stack:
            async with asyncio.timeout(START_S):
                streams = await stack.enter_async_context(connected(link.server, link.ended))
                session = await stack.enter_async_context(ClientSession(*streams, message_handler=_listener(link)))
                await _or_end(session.initialize(), link)
                await self._list(link, session)
            link.session = session
            link.ready.set()
            while not link.ended.is_set():
                await _first_of(link.ended, link.changed)
                if link.changed.is_set() and not link.ended.is_set():
                    link.changed.clear()
                    async with asyncio.timeout(START_S):
                        await self._list(link, session)

    async def _list(self, link: _Link, session: ClientSession) -> None:
        from mcp.types import PaginatedRequestParams

        listed, cursor = list[dict[str, object]](), None
        for _ in range(MOST_PAGES):
            page = await _or_end(session.list_tools(params=PaginatedRequestParams(cursor=cursor)), link)
            listed += [each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in page.tools]
            cursor = page.next_cursor
            if not cursor:
                break
        tools, remarks = served_tools(link.server, listed)
        self._offered(link.server.name, tools, tuple(remarks))


def _sentence(call: Call, title: str, english: str, german: str) -> str:
    return f"{title[:1].upper()}{title[1:]} {german if call.language == 'de' else english}."


def _given_up(call: Call, tool: ServedTool, *, late: bool) -> Result:
    """The result of a call that was cancelled: it says that something may have been done, unless the tool only reads."""
    title, changes = tool.offer.tool.title, not tool.offer.tool.reads
    if late:
        text = _sentence(call, title, "took too long and was stopped", "hat zu lange gebraucht und wurde abgebrochen")
    else:
        text = _sentence(call, title, "was stopped", "wurde abgebrochen")
    if changes:
        text += (
            " Was es bis dahin getan hat, ist getan." if call.language == "de" else " What it had done by then is done."
        )
    return Result(text=text, failed=True, changed=changes)


def _listener(link: _Link) -> Callable[[object], Awaitable[None]]:
    """Returns the function that takes a server's notifications. Only a changed list of tools matters."""
    from mcp.types import ToolListChangedNotification

    async def heard(message: object) -> None:
        if isinstance(message, ToolListChangedNotification):
            link.changed.set()

    return heard


async def _or_end(work: Coroutine[object, object, T], link: _Link) -> T:
    """Waits for an answer, or for the end of the server.

    Raises:
        ToolFailed: The server ended.
    """
    asking = asyncio.ensure_future(work)
    ending = asyncio.ensure_future(link.ended.wait())
    try:
        await asyncio.wait({asking, ending}, return_when=asyncio.FIRST_COMPLETED)
        if asking.done():
            return asking.result()
        raise ToolFailed(f"The MCP server {link.server.name} ended before it had answered.")
    finally:
        await _cancelled(asking)
        await _cancelled(ending)


async def _cancelled(task: asyncio.Future[T]) -> None:
    """Cancels a task and waits for its end."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):
        await task


async def _first_of(*events: asyncio.Event) -> None:
    """Waits until one of `events` is set."""
    waiting = [asyncio.ensure_future(each.wait()) for each in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()


def _first(error: BaseException) -> BaseException:
    """The first error in a group of errors."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
