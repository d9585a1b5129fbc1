"""The guard inside Python: an audit hook (PEP 578) that refuses to reach other machines.

Python calls the hook before every socket operation of every package, and it cannot be removed again. It sees Python's own sockets. What it does
not see: a socket opened in native code, and the look-up of a name that is handed straight to `socket.connect` (CPython looks it up before it
asks the hook; the connection itself is refused).
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from typing import Final

from voicecli.errors import NetworkRefused
from voicecli.offline.environment import seal

_TO_ADDRESS: Final = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_TO_NAME: Final = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})
_installed = False


def refuse_network() -> None:
    """From now on `NetworkRefused` is raised in whatever tries to reach another machine, or to look up its name.

    Sockets of the file system, 127.0.0.0/8, ::1 and `localhost` stay open. The environment is sealed as well (`environment.seal`), for this
    process and its children. May be called twice. Thread: any.
    """
    global _installed  # noqa: PLW0603 - a hook cannot be removed, so a second one would only cost time
    seal()
    if not _installed:
        _installed = True
        sys.addaudithook(_refuse)


def network_refused() -> bool:
    """Whether `refuse_network` was called."""
    return _installed


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event in _TO_ADDRESS:
        opened, address = arguments[0], arguments[1]
        family = opened.family if isinstance(opened, socket.socket) else None
        # sendmsg on a connected socket names no address: connecting it was checked.
        if address is None or family == getattr(socket, "AF_UNIX", None):
            return
        host = address[0] if isinstance(address, tuple) and address else address
    elif event in _TO_NAME:
        host = arguments[0]
    elif event == "socket.getnameinfo":
        address = arguments[0]
        host = address[0] if isinstance(address, tuple) and address else address
    else:
        return
    if not _is_here(host):
        name = host.decode(errors="replace") if isinstance(host, bytes) else str(host)
        raise NetworkRefused(
            f"something tried to reach {name}", "nothing may leave this machine; --verbose shows what tried"
        )


def _is_here(host: object) -> bool:
    """Whether `host` is this machine. No name (None or empty) means an address to listen at."""
    if host is None:
        return True
    if isinstance(host, bytes | bytearray):
        host = host.decode(errors="replace")
    if not isinstance(host, str):
        return False
    name = host.rstrip(".").lower()
    if name in {"", "localhost"}:
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    # 0.0.0.0 and :: are "any address" to listen at, and this machine to connect to.
    return address.is_loopback or address.is_unspecified
