"""Which Unix sockets stay within reach behind the fence, and which are hidden. Pure logic.

Only the sound server, the display, tmux where the program runs in it, and our own sockets stay. Everything else that a socket file could lead to
(docker, the session bus, the system's resolver, an agent for keys) is another program that could leave the machine on request.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

RUN: Final = "/run"
OLD_RUN: Final = "/var/run"
"""On most systems a link to `/run`."""

APP: Final = "voicecli"

KEPT_IN_RUN: Final = frozenset(
    {
        "user",
        "pulse",
        "pipewire",
        "media",
        "mount",
        "lock",
        "shm",
        "host",
        "current-system",
        "booted-system",
        "wrappers",
    }
)
"""Entries of `/run` that stay whatever they hold: sound servers, users' folders, removable disks, and the programs of NixOS and of containers."""

HIDDEN_IN_RUN: Final = frozenset(
    {
        "avahi-daemon", "containerd", "containers", "credentials", "crio", "cups", "dbus", "docker", "docker.sock", "gssproxy.sock",
        "libvirt", "lxd", "NetworkManager", "nscd", "podman", "resolvconf", "resolve", "rpcbind.sock", "screen", "snapd.socket", "sssd",
        "systemd", "tmux", "udev", "unbound", "WSL",
    }
)  # fmt: skip
"""Entries that never stay, even where no socket is seen in them: another network namespace does not list its sockets."""

HIDDEN_IN_RUNTIME: Final = frozenset(
    {
        "at-spi", "bus", "dbus-1", "docker", "docker.sock", "emacs", "gcr", "gnupg", "keyring", "libpod", "p11-kit", "podman", "ssh-agent",
        "systemd",
    }
)  # fmt: skip
"""The same for the folder of a user's own sockets."""

HIDDEN_ELSEWHERE: Final = ("/run/host/run", "/run/host/var/run", "/var/lib/sss/pipes")

FIRST_LETTERS: Final = ("pulse", "pipewire", "wayland-", "jack", ".X11-unix", "nvidia")
"""What the name of a socket, or of a folder on the way to it, begins with if it belongs to the sound server, the display or a graphics card."""

LISTENING_COLUMNS: Final = 8
"""Columns of /proc/net/unix, of which the last is the path (proc(5))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the fence does.

    Attributes:
        kept: Entries of `/run` that stay; all others are left out.
        hidden: Files and folders elsewhere that are covered.
    """

    kept: tuple[str, ...]
    hidden: tuple[str, ...]


def bound(table: str) -> list[str]:
    """Returns the paths in /proc/net/unix, without those of the abstract namespace and without relative ones."""
    fields = (line.split(maxsplit=LISTENING_COLUMNS - 1) for line in table.splitlines()[1:])
    return sorted({each[-1] for each in fields if len(each) == LISTENING_COLUMNS and each[-1].startswith("/")})


def plan(sockets: Iterable[str], in_run: Collection[str], environ: Mapping[str, str], user: int) -> Plan:
    """Decides what is hidden.

    Args:
        sockets: The paths of all sockets that the system lists.
        in_run: The entries of `/run`.
        environ: Names the places of the sound server, of tmux and of the user's own sockets.
        user: The user's number.
    """
    runtimes = {environ.get("XDG_RUNTIME_DIR", ""), f"{RUN}/user/{user}"} - {""}
    paths = [_without_old_run(path) for path in sockets]
    allowed = tuple(_named(environ))
    occupied = {path.split("/")[2] for path in paths if path.startswith(f"{RUN}/") and not _is_allowed(path, allowed)}
    hidden_in_run = (HIDDEN_IN_RUN | occupied) - KEPT_IN_RUN
    hidden = {
        covered
        for path in paths
        if not _is_allowed(path, allowed) and (covered := _covered(path, runtimes, hidden_in_run)) is not None
    }
    hidden.update(f"{folder}/{name}" for folder in runtimes for name in HIDDEN_IN_RUNTIME)
    return Plan(
        kept=tuple(sorted(name for name in in_run if name not in hidden_in_run)),
        hidden=tuple(sorted(hidden | set(HIDDEN_ELSEWHERE))),
    )


def _named(environ: Mapping[str, str]) -> Iterator[str]:
    """The sockets, and folders of sockets, that the environment names."""
    for server in environ.get("PULSE_SERVER", "").split():
        yield server.rpartition("}")[2].removeprefix("unix:")
    yield environ.get("PULSE_RUNTIME_PATH", "")
    yield environ.get("PIPEWIRE_RUNTIME_DIR", "")
    yield environ.get("PIPEWIRE_REMOTE", "")
    yield environ.get("TMUX", "").partition(",")[0]


def _is_allowed(path: str, allowed: Iterable[str]) -> bool:
    if any(part.startswith(FIRST_LETTERS) or part == APP for part in path.split("/")):
        return True
    return any(
        place.startswith("/") and (path == place or path.startswith(f"{place.rstrip('/')}/")) for place in allowed
    )


def _covered(path: str, runtimes: Iterable[str], hidden_in_run: Collection[str]) -> str | None:
    """What is covered to hide a socket: the socket, or the folder that holds it among the user's own; None if it is gone with `/run`."""
    if path.startswith(f"{RUN}/") and path.split("/")[2] in hidden_in_run:
        return None
    folders = [*runtimes, *([posixpath.join(*path.split("/")[:4])] if path.startswith(f"{RUN}/user/") else [])]
    for folder in folders:
        if path.startswith(f"{folder}/"):
            return f"{folder}/{path.removeprefix(f'{folder}/').partition('/')[0]}"
    return path


def _without_old_run(path: str) -> str:
    return RUN + path.removeprefix(OLD_RUN) if path.startswith(f"{OLD_RUN}/") else path
