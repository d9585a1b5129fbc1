"""The guard inside Python: an audit hook (PEP 578) that refuses to reach other machines.

Python calls the hook before every socket operation of every package, and the hook cannot be removed. It sees only Python's own sockets. Native
code and child processes are stopped by the walls of the operating system (`standing`).
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import Callable
from typing import Final

from voicecli.errors import NetworkRefused
from voicecli.offline.environment import seal

HINT: Final = "nothing may leave this machine; --verbose shows what tried"

_installed = False


def refuse_network() -> None:
    """Makes every later attempt to open a network socket, to reach another machine or to look up its name raise `NetworkRefused`.

    Unix sockets remain possible. The environment is sealed as well (`environment.seal`), for this process and its children. May be called twice.
    Thread: any.
    """
    global _installed  # noqa: PLW0603 - a hook cannot be removed, so a second one would only cost time
    seal()
    if not _installed:
        _installed = True
        sys.addaudithook(_guard())


def network_refused() -> bool:
    """Whether `refuse_network` was called."""
    return _installed


def _guard() -> Callable[[str, tuple[object, ...]], None]:
    """Returns the hook. It uses only its own variables, so that replacing a function or a table of this module does not disable it."""
    refused, hint, is_here, socket_type = NetworkRefused, HINT, _is_here, socket.socket
    to_address = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind"})
    to_name = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})
    of_network = frozenset({int(socket.AF_INET), int(socket.AF_INET6)})
    unix = getattr(socket, "AF_UNIX", None)
    # On Windows a pair of connected sockets uses the loopback interface, and event loops need one.
    may_open = sys.platform == "win32"

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        if not event.startswith("socket."):
            return
        if event == "socket.__new__":
            if arguments[1] in of_network and not may_open:
                raise refused("something tried to open a socket of the network", hint)
            return
        if event in to_address:
            opened, address = arguments[0], arguments[1]
            family = opened.family if isinstance(opened, socket_type) else None
            # sendmsg on a connected socket names no address: connecting it was checked.
            if address is None or family == unix:
                return
            host = address[0] if isinstance(address, tuple) and address else address
        elif event in to_name:
            host = arguments[0]
        elif event == "socket.getnameinfo":
            address = arguments[0]
            host = address[0] if isinstance(address, tuple) and address else address
        else:
            return
        if not is_here(host):
            name = host.decode(errors="replace") if isinstance(host, bytes) else str(host)
            raise refused(f"something tried to reach {name}", hint)

    return refuse


def _is_here(host: object, address_of: Callable[[str], object] = ipaddress.ip_address) -> bool:
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
        address = address_of(name)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    # 0.0.0.0 and :: are "any address" to listen at, and this machine to connect to.
    return bool(getattr(mapped, "is_loopback", False) or getattr(mapped, "is_unspecified", False))
