"""Fourteen deliberate attempts to leave the machine, each in its own process: `python -m voicecli.offline.violations NAME`.

The target of each attempt that could succeed is a listener on this machine, opened by the process that started it. Whatever arrives there got
through, and nothing leaves the machine even if no wall stands. Names for look-ups end in `.invalid`, which does not exist.

The output is one JSON object per line: `attempt` before the attempt, then `result` with the wall that stopped it, or None.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from errno import EACCES, ECONNREFUSED, EPERM
from typing import Final

from voicecli.errors import NetworkRefused
from voicecli.offline.walls import Name

AF_INET, AF_INET6, AF_PACKET = 2, 10, 17
STREAM, DATAGRAM, RAW = 1, 2, 3
ANY_RAW_PROTOCOL: Final = 255
"""IPPROTO_RAW of linux/in.h: a socket that sends packets with headers of its own."""

ALL_ETHERNET: Final = 0x0300
"""ETH_P_ALL of linux/if_ether.h, in network byte order. A socket with this protocol receives all packets."""

NOBODY: Final = "voicecli.invalid"
PYTHON: Final = "a guard in Python"
SYSTEM: Final = "a filter of system calls"
FENCE: Final = "a fence around Unix sockets"
BROKER: Final = "the broker, which knows its addresses"
RIGHTS: Final = "missing rights"
"""Only the superuser may open raw sockets, with or without walls."""


class StoppedError(Exception):
    """An attempt was stopped. The argument names what stopped it."""


class NotPossibleError(Exception):
    """The attempt cannot be made on this machine, with or without walls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The targets of attempts: listeners on this machine.

    Attributes:
        port: The TCP port on 127.0.0.1.
        port6: The TCP port on ::1; 0 without IPv6.
        unix: The path of a Unix socket, which is also the name of an abstract one.
    """

    port: int
    port6: int
    unix: str


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _native_socket(family: int, kind: int, protocol: int = 0) -> int:
    opened: int = _libc().socket(family, kind, protocol)
    if opened < 0:
        match ctypes.get_errno():
            case code if code == EACCES:
                raise StoppedError(SYSTEM)
            case code if code == EPERM:
                raise StoppedError(RIGHTS)
            case code:
                raise NotPossibleError(os.strerror(code))
    return opened


def _address(port: int) -> bytes:
    return AF_INET.to_bytes(2, sys.byteorder) + port.to_bytes(2, "big") + bytes([127, 0, 0, 1]) + bytes(8)


def _address6(port: int) -> bytes:
    return AF_INET6.to_bytes(2, sys.byteorder) + port.to_bytes(2, "big") + bytes(4) + bytes(15) + b"\1" + bytes(4)


def _native_connect(address: bytes, family: int = AF_INET) -> None:
    opened = _native_socket(family, STREAM)
    if _libc().connect(opened, address, len(address)) != 0:
        code = ctypes.get_errno()
        raise StoppedError("Landlock") if code in {EACCES, EPERM} else NotPossibleError(os.strerror(code))


def python_sockets(target: Target) -> None:
    """TCP and UDP with Python's own sockets."""
    stopped = 0
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        try:
            with socket.socket(socket.AF_INET, kind) as opened:
                opened.connect(("127.0.0.1", target.port))
        except (NetworkRefused, PermissionError):
            stopped += 1
    if stopped == 2:  # noqa: PLR2004 - both of them
        raise StoppedError(PYTHON)


def connect_to_name(target: Target) -> None:
    """A name given to `connect`. Python looks it up before it calls its hooks."""
    with socket.socket() as opened:
        opened.connect((NOBODY, target.port))


def look_up(_target: Target) -> None:
    """A name look-up."""
    socket.getaddrinfo(NOBODY, 443)


def loopback_proxy(target: Target) -> None:
    """A request through a proxy on this machine that would pass it on."""
    proxy = urllib.request.ProxyHandler({"http": f"http://127.0.0.1:{target.port}"})
    urllib.request.build_opener(proxy).open(f"http://{NOBODY}/", timeout=5).close()


def through_ctypes(target: Target) -> None:
    """The system's own functions, called without Python's sockets."""
    _native_connect(_address(target.port))


def child_process(target: Target) -> None:
    """Another program, without the guard in Python."""
    code = f"import socket; socket.create_connection(('127.0.0.1', {target.port}), 5)"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise StoppedError(SYSTEM) if "PermissionError" in done.stderr else NotPossibleError(done.stderr[-200:])


def inbound_listener(_target: Target) -> None:
    """A port that is open to other machines."""
    opened = _native_socket(AF_INET, STREAM)
    address = _address(0)
    libc = _libc()
    if libc.bind(opened, address, len(address)) != 0 or libc.listen(opened, 1) != 0:
        raise StoppedError("Landlock")


def remote_sound_server(target: Target) -> None:
    """The library libpulse with a remote server. If it is not installed, a native connection to that server."""
    library = ctypes.util.find_library("pulse-simple")
    if library is None:
        _native_connect(_address(target.port))
        return
    server = f"tcp:127.0.0.1:{target.port}".encode()
    sample = (ctypes.c_uint32 * 3)(3, 16_000, 1)  # 16 bits, 16 kHz, one channel
    error = ctypes.c_int()
    before = time.monotonic()
    ctypes.CDLL(library).pa_simple_new(server, b"voicecli", 1, None, b"verify", sample, None, None, ctypes.byref(error))
    refused_at_once = time.monotonic() - before < 5  # noqa: PLR2004 - the listener answers at once as well
    if refused_at_once and not _can_open():
        raise StoppedError(SYSTEM)


def _can_open() -> bool:
    opened: int = _libc().socket(AF_INET, STREAM, 0)
    if opened >= 0:
        os.close(opened)
    return opened >= 0


def broker_misused(target: Target) -> None:
    """The broker, asked for addresses that are not allowed, and its socket, redirected to another address."""
    from voicecli.offline import broker
    from voicecli.offline.destination import Destination

    allowed = broker.reaches()[0]
    handed_in = broker.dial(allowed, timeout_s=5)
    if handed_in is None:
        raise NotPossibleError("the broker reached nobody")
    native, unspecified, elsewhere = _libc(), bytes(16), _address(target.port)
    # The first call would disconnect a TCP socket, and the second would connect it to the other address.
    native.connect(handed_in.fileno(), unspecified, len(unspecified))
    turned = native.connect(handed_in.fileno(), elsewhere, len(elsewhere)) == 0
    refused = 0
    hosts = ("127.0.0.1", "localhost", "::ffff:127.0.0.1", "0.0.0.0", f"127.0.0.1 {allowed.port}\n127.0.0.1")  # noqa: S104 - to connect to
    for host in hosts:
        try:
            reached = broker.dial(Destination(host, target.port), timeout_s=5)
        except NetworkRefused:
            refused += 1
        else:
            if reached is not None:
                reached.close()
    if not turned and refused == len(hosts):
        raise StoppedError(BROKER)


def ipv6(target: Target) -> None:
    """A connection over IPv6."""
    if not target.port6:
        raise NotPossibleError("this machine has no IPv6")
    _native_connect(_address6(target.port6), AF_INET6)


def raw_socket(_target: Target) -> None:
    """Raw packets."""
    stopped = set()
    for family, protocol in ((AF_INET, ANY_RAW_PROTOCOL), (AF_PACKET, ALL_ETHERNET)):
        try:
            os.close(_native_socket(family, RAW, protocol))
        except StoppedError as error:
            stopped.add(str(error))
    if stopped:
        raise StoppedError(SYSTEM if SYSTEM in stopped else RIGHTS)


def unix_socket(target: Target) -> None:
    """A Unix socket of another program, as docker's, the session bus's and a resolver's are."""
    with socket.socket(socket.AF_UNIX) as opened:
        if (code := opened.connect_ex(target.unix)) == 0:
            return
    raise StoppedError(FENCE) if code == ECONNREFUSED else NotPossibleError(os.strerror(code))


def abstract_socket(target: Target) -> None:
    """An abstract Unix socket of another program, as those of old session buses are."""
    with socket.socket(socket.AF_UNIX) as opened:
        if (code := opened.connect_ex(f"\0{target.unix}")) == 0:
            return
    raise StoppedError("Landlock") if code == EPERM else NotPossibleError(os.strerror(code))


ALL: Final[dict[str, Callable[[Target], None]]] = {
    "python": python_sockets,
    "connect-name": connect_to_name,
    "getaddrinfo": look_up,
    "loopback-proxy": loopback_proxy,
    "ctypes": through_ctypes,
    "child": child_process,
    "listener": inbound_listener,
    "sound-server": remote_sound_server,
    "ipv6": ipv6,
    "raw": raw_socket,
    "native-thread": through_ctypes,  # from a thread that was started before the walls
    "broker": broker_misused,
    "unix-socket": unix_socket,
    "abstract-socket": abstract_socket,
}

LAYER: Final[dict[str, Name]] = {"unix-socket": "unix-sockets", "abstract-socket": "landlock"}
"""The attempts that only one layer can stop. Nothing of them leaves this machine by itself, so they do not count where a system lacks that layer."""

WHAT: Final = {
    "python": "TCP and UDP from Python",
    "connect-name": "connect() to a name",
    "getaddrinfo": "look-up of a name",
    "loopback-proxy": "proxy on this machine",
    "ctypes": "system calls past Python",
    "child": "child process",
    "listener": "port open to others",
    "sound-server": "remote sound server",
    "ipv6": "IPv6",
    "raw": "raw sockets",
    "native-thread": "native thread, as of telemetry",
    "broker": "broker, asked for another address",
    "unix-socket": "Unix socket of another program",
    "abstract-socket": "abstract Unix socket",
}
"""The name of each attempt for the user."""


def _outcome(attempt: Callable[[Target], None], target: Target) -> dict[str, object]:
    try:
        attempt(target)
    except NetworkRefused:
        return {"stopped_by": PYTHON}
    except StoppedError as error:
        return {"stopped_by": str(error)}
    except NotPossibleError as error:
        return {"stopped_by": None, "not_possible": str(error)}
    except PermissionError:
        return {"stopped_by": SYSTEM}
    except OSError:
        pass  # it was not stopped: the target did not answer, or not as expected
    return {"stopped_by": None}


def _consent_to_one() -> socket.socket:
    """Starts a broker for one address of this machine, with a listener."""
    from voicecli.offline import broker
    from voicecli.offline.destination import Destination

    listening = socket.create_server(("127.0.0.1", 0))
    broker.start([Destination("127.0.0.1", listening.getsockname()[1])])
    return listening


def _tell(record: dict[str, object]) -> None:
    print(json.dumps(record), flush=True)  # noqa: T201 - a separate program, which prints its results


def main(arguments: list[str]) -> int:
    """Makes one attempt.

    Args:
        arguments: Its name, the ports of the listeners, the path of the Unix socket, and `guard` for the guard in Python without the other walls.
    """
    name, port, port6, unix, walls = arguments
    target = Target(port=int(port), port6=int(port6), unix=unix)
    go, found = threading.Event(), dict[str, object]()

    def later(_: object = None) -> int:
        go.wait()
        found.update(_outcome(ALL[name], target))
        return 0

    entry = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)(later)
    native = ctypes.c_ulong()
    if name == "native-thread" and _libc().pthread_create(ctypes.byref(native), None, entry, None) != 0:
        return 1
    listening = _consent_to_one() if name == "broker" else None
    if walls == "guard":
        from voicecli.offline.audit_hook import refuse_network

        refuse_network()
    else:
        from voicecli.offline.walls import shut_in

        layers = {layer.name: layer for layer in shut_in().layers}
        if name in LAYER and not layers[LAYER[name]].stands:
            _tell({"attempt": name})
            _tell(
                {
                    "result": name,
                    "stopped_by": None,
                    "not_possible": f"not fenced, because {layers[LAYER[name]].reason}",
                }
            )
            return 0
    _tell({"attempt": name})
    if name == "native-thread":
        go.set()
        _libc().pthread_join(native, None)
    else:
        found.update(_outcome(ALL[name], target))
    _tell({"result": name, **found})
    if listening is not None:
        listening.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
