"""The fence around Unix sockets on Linux: a mount namespace in which the sockets of other programs are not there.

A filter of system calls sees no paths, and Landlock cannot restrict sockets that are files before Linux 7.1. A mount namespace can, and an ordinary
user gets one with a user namespace, in which the user's number stays what it was. `reachable` decides what is hidden. Afterwards the process gives
up the right to mount, so that neither it nor its children can uncover anything.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import socket
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from voicecli.offline import reachable

CLONE_NEWNS: Final = 0x0002_0000
CLONE_NEWUSER: Final = 0x1000_0000
"""Flags of unshare(2), from linux/sched.h: a mount namespace, and a user namespace that gives the right to mount in it."""

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_SLAVE = 32, 4096, 16_384, 1 << 19
EMPTY: Final = MS_NOSUID | MS_NODEV | MS_NOEXEC

CAP_SYS_ADMIN: Final = 21
"""The capability to mount, from linux/capability.h."""

O_PATH: Final = 0x0020_0000
"""Opens a path as a name only, from asm-generic/fcntl.h. Neither its content nor the right to read it is needed."""

LAST_CAPABILITY: Final = 63
"""The highest number that a set of capabilities has room for. The kernel refuses those above its own last one."""

CAPABILITY_VERSION_3: Final = 0x2008_0522
"""The form of capget(2) and capset(2) with sets of 64 bits, from linux/capability.h."""

PR_CAPBSET_DROP: Final = 24
"""Removes a capability from those that this process and its children can ever get, from linux/prctl.h."""

PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4

MARK: Final = "voicecli-fence"
"""The name of the file system that takes the place of `/run`. It shows a child process that the fence stands."""

TRIAL: Final = ".trial"
SWITCHES: Final = {
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": (
        "1",
        "AppArmor keeps user namespaces from ordinary programs",
    ),
    "/proc/sys/kernel/unprivileged_userns_clone": ("0", "this system keeps user namespaces from ordinary users"),
    "/proc/sys/user/max_user_namespaces": ("0", "this system allows no user namespaces"),
}
"""Settings of the system that explain why there is no namespace, with the value that does."""


class _Head(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Rights(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def put_up(environ: Mapping[str, str] = os.environ) -> str:
    """Puts the fence up permanently for this process and everything it starts, then tests it.

    It needs a process without threads that may still be read by others (`core_dumps.keep_no_core` comes later). It is tried in a forked process
    first, so that a system that grants only half of it leaves this process as it was. Takes some milliseconds. Thread: main.

    Returns:
        The reason why that failed; empty if the fence stands.
    """
    if sys.platform != "linux":
        return "only Linux has it"
    if stands():
        return ""
    try:
        if len(list(Path("/proc/self/task").iterdir())) > 1:
            return "threads were started before it"
        reason = _in_a_trial(environ)
        if not reason:
            _build(environ)
    except OSError as error:
        return _in_words(error)
    return reason


def stands() -> bool:
    """Whether the fence stands around this process, from itself or from a parent."""
    try:
        return f" - tmpfs {MARK} " in Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def _in_a_trial(environ: Mapping[str, str]) -> str:
    """Builds the fence in a process of its own. Returns the reason why that failed."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            _build(environ)
        except BaseException as error:  # noqa: BLE001 - the parent is told
            words = _in_words(error) if isinstance(error, OSError) else type(error).__name__
            os.write(writing, words.encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as told:
        reason = told.read()
    os.waitpid(pid, 0)
    return (_switched_off() or reason) if reason else ""


def _switched_off() -> str:
    """The setting of the system that is the reason; empty if none is."""
    for path, (value, words) in SWITCHES.items():
        with contextlib.suppress(OSError):
            if Path(path).read_text(encoding="utf-8").strip() == value and (os.geteuid() != 0 or "max" in path):
                return words
    return ""


def _in_words(error: OSError) -> str:
    return error.args[0] if len(error.args) == 1 else f"the kernel refused it: {error.strerror}"


def _build(environ: Mapping[str, str]) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    sockets = reachable.bound(Path("/proc/net/unix").read_text(encoding="utf-8", errors="surrogateescape"))
    run = Path(reachable.RUN)
    has_run = run.is_dir()
    entries = [each.name for each in run.iterdir()] if has_run else []
    wanted = reachable.plan(sockets, entries, environ, os.geteuid())
    _own_namespace(libc)
    _mount(libc, None, "/", None, MS_REC | MS_SLAVE)  # disks that are connected later still appear
    if not has_run:
        raise OSError(f"this system has no {reachable.RUN}")
    _replace_run(libc, wanted.kept)
    for path in wanted.hidden:
        _hide(libc, path)
    _try(libc)
    _mount(libc, None, reachable.RUN, None, MS_REMOUNT | MS_BIND | MS_RDONLY | EMPTY)
    _give_up_mounting(libc)


def _own_namespace(libc: ctypes.CDLL) -> None:
    """Makes the namespaces. All users and groups keep their numbers for the superuser; for others the user's own do, which is all they may have."""
    user, group = os.geteuid(), os.getegid()
    maps = {name: Path(f"/proc/self/{name}").read_text(encoding="utf-8") for name in ("uid_map", "gid_map")}
    _checked(libc.unshare(CLONE_NEWUSER | CLONE_NEWNS))
    if user == 0:
        with contextlib.suppress(PermissionError):  # a superuser of a container may lack the right
            for name, text in maps.items():
                ranges = [line.split() for line in text.splitlines()]
                _write(f"/proc/self/{name}", "".join(f"{first} {first} {count}\n" for first, _, count in ranges))
            return
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{user} {user} 1\n")
    _write("/proc/self/gid_map", f"{group} {group} 1\n")


def _write(path: str, text: str) -> None:
    handle = os.open(path, os.O_WRONLY)
    try:
        os.write(handle, text.encode())
    finally:
        os.close(handle)


def _replace_run(libc: ctypes.CDLL, kept: tuple[str, ...]) -> None:
    """Covers `/run` with an empty file system, and brings back the folders and links that stay."""
    folders: dict[str, int] = {}
    links: dict[str, str] = {}
    for name in kept:
        path = Path(reachable.RUN, name)
        with contextlib.suppress(OSError):  # gone, or no right to enter it
            if path.is_symlink():
                links[name] = str(path.readlink())
            elif path.is_dir():
                folders[name] = os.open(path, O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW)
    _mount(libc, MARK, reachable.RUN, "tmpfs", EMPTY, "mode=755,size=64k")
    try:
        for name, handle in folders.items():
            Path(reachable.RUN, name).mkdir()
            _mount(libc, f"/proc/self/fd/{handle}", f"{reachable.RUN}/{name}", None, MS_BIND | MS_REC)
        for name, target in links.items():
            Path(reachable.RUN, name).symlink_to(target)
    finally:
        for handle in folders.values():
            os.close(handle)


def _hide(libc: ctypes.CDLL, path: str) -> None:
    """Covers a socket or a folder of sockets. What is not there, or cannot be entered anyway, is left."""
    try:
        kind = os.lstat(path).st_mode
    except OSError:
        return
    if stat.S_ISSOCK(kind):
        _mount(libc, os.devnull, path, None, MS_BIND)
    elif stat.S_ISDIR(kind):
        _mount(libc, MARK, path, "tmpfs", EMPTY | MS_RDONLY, "mode=555,size=4k")


def _try(libc: ctypes.CDLL) -> None:
    """Hides a socket of our own, and tries to reach it."""
    path = f"{reachable.RUN}/{TRIAL}"
    with socket.socket(socket.AF_UNIX) as hidden, socket.socket(socket.AF_UNIX) as outside:
        hidden.bind(path)
        hidden.listen(1)
        _hide(libc, path)
        if outside.connect_ex(path) == 0:
            raise OSError("it does not hold")


def _give_up_mounting(libc: ctypes.CDLL) -> None:
    """Gives up the rights that came with the namespace; the superuser keeps those over files."""
    superuser = os.geteuid() == 0
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    for number in (CAP_SYS_ADMIN,) if superuser else range(LAST_CAPABILITY + 1):
        if libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0) != 0:
            break  # there are no higher ones
    head, rights = _Head(CAPABILITY_VERSION_3, 0), (_Rights * 2)()
    if superuser:
        _checked(libc.capget(ctypes.byref(head), rights))
        for field in ("effective", "permitted", "inheritable"):
            setattr(rights[0], field, getattr(rights[0], field) & ~(1 << CAP_SYS_ADMIN))
    _checked(libc.capset(ctypes.byref(head), rights))


def _mount(libc: ctypes.CDLL, source: str | None, target: str, kind: str | None, flags: int, options: str = "") -> None:
    given = [each.encode() if each is not None else None for each in (source, kind)]
    result = libc.mount(given[0], os.fsencode(target), given[1], ctypes.c_ulong(flags), options.encode())
    if result != 0 and ctypes.get_errno() != errno.ENOENT:  # it is gone
        _checked(result)


def _checked(result: int) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
