"""The walls, put up in their own processes: they cannot be removed again."""

from __future__ import annotations

import json
import platform
import sys
from pathlib import Path

import pytest

from fakes import forked
from voicecli.config.paths import close_to_others
from voicecli.offline.seccomp import ARCHITECTURES

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")

with_filter = pytest.mark.skipif(platform.machine() not in ARCHITECTURES, reason="no filter for this processor")

BEFORE = """
import ctypes, json, os, resource, subprocess, sys, threading
from voicecli.offline.core_dumps import keep_no_core
from voicecli.offline.walls import measure, shut_in
libc = ctypes.CDLL(None, use_errno=True)
def native(family=2, kind=1):
    opened = libc.socket(family, kind, 0)
    if opened >= 0: os.close(opened)
    return opened >= 0
def tell(what): print(json.dumps(what))
"""


def told(code: str, **environ: str) -> object:
    done = forked.run("code", BEFORE + code, env=environ)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_before_anything_was_done_nothing_is_claimed() -> None:
    assert told("found = measure(); tell([found.offline, list(found.names)])") == [False, []]


@with_filter
def test_what_is_told_was_measured() -> None:
    code = "found = shut_in(); tell([found.offline, found.holds_native_code, found.names[:2], native()])"
    assert told(code) == [True, True, ["python", "system-calls"], False]


@with_filter
def test_a_wall_that_could_not_be_put_up_is_not_claimed() -> None:
    code = (
        "from voicecli.offline import fence, landlock, seccomp\n"
        "seccomp.put_up = lambda: 'the kernel refused it'\n"
        "landlock.put_up = lambda: 'this kernel has none'\n"
        "fence.put_up = lambda: 'threads were started before it'\n"
        "found = shut_in()\n"
        "tell([found.offline, list(found.names), [layer.reason for layer in found.layers]])"
    )
    assert told(code) == [
        True,
        ["python"],
        ["", "the kernel refused it", "this kernel has none", "threads were started before it"],
    ]


def test_a_proxy_that_came_back_is_noticed() -> None:
    assert told("shut_in(); os.environ['HTTPS_PROXY'] = 'http://p'; tell(measure().offline)") is False


@with_filter
def test_threads_that_were_there_before_are_held_too() -> None:
    code = (
        "go, found = threading.Event(), []\n"
        "thread = threading.Thread(target=lambda: (go.wait(), found.append(native())))\n"
        "thread.start(); shut_in(); go.set(); thread.join(); tell(found)"
    )
    assert told(code) == [False]


@with_filter
def test_children_are_held_too() -> None:
    child = "import socket; socket.socket()"
    code = f"shut_in(); tell(subprocess.run([sys.executable, '-c', {child!r}], stderr=subprocess.DEVNULL).returncode)"
    assert told(code) == 1


@with_filter
def test_sockets_of_the_file_system_can_still_be_used(tmp_path: Path) -> None:
    code = (
        "import socket; shut_in(); server = socket.socket(socket.AF_UNIX); server.bind(os.environ['AT']); server.listen()\n"
        "client = socket.socket(socket.AF_UNIX); client.connect(os.environ['AT']); client.sendall(b'x')\n"
        "a, b = socket.socketpair(); a.send(b'y'); tell([server.accept()[0].recv(1).decode(), b.recv(1).decode()])"
    )
    assert told(code, AT=str(tmp_path / "s")) == ["x", "y"]


@with_filter
def test_it_can_be_asked_for_twice() -> None:
    assert told("shut_in(); tell(shut_in().offline)") is True


def test_no_core_is_written_by_the_process_and_its_children() -> None:
    child = "import resource; print(resource.getrlimit(resource.RLIMIT_CORE))"
    code = (
        "resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)\n"
        "keep_no_core()\n"
        f"child = subprocess.run([sys.executable, '-c', {child!r}], capture_output=True, text=True).stdout.strip()\n"
        "tell([resource.getrlimit(resource.RLIMIT_CORE), libc.prctl(3, 0, 0, 0, 0), child])"
    )
    assert told(code) == [[0, 0], 0, "(0, 0)"]


def test_files_that_others_can_read_are_closed_and_links_are_left_alone(tmp_path: Path) -> None:
    folder, outside = tmp_path / "config", tmp_path / "outside"
    (folder / "personas").mkdir(parents=True, mode=0o755)
    folder.chmod(0o755)
    (folder / "personas").chmod(0o700)
    outside.write_text("x", encoding="utf-8")
    outside.chmod(0o644)
    (folder / "link").symlink_to(outside)
    for name, mode in (("open", 0o644), ("program", 0o755), ("closed", 0o600)):
        (folder / name).write_text("x", encoding="utf-8")
        (folder / name).chmod(mode)
    assert close_to_others(folder, tmp_path / "missing") == [folder, folder / "open", folder / "program"]
    assert [oct((folder / name).stat().st_mode & 0o777) for name in ("", "open", "program")] == [
        "0o700",
        "0o600",
        "0o700",
    ]
    assert oct(outside.stat().st_mode & 0o777) == "0o644"
    assert close_to_others(folder) == []
