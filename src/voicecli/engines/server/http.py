"""Sends one request to a server and reads its answer as it arrives, over a socket from the broker, on the calling thread.

h11 implements HTTP. This module adds the socket, TLS, deadlines and cancellation: when the answer is no longer wanted, the connection is closed,
which tells the server to stop.
"""

from __future__ import annotations

import contextlib
import functools
import json
import select
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self, TypeAlias, TypeVar

from voicecli.config.documents import parse_json
from voicecli.engines.ports import IsCancelled
from voicecli.engines.server import errors
from voicecli.engines.server.address import Key, ServerAddress
from voicecli.errors import ServerError, VoiceCliError
from voicecli.offline import broker
from voicecli.offline.destination import Destination

if TYPE_CHECKING:
    import ssl

    import h11

T = TypeVar("T")

ASK_MS: Final = 20
"""How often a waiting thread checks whether the answer is still wanted."""

CHUNK: Final = 65_536
LONGEST_BODY: Final = 2_000_000
"""Longest body that is read as a whole, such as a list of models, in bytes."""

LONGEST_HEAD: Final = 65_536
MOST_INFORMATIONAL: Final = 20
"""How many heads such as "100 Continue" may come before the head of the answer."""

_ACCEPTED: Final = "text/event-stream, application/json, audio/wav"

Dial: TypeAlias = Callable[[Destination, float, IsCancelled], "socket.socket | None"]


class CancelledError(Exception):
    """The answer is no longer wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The body of a request that is not JSON.

    Attributes:
        kind: Its media type.
        data: Its bytes.
    """

    kind: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Time limits for a server, in seconds.

    Attributes:
        connect_s: Until it is connected.
        first_s: From the request to the first part of the answer. A long prompt on a slow machine takes this long.
        between_s: From one part to the next.
    """

    connect_s: float = 5.0
    first_s: float = 60.0
    between_s: float = 20.0


def dial_by_broker(destination: Destination, timeout_s: float, is_cancelled: IsCancelled) -> socket.socket | None:
    """Connects through the broker, the only way out while the offline walls are in force."""
    return broker.dial(destination, timeout_s=timeout_s, is_cancelled=is_cancelled)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server, and how to reach it.

    Attributes:
        address: Its address.
        key: Its key; None if it needs none.
        patience: Its time limits.
        dial: Connects to it.
    """

    address: ServerAddress
    key: Key | None = None
    patience: Patience = Patience()
    dial: Dial = dial_by_broker

    def ask(
        self,
        path: str,
        payload: object = None,
        *,
        is_cancelled: IsCancelled,
        model: str = "",
        first_s: float | None = None,
    ) -> Answer:
        """Sends a request, and waits for the head of the answer. Use the answer as a context manager, which closes the connection at the end.

        Args:
            path: The requested path.
            payload: A `Body`, or something that is sent as JSON; None for a GET request.
            is_cancelled: Called repeatedly while waiting.
            model: The requested model, for error messages.
            first_s: The time limit for the beginning of the answer, instead of that of `patience`.

        Raises:
            CancelledError: The answer is no longer wanted.
            VoiceCliError: The server failed, or answered with an error.
        """
        patience = self.patience
        answer = Answer(self, patience.first_s if first_s is None else first_s, is_cancelled)
        try:
            answer.open()
            answer.request(path, payload)
            answer.take_head(path, model)
        except BaseException:
            answer.close()
            raise
        return answer


class Answer:
    """An answer that is read as it arrives.

    Args:
        server: The server.
        first_s: The time limit for the beginning of the answer.
        is_cancelled: Called repeatedly while waiting.

    Attributes:
        headers: Names in lower case.
    """

    def __init__(self, server: Server, first_s: float, is_cancelled: IsCancelled) -> None:
        import h11

        self._server = server
        self._is_cancelled = is_cancelled
        self._first_s = first_s
        self._begun = False
        self._limit_s = first_s
        self._deadline_s = 0.0
        self._socket: socket.socket | ssl.SSLSocket | None = None
        self._machine = h11.Connection(h11.CLIENT, max_incomplete_event_size=LONGEST_HEAD)
        self.headers: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection, which tells the server to stop. May be called twice."""
        opened, self._socket = self._socket, None
        if opened is not None:
            opened.close()

    # ---- sending

    def open(self) -> None:
        """Connects to the server, with TLS if its address requires it."""
        address, patience = self._server.address, self._server.patience
        opened = self._server.dial(address.destination, patience.connect_s, self._is_cancelled)
        if opened is None:
            raise CancelledError
        opened.setblocking(False)
        self._socket = opened
        if address.secure:
            self._wait_at_most(patience.connect_s)
            self._socket = self._secured(opened)

    def _secured(self, opened: socket.socket) -> ssl.SSLSocket:
        import ssl

        address = self._server.address
        wrapped = _trust().wrap_socket(opened, server_hostname=address.destination.host, do_handshake_on_connect=False)
        self._socket = wrapped
        try:
            self._patiently(wrapped.do_handshake)
        except ssl.SSLCertVerificationError as error:
            raise errors.untrusted(address, error.verify_message.rstrip(".")) from None
        except (ssl.SSLError, ConnectionError, EOFError) as error:
            raise errors.no_tls(address) from error
        except OSError as error:
            raise errors.closed(address) from error
        return wrapped

    def request(self, path: str, payload: object) -> None:
        """Sends the request."""
        import h11

        whole = payload if isinstance(payload, Body) else None
        body = whole.data if whole is not None else b"" if payload is None else json.dumps(payload).encode()
        headers = [("Host", str(self._server.address.destination)), ("Accept", _ACCEPTED)]
        headers += [("Connection", "close"), ("User-Agent", "voicecli")]
        if payload is not None:
            kind = "application/json" if whole is None else whole.kind
            headers += [("Content-Type", kind), ("Content-Length", str(len(body)))]
        encoded = [(name.encode(), value.encode()) for name, value in headers]
        if self._server.key is not None:
            encoded.append((b"Authorization", self._server.key.header()))
        method = "GET" if payload is None else "POST"
        data = self._machine.send(h11.Request(method=method, target=path, headers=encoded)) or b""
        if body:
            data += self._machine.send(h11.Data(data=body)) or b""
        data += self._machine.send(h11.EndOfMessage()) or b""
        self._wait_at_most(self._first_s)
        waiting = memoryview(data)
        while waiting:
            try:
                waiting = waiting[self._patiently(functools.partial(self._send, waiting)) :]
            except OSError:
                return  # the server may have answered before it closed; otherwise reading tells

    def _send(self, data: memoryview) -> int:
        return self._opened.send(data)

    # ---- receiving

    def take_head(self, path: str, model: str) -> None:
        """Waits for the head of the answer. Raises an error for any status but success."""
        import h11

        event = self._next()
        for _ in range(MOST_INFORMATIONAL):
            if not isinstance(event, h11.InformationalResponse):
                break
            event = self._next()
        if isinstance(event, h11.InformationalResponse):
            raise errors.nonsense(self._server.address, "it announces an answer again and again")
        if not isinstance(event, h11.Response):
            raise errors.closed(self._server.address)
        self.headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in event.headers}
        if event.status_code >= 300:  # noqa: PLR2004 - everything below is a success
            fault = errors.for_status(
                event.status_code,
                self.headers,
                self._body_of_error(),
                address=self._server.address,
                model=model,
                path=path,
                has_key=self._server.key is not None,
            )
            if isinstance(fault, ServerError):
                fault.status = event.status_code
            raise fault

    def part_came(self) -> None:
        """Restarts the deadline, because a part of the answer has arrived."""
        self._begun = True
        self._wait_at_most(self._server.patience.between_s)

    def pieces(self) -> Iterator[bytes]:
        """Yields the body as it arrives.

        Raises:
            CancelledError: The answer is no longer wanted.
            VoiceCliError: The connection ended early, or no data arrived before the deadline.
        """
        import h11

        while True:
            event = self._next()
            if isinstance(event, h11.Data):
                yield bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return
            elif isinstance(event, h11.ConnectionClosed):
                raise errors.cut_off(self._server.address)

    def json(self) -> object:
        """Returns the whole body, decoded.

        Raises:
            CancelledError: The answer is no longer wanted.
            VoiceCliError: The body is not JSON, is too long, or did not arrive completely.
        """
        body = b""
        for piece in self.pieces():
            body += piece
            if len(body) > LONGEST_BODY:
                raise errors.nonsense(self._server.address, "it does not end")
        try:
            found: object = parse_json(body)
        except ValueError as error:
            raise errors.nonsense(self._server.address, "it is not JSON") from error
        return found

    def _body_of_error(self) -> str:
        body = b""
        with contextlib.suppress(VoiceCliError):
            for piece in self.pieces():
                body += piece
                if len(body) > CHUNK:
                    break
        return body.decode("utf-8", errors="replace")

    def _next(self) -> h11.Event | type[h11.PAUSED]:
        import h11

        while True:
            try:
                event = self._machine.next_event()
            except h11.RemoteProtocolError as error:
                if self.headers:
                    raise errors.cut_off(self._server.address) from error
                if self._machine.trailing_data[1] and not self._machine.trailing_data[0]:
                    raise errors.closed(self._server.address) from error
                raise errors.nonsense(self._server.address, "it does not speak HTTP") from error
            if event is not h11.NEED_DATA:
                return event  # type: ignore[return-value] # NEED_DATA was taken out
            try:
                data = self._patiently(lambda: self._opened.recv(CHUNK))
            except OSError:
                data = b""  # a reset connection is treated as ended
            self._machine.receive_data(data)

    # ---- waiting

    @property
    def _opened(self) -> socket.socket | ssl.SSLSocket:
        if self._socket is None:
            raise CancelledError
        return self._socket

    def _wait_at_most(self, seconds: float) -> None:
        self._limit_s = seconds
        self._deadline_s = time.monotonic() + seconds

    def _patiently(self, step: Callable[[], T]) -> T:
        """Calls `step` until the socket is ready for it."""
        import ssl

        while True:
            if self._is_cancelled():
                raise CancelledError
            try:
                return step()
            except (BlockingIOError, ssl.SSLWantReadError):
                reads = True
            except ssl.SSLWantWriteError:
                reads = False
            if time.monotonic() > self._deadline_s:
                raise errors.silent(self._server.address, self._limit_s, begun=self._begun)
            _wait(self._opened, reads=reads)


@functools.cache
def _trust() -> ssl.SSLContext:
    """The certificates that the system trusts. They are read once, because that takes longer than a request."""
    import ssl

    return ssl.create_default_context()


def _wait(opened: socket.socket, *, reads: bool) -> None:
    """Waits until the socket is ready, for at most `ASK_MS`."""
    if sys.platform != "win32":
        poll = select.poll()
        poll.register(opened, select.POLLIN if reads else select.POLLOUT)
        poll.poll(ASK_MS)
    else:
        sides = ([opened], []) if reads else ([], [opened])
        select.select(*sides, [], ASK_MS / 1000)
