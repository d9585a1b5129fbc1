"""The main loop of the broker: it connects to allowed addresses, and passes bytes between each connection and the process that asked for it.

A request is one message with a descriptor: the host, a space and the port, and one end of a pair of connected Unix sockets. The broker answers on
that socket with one line, `+` or `-` and the reason, and then passes on what arrives from either side. The connection itself stays in the broker.
If a TCP socket were handed over, native code could disconnect it and connect it to another address, because a filter of system calls sees no
addresses. A pair of Unix sockets leads nowhere else.
"""

from __future__ import annotations

import array
import contextlib
import errno
import os
import selectors
import socket
import stat
from collections.abc import Callable, Collection, Sequence
from typing import Final, Literal, TypeAlias

from voicecli.offline.destination import Destination, make

LONGEST_REQUEST: Final = 512
CHUNK: Final = 65_536
MOST_LINKS: Final = 16
"""Maximum number of simultaneous connections."""

OPENED: Final = b"+\n"

Address: TypeAlias = tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int]]
Resolve: TypeAlias = Callable[[Destination], Sequence[Address]]
Why: TypeAlias = Literal["consent", "name", "connect", "busy"]


def look_up(destination: Destination) -> list[Address]:
    """The addresses of a host. For this machine, only those that do not leave it.

    Raises:
        OSError: The name is unknown, or it is a name of this machine but leads to another one.
    """
    found = socket.getaddrinfo(destination.host, destination.port, type=socket.SOCK_STREAM)
    addresses: list[Address] = [(family, address) for family, _, _, _, address in found]  # type: ignore[misc] # of TCP
    if destination.is_here:
        addresses = [each for each in addresses if Destination(str(each[1][0]), destination.port).is_here]
    if not addresses:
        raise OSError(errno.EADDRNOTAVAIL, "it has no address")
    return addresses


class Link:
    """One connection, and the socket of the process that asked for it."""

    def __init__(self, inner: socket.socket, addresses: Sequence[Address]) -> None:
        self.inner = inner
        self.outer: socket.socket | None = None
        self.opened = False
        self.to_inner = bytearray()
        self.to_outer = bytearray()
        self.outer_ended = False
        self._left = list(addresses)
        self._reason = "no address answers"
        inner.setblocking(False)

    def dial_next(self) -> bool:
        """Starts to connect to the next address. False if none is left."""
        self.close_outer()
        while self._left:
            family, address = self._left.pop(0)
            opened = socket.socket(family, socket.SOCK_STREAM)
            opened.setblocking(False)
            with contextlib.suppress(OSError):
                opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            code = opened.connect_ex(address)
            if code in {0, errno.EINPROGRESS}:
                self.outer = opened
                return True
            self._reason = os.strerror(code)
            opened.close()
        return False

    def connected(self) -> bool | None:
        """Whether the connection is established. False if it failed and the next address is being tried, None if none is left."""
        if self.outer is None:
            return None
        code = self.outer.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._reason = os.strerror(code)
            return False if self.dial_next() else None
        self.opened = True
        self.to_inner += OPENED
        return True

    @property
    def reason(self) -> str:
        """Why the last address could not be reached."""
        return self._reason

    def close_outer(self) -> None:
        """Closes the connection."""
        if self.outer is not None:
            self.outer.close()
            self.outer = None

    def close(self) -> None:
        """Closes the connection and the socket."""
        self.close_outer()
        self.inner.close()


class Relay:
    """Serves requests until the requesting processes have ended.

    Args:
        control: The socket that receives requests.
        allowed: The only destinations that are dialled.
        resolve: Looks up a host, once for each host that is found.
    """

    def __init__(self, control: socket.socket, allowed: Collection[Destination], resolve: Resolve = look_up) -> None:
        self._control = control
        self._allowed = frozenset(allowed)
        self._resolve = resolve
        self._addresses: dict[Destination, Sequence[Address]] = {}
        self._links: set[Link] = set()
        self._waits = selectors.DefaultSelector()
        self._waits.register(control, selectors.EVENT_READ)

    def look_up_all(self) -> None:
        """Looks up all hosts. A host that is not found is looked up again when it is requested."""
        for destination in self._allowed:
            with contextlib.suppress(OSError):
                self._addresses[destination] = self._resolve(destination)

    def serve(self) -> None:
        """Runs until the other end of `control` is closed, then closes all connections."""
        try:
            while self._serve_once():
                pass
        finally:
            self._waits.close()
            for link in self._links:
                link.close()

    def _serve_once(self) -> bool:
        """Waits for sockets and handles them. False if there will be no more requests."""
        for key, events in self._waits.select():
            if key.fileobj is self._control:
                if not self._take_request():
                    return False
                continue
            link: Link = key.data
            if link in self._links:
                self._move(link, key.fileobj, events)
        return True

    # ---- requests

    def _take_request(self) -> bool:
        """Handles one request. False if there will be no more."""
        size = socket.CMSG_SPACE(4 * array.array("i").itemsize)
        try:
            message, control, _, _ = self._control.recvmsg(
                LONGEST_REQUEST, size, getattr(socket, "MSG_CMSG_CLOEXEC", 0)
            )
        except OSError:
            return False
        handles = array.array("i")
        for level, kind, data in control:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                handles.frombytes(data[: len(data) - len(data) % handles.itemsize])
        if not message and not handles:
            return False
        for handle in handles[1:]:
            os.close(handle)
        if handles and (inner := _pair_end(handles[0])) is not None:
            self._answer(message, inner)
        return True

    def _answer(self, message: bytes, inner: socket.socket) -> None:
        host, _, port = message.decode("utf-8", errors="replace").rpartition(" ")
        try:
            wanted = make(host, port)
        except ValueError:
            _refuse(inner, "consent")
            return
        if wanted not in self._allowed:
            _refuse(inner, "consent")
            return
        if len(self._links) >= MOST_LINKS:
            _refuse(inner, "busy")
            return
        try:
            addresses = self._addresses.get(wanted) or self._resolve(wanted)
        except OSError as error:
            _refuse(inner, "name", error.strerror or "")
            return
        self._addresses[wanted] = addresses
        link = Link(inner, addresses)
        if not link.dial_next():
            _refuse(inner, "connect", link.reason)
            return
        self._links.add(link)
        self._wait_for(link)

    # ---- links

    def _move(self, link: Link, ready: object, events: int) -> None:
        try:
            if not link.opened and ready is link.outer:
                self._connect(link)
                return
            if events & selectors.EVENT_READ:
                self._read(link, from_inner=ready is link.inner)
            if link in self._links:
                self._write(link)
        except OSError:
            self._drop(link)
            return
        if link in self._links:
            self._wait_for(link)

    def _connect(self, link: Link) -> None:
        before = link.outer
        if before is not None:
            self._waits.unregister(before)
        if link.connected() is None:
            self._links.discard(link)
            self._forget(link)
            _refuse(link.inner, "connect", link.reason)
            link.close_outer()
            return
        self._write(link)
        self._wait_for(link)

    def _read(self, link: Link, *, from_inner: bool) -> None:
        source, buffer = (link.inner, link.to_outer) if from_inner else (link.outer, link.to_inner)
        if source is None or len(buffer) >= CHUNK:
            return
        try:
            data = source.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""  # a reset connection is treated as ended
        if data:
            buffer += data
        elif from_inner:
            self._drop(link)  # the rest is not wanted, so the server must stop at once
        else:
            link.outer_ended = True
            self._forget_one(link.outer)
            link.close_outer()

    def _write(self, link: Link) -> None:
        for target, buffer in ((link.inner, link.to_inner), (link.outer if link.opened else None, link.to_outer)):
            while target is not None and buffer:
                try:
                    del buffer[: target.send(buffer)]
                except BlockingIOError:
                    break
        if link.outer_ended and not link.to_inner:
            self._drop(link)

    def _wait_for(self, link: Link) -> None:
        """Registers the events that each side of a link waits for."""
        if link.outer is not None:
            wanted = selectors.EVENT_WRITE if not link.opened or link.to_outer else 0
            wanted |= selectors.EVENT_READ if link.opened and len(link.to_inner) < CHUNK else 0
            self._register(link.outer, wanted, link)
        wanted = selectors.EVENT_READ if len(link.to_outer) < CHUNK else 0
        self._register(link.inner, wanted | (selectors.EVENT_WRITE if link.to_inner else 0), link)

    def _register(self, opened: socket.socket, events: int, link: Link) -> None:
        known = self._waits.get_map().get(opened)
        if known is None:
            if events:
                self._waits.register(opened, events, link)
        elif not events:
            self._waits.unregister(opened)
        elif known.events != events:
            self._waits.modify(opened, events, link)

    def _drop(self, link: Link) -> None:
        self._links.discard(link)
        self._forget(link)
        link.close()

    def _forget(self, link: Link) -> None:
        self._forget_one(link.inner)
        self._forget_one(link.outer)

    def _forget_one(self, opened: socket.socket | None) -> None:
        if opened is not None:
            with contextlib.suppress(KeyError, ValueError):
                self._waits.unregister(opened)


def _pair_end(handle: int) -> socket.socket | None:
    """The socket of a descriptor if it is a Unix stream socket. Any other descriptor is closed."""
    if not stat.S_ISSOCK(os.fstat(handle).st_mode):
        os.close(handle)
        return None
    opened = socket.socket(fileno=handle)
    if opened.family != socket.AF_UNIX or opened.type != socket.SOCK_STREAM:
        opened.close()
        return None
    return opened


def _refuse(inner: socket.socket, why: Why, reason: str = "") -> None:
    with contextlib.suppress(OSError):
        inner.setblocking(False)
        inner.send(f"-{why} {reason}".strip().encode() + b"\n")
    inner.close()
