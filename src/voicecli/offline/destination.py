"""The destination of a connection: a host and a port. Pure logic."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final

LARGEST_PORT: Final = 65_535
"""Ports have 16 bits."""


@dataclass(frozen=True, slots=True)
class Destination:
    """One address that may be dialled.

    Attributes:
        host: A name or an address, in lower case and without brackets.
        port: The TCP port.
    """

    host: str
    port: int

    @property
    def is_here(self) -> bool:
        """Whether it is this machine, so that nothing sent to it leaves the machine."""
        if self.host == "localhost":
            return True
        try:
            address = ipaddress.ip_address(self.host)
        except ValueError:
            return False
        return (getattr(address, "ipv4_mapped", None) or address).is_loopback

    def __str__(self) -> str:
        """The destination as a user writes it: `gpu.lan:8000`, `[fd00::1]:8000`."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse(text: str) -> Destination:
    """Reads `gpu.lan:8000` or `[fd00::1]:8000`.

    Raises:
        ValueError: It is neither.
    """
    host, colon, port = text.strip().rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError("an IPv6 address stands in brackets")
    return make(host, port if colon else "")


def make(host: str, port: str | int) -> Destination:
    """Returns a destination made of its two parts.

    Raises:
        ValueError: The host is empty or has invalid characters, or the port is invalid.
    """
    name = host.strip().lower().rstrip(".")
    if not name or not all(sign.isalnum() or sign in "-._:%" for sign in name):
        raise ValueError("there is no host in it")
    if not str(port).isdecimal() or not 0 < int(port) <= LARGEST_PORT:
        raise ValueError("there is no port in it")
    return Destination(name, int(port))
