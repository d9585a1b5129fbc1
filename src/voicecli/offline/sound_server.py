"""Checks whether the sound server is on this machine.

PortAudio reaches PulseAudio, or PipeWire in its place, through libpulse, which connects to the server named by `PULSE_SERVER` or a configuration
file. If that is another machine, all speech leaves this one. A property of the X display can name a server too; the wall prevents that case.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from voicecli.errors import NetworkRefused

SYSTEM_CONFIG: Final = Path("/etc/pulse/client.conf")
LOCAL: Final = ("unix:", "/")
"""The beginning of the name of a server that is reached through a Unix socket."""

_MACHINE = re.compile(r"^\{[^}]*\}")
_DEFAULT_SERVER = re.compile(r"^\s*default-server\s*=\s*(?P<server>[^;#\n]*)", re.MULTILINE)


def refuse_remote_sound_server(
    environ: Mapping[str, str] = os.environ, system_config: Path = SYSTEM_CONFIG, platform: str = sys.platform
) -> None:
    """Checks that sound stays on this machine. Call it before PortAudio is started.

    Args:
        environ: The environment variables.
        system_config: The configuration for all users.
        platform: The platform. Sound passes through libpulse only on Linux.

    Raises:
        NetworkRefused: The sound server is reached through the network, even if it is on this machine.
    """
    if platform != "linux":
        return
    for where, servers, remedy in _named(environ, system_config):
        remote = [server for server in servers.split() if not _MACHINE.sub("", server).startswith(LOCAL)]
        if remote:
            raise NetworkRefused(
                f"The sound server is reached through the network: {where} names {remote[0]}.",
                f"Sound must not leave this machine: {remedy}",
            )
        if servers.strip():
            return  # this place decides


def _named(environ: Mapping[str, str], system_config: Path) -> Iterator[tuple[str, str, str]]:
    """Yields each place that can name a server, the servers it names, and how to undo it. The first place that names one decides."""
    yield "PULSE_SERVER", environ.get("PULSE_SERVER", ""), "unset PULSE_SERVER"
    for file in _config_files(environ, system_config):
        try:
            found = _DEFAULT_SERVER.findall(file.read_text(encoding="utf-8", errors="replace"))
        except OSError:
            continue
        yield str(file), found[-1] if found else "", f"take default-server out of {file}"


def _config_files(environ: Mapping[str, str], system_config: Path) -> Iterator[Path]:
    """The configuration files that libpulse reads. Files in a `.d` folder take precedence over the file it belongs to."""
    home = Path(environ.get("HOME", "/"))
    named = environ.get("PULSE_CLIENTCONFIG")
    own = [home / ".pulse/client.conf", Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "pulse/client.conf"]
    chosen = [Path(named)] if named else [*(file for file in own if file.exists())][:1] or [system_config]
    for file in chosen:
        yield from sorted(Path(f"{file}.d").glob("*.conf"), reverse=True)
        yield file
