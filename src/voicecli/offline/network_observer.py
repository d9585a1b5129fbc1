"""Observes a process from outside: what it and its children try to reach.

A guard inside a process sees only what passes through it. A witness also sees native code and child processes, and counts attempts whether or not
they succeed. There are two kinds: a trace of system calls, which shows each attempt, and the packet counters of a network namespace.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

CALLS: Final = "socket,connect,bind,sendto,sendmsg,sendmmsg,io_uring_setup"
"""The system calls with which a process reaches others, or opens itself to them."""

LOCAL_FAMILIES: Final = frozenset({"AF_UNIX", "AF_LOCAL", "AF_NETLINK"})
"""Families of sockets that end on this machine: Unix sockets, and those of the kernel."""

RESOLVERS: Final = ("nscd", "resolve", "avahi", "unscd", "sssd")
"""Parts of the names of Unix sockets of services that look up hosts."""

_CALL = re.compile(r"^(?:\[pid\s+)?(?P<pid>\d+)\]?\s+(?P<call>\w+)\((?P<rest>.*)$")
_FAMILY = re.compile(r"\b[AP]F_[A-Z0-9_]+")
_PATH = re.compile(r'sun_path=@?"(?P<path>[^"]*)"')
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_COUNTED: Final = ("TcpActiveOpens", "UdpOutDatagrams", "Udp6OutDatagrams", "IcmpOutMsgs")


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to reach another machine, or to look one up.

    Attributes:
        call: The system call, or the counter that changed.
        target: Its target: an address, a family, or a count.
    """

    call: str
    target: str


class Witness(Protocol):
    """One method of observation."""

    name: str

    def prefix(self, log: Path) -> list[str]:
        """The command prefix that observes a command and writes to `log`."""
        ...

    def attempts(self, log: Path) -> list[Attempt]:
        """The observed attempts, after the command has ended."""
        ...


class SystemCalls:
    """A trace of the process and all its children and threads with strace."""

    name = "system-call trace"

    def prefix(self, log: Path) -> list[str]:
        """See `Witness.prefix`."""
        return ["strace", "-f", "-qq", "--signal=none", f"--trace={CALLS}", "-o", str(log), "--"]

    def attempts(self, log: Path) -> list[Attempt]:
        """See `Witness.attempts`."""
        with log.open(encoding="utf-8", errors="replace") as lines:
            return list(in_trace(lines))


class Namespace:
    """A network namespace that treats every address as its own. Packets to other machines are counted, and come back."""

    name = "packet counters of a network namespace"

    def __init__(self, *, root: bool) -> None:
        self._root = root

    def prefix(self, log: Path) -> list[str]:
        """See `Witness.prefix`."""
        script = (
            "ip link set lo up && ip addr add 192.0.2.2/32 dev lo && ip route add local default dev lo || exit 125; "
            "ip -6 route add local default dev lo 2>/dev/null; "
            f'"$@"; code=$?; cat /proc/net/snmp /proc/net/snmp6 > {shlex.quote(str(log))} 2>/dev/null; exit $code'
        )
        rights = ["--net"] if self._root else ["--user", "--map-root-user", "--net"]
        return ["unshare", *rights, "--", "sh", "-c", script, "sh"]

    def attempts(self, log: Path) -> list[Attempt]:
        """See `Witness.attempts`."""
        counters = counted(log.read_text(encoding="utf-8"))
        return [Attempt(name, str(counters[name])) for name in _COUNTED if counters.get(name)]


def available(*, root: bool) -> tuple[list[Witness], list[str]]:
    """The witnesses available here, the most exact first, and the reason why each of the others is not."""
    witnesses: list[Witness] = []
    reasons: list[str] = []
    for witness, program in ((SystemCalls(), "strace"), (Namespace(root=root), "unshare")):
        reason = _hindrance(witness, program)
        if reason:
            reasons.append(f"{witness.name}: {reason}")
        else:
            witnesses.append(witness)
    return witnesses, reasons


def _hindrance(witness: Witness, program: str) -> str:
    """The reason why a witness is not available; empty if it is."""
    if shutil.which(program) is None:
        return f"{program} is not installed"
    tried = subprocess.run(
        [*witness.prefix(Path("/dev/null")), "true"], capture_output=True, text=True, timeout=20, check=False
    )
    if tried.returncode == 0:
        return ""
    return (tried.stderr.strip().splitlines() or [f"{program} ended with {tried.returncode}"])[-1]


def in_trace(lines: Iterable[str]) -> Iterable[Attempt]:
    """Finds attempts in the lines of a trace."""
    for line in lines:
        found = _CALL.match(line)
        if found is None:
            continue
        call, rest = found["call"], found["rest"]
        if call == "io_uring_setup":
            yield Attempt(call, "sockets could be opened through it unseen")
            continue
        path = _PATH.search(rest)
        if path is not None:
            if any(each in path["path"] for each in RESOLVERS):
                yield Attempt(call, path["path"])
            continue
        family = _FAMILY.search(_QUOTED.sub("", rest))
        if family is not None and family[0].replace("PF_", "AF_", 1) not in LOCAL_FAMILIES:
            yield Attempt(call, rest.strip()[:160])


def counted(text: str) -> dict[str, int]:
    """The counters in /proc/net/snmp, which has a line of names and a line of numbers per protocol, and in snmp6, which has one counter per line."""
    counters: dict[str, int] = {}
    names: list[str] = []
    for line in text.splitlines():
        protocol, colon, rest = line.partition(": ")
        if not colon:
            name, _, number = line.partition(" ")
            if number.strip().isdecimal():
                counters[name] = int(number)
        elif names and names[0] == protocol:
            values = zip(names[1:], rest.split(), strict=False)
            counters.update({f"{protocol}{name}": int(value) for name, value in values})
            names = []
        else:
            names = [protocol, *rest.split()]
    return counters
