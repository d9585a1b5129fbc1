# ruff: noqa: S108 - the names of sockets in folders for temporary files, none of which is opened
"""The fence around Unix sockets: what it hides, what it leaves alone, and that nobody behind it can take it down."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from voicecli.offline.reachable import bound, plan

TABLE = """Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 20001 /run/systemd/private
0000000000000000: 00000002 00000000 00010000 0001 01 20001 /var/run/docker.sock
0000000000000000: 00000003 00000000 00000000 0001 03 20002
0000000000000000: 00000002 00000000 00010000 0001 01 20003 @/tmp/dbus-abstract
0000000000000000: 00000002 00000000 00010000 0001 01 20004 chat-relative.sock
0000000000000000: 00000002 00000000 00010000 0001 01 20005 /home/a name/agent.sock
"""
IN_RUN = ["docker.sock", "lock", "media", "new-service", "plain", "pulse", "shm", "systemd", "user"]
ENVIRON = {
    "XDG_RUNTIME_DIR": "/run/user/1000",
    "TMUX": "/tmp/tmux-1000/default,42,0",
    "PULSE_SERVER": "unix:/tmp/card/native",
}


def hidden(*sockets: str, environ: dict[str, str] = ENVIRON) -> tuple[str, ...]:
    return plan(sockets, IN_RUN, environ, 1000).hidden


def test_the_sockets_of_files_are_read_from_the_system() -> None:
    assert bound(TABLE) == ["/home/a name/agent.sock", "/run/systemd/private", "/var/run/docker.sock"]


def test_in_run_only_what_is_known_to_be_harmless_or_holds_no_socket_stays() -> None:
    found = plan(["/var/run/new-service/api", "/run/pulse/native", "/run/user/1000/bus"], IN_RUN, ENVIRON, 1000)
    assert found.kept == ("lock", "media", "plain", "pulse", "shm", "user")


@pytest.mark.parametrize(
    ("path", "covered"),
    [
        ("/run/user/1000/bus", "/run/user/1000/bus"),
        ("/run/user/1000/systemd/private", "/run/user/1000/systemd"),
        ("/run/user/1000/fresh/deep/socket", "/run/user/1000/fresh"),
        ("/run/user/1001/bus", "/run/user/1001/bus"),
        ("/home/a/.docker/desktop/docker.sock", "/home/a/.docker/desktop/docker.sock"),
        ("/tmp/ssh-abc/agent.1", "/tmp/ssh-abc/agent.1"),
        ("/tmp/tmux-1000/other", "/tmp/tmux-1000/other"),
    ],
)
def test_another_programs_socket_is_covered(path: str, covered: str) -> None:
    assert covered in hidden(path)


@pytest.mark.parametrize(
    "path",
    [
        "/run/user/1000/pulse/native",
        "/run/user/1000/pipewire-0",
        "/run/user/1000/wayland-0",
        "/run/user/1000/voicecli/.77",
        "/tmp/.X11-unix/X0",
        "/tmp/pulse-PKdhtXMmr18n/native",
        "/tmp/card/native",
        "/tmp/tmux-1000/default",
        "/dev/shm/jack_default_1000_0",
    ],
)
def test_sound_display_terminal_and_our_own_stay(path: str) -> None:
    assert not [each for each in hidden(path) if path.startswith(each)]


def test_without_tmux_its_sockets_are_hidden_too() -> None:
    assert "/tmp/tmux-1000/default" in hidden("/tmp/tmux-1000/default", environ={})


# ---- the real one

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has it")

PROGRAM = """
import json, os, socket, subprocess, sys
from pathlib import Path
from voicecli.offline import fence
reason = fence.put_up()
def reached(path):
    with socket.socket(socket.AF_UNIX) as opened:
        return opened.connect_ex(path) == 0
def tell(what):
    print(json.dumps(reason or what))
"""


@pytest.fixture(params=["as it is", "an ordinary user"])
def prefix(request: pytest.FixtureRequest) -> list[str]:
    """What runs a program as this user, and as one with another number and without rights."""
    if request.param == "as it is":
        return []
    ordinary = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"]
    if os.geteuid() != 0 or not shutil.which("unshare") or subprocess.run([*ordinary, "true"], check=False).returncode:
        pytest.skip("this is an ordinary user already, or the system makes none")
    return ordinary


def told(prefix: list[str], code: str, **environ: str) -> object:
    done = subprocess.run(
        [*prefix, sys.executable, "-c", PROGRAM + code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **environ},
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    if isinstance(found, str):
        pytest.skip(f"not here: {found}")
    return found


@pytest.fixture
def listening() -> Iterator[Path]:
    """A Unix socket of another program."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
        path = Path(folder) / "docker.sock"
        server.bind(str(path))
        server.listen()
        yield path


@on_linux
def test_another_programs_socket_is_out_of_reach_for_children_too(prefix: list[str], listening: Path) -> None:
    child = "import socket, sys; sys.exit(socket.socket(socket.AF_UNIX).connect_ex(sys.argv[1]) == 0)"
    code = f"tell([reached({str(listening)!r}), subprocess.run([sys.executable, '-c', {child!r}, {str(listening)!r}]).returncode])"
    assert told(prefix, code) == [False, 0]
    with socket.socket(socket.AF_UNIX) as opened:
        opened.connect(str(listening))  # out here it is as it was


@on_linux
def test_the_sound_server_is_within_reach(prefix: list[str], listening: Path) -> None:
    server = {"PULSE_SERVER": f"unix:{listening}"}
    assert told(prefix, f"tell([reached({str(listening)!r})])", **server) == [True]


@on_linux
def test_a_socket_that_is_made_later_can_be_used(prefix: list[str], tmp_path: Path) -> None:
    code = (
        f"path = {str(tmp_path / 's')!r}; server = socket.socket(socket.AF_UNIX); server.bind(path); server.listen()\n"
        "tell([reached(path)])"
    )
    assert told(prefix, code) == [True]


@on_linux
def test_files_and_users_are_as_before(prefix: list[str], tmp_path: Path) -> None:
    code = (
        f"path = Path({str(tmp_path / 'f')!r}); path.write_text('x'); path.chmod(0o600); there = path.stat()\n"
        f"other = Path({str(tmp_path)!r}).stat().st_uid\n"
        "child = subprocess.run(['id', '-u'], capture_output=True, text=True).stdout.strip()\n"
        "stat = Path(f'/proc/{os.getpid()}/stat').read_text().split()[0]\n"
        "tell([there.st_uid == os.getuid() == os.geteuid() == int(child) == other, oct(there.st_mode & 0o777), stat == str(os.getpid())])"
    )
    assert told(prefix, code) == [True, "0o600", True]
    assert (tmp_path / "f").stat().st_uid == os.geteuid()


@on_linux
def test_nobody_behind_it_takes_it_down(prefix: list[str], listening: Path) -> None:
    tries = (
        f"umount {listening}; umount /run; mount --bind /proc/1/root/run /run; "
        f"unshare --user --map-root-user --mount sh -c 'umount {listening}; umount /run'; test -e /proc/1/root/run && echo out"
    )
    code = (
        f"out = subprocess.run(['sh', '-c', {tries!r}], capture_output=True, text=True).stdout\n"
        f"tell([reached({str(listening)!r}), fence.stands(), out])"
    )
    assert told(prefix, code) == [False, True, ""]


@on_linux
def test_it_is_put_up_once_for_a_process_and_its_children(prefix: list[str]) -> None:
    count = "print(open('/proc/self/mountinfo').read().count(' - tmpfs voicecli-fence '))"
    child = f"from voicecli.offline import fence; print(repr(fence.put_up())); {count}"
    code = (
        "before = Path('/proc/self/mountinfo').read_text()\n"
        f"child = {child!r}\n"
        "said = subprocess.run([sys.executable, '-c', child], capture_output=True, text=True).stdout.split()\n"
        "tell([said[0], int(said[1]) == before.count(' - tmpfs voicecli-fence ')])"
    )
    assert told(prefix, code) == ["''", True]


@on_linux
def test_a_process_with_threads_is_left_as_it_is() -> None:
    code = (
        "import os, threading; from voicecli.offline import fence; go = threading.Event()\n"
        "thread = threading.Thread(target=go.wait); thread.start(); uid = os.stat('/').st_uid\n"
        "print(fence.put_up(), fence.stands(), os.stat('/').st_uid == uid); go.set()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "threads were started before it False True"


@on_linux
def test_a_system_that_refuses_half_of_it_leaves_the_process_as_it_was() -> None:
    code = (
        "import os; from voicecli.offline import fence\n"
        "def refuse(*_): raise PermissionError(1, 'Operation not permitted')\n"
        "fence._replace_run = refuse\n"
        "before = os.readlink('/proc/self/ns/user'), os.readlink('/proc/self/ns/mnt')\n"
        "reason = fence.put_up()\n"
        "print(bool(reason), before == (os.readlink('/proc/self/ns/user'), os.readlink('/proc/self/ns/mnt')), os.getuid())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["True", "True", str(os.getuid())]
