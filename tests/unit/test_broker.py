"""The process that dials: only allowed hosts, small, and ended with its parent. Its walls are tested in their own processes."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from voicecli.errors import NetworkRefused
from voicecli.offline import broker
from voicecli.offline.broker_loop import MOST_LINKS, Address, Relay, look_up
from voicecli.offline.destination import Destination, make, parse

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")

PROGRAM = """
import os, sys, time
from voicecli.errors import NetworkRefused, ServerUnreachable
from voicecli.offline import broker
from voicecli.offline.destination import Destination
from voicecli.offline.walls import shut_in
port = int(sys.argv[1])
there = Destination("localhost", port)
broker.start([there, Destination("127.0.0.1", 1)])
shut_in()
def tried(where):
    try:
        broker.dial(where, timeout_s=5).close()
    except (NetworkRefused, ServerUnreachable) as error:
        return f"{error.code}: {error.message}"
    return "reached"
"""


@contextlib.contextmanager
def echo() -> Iterator[tuple[int, list[float]]]:
    """A server that gives back what it gets; its port, and when clients were gone."""
    ended: list[float] = []

    def serve(client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            while data := client.recv(65_536):
                client.sendall(data)
        ended.append(time.monotonic())

    def accept(server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, args=(server,), daemon=True).start()
        yield server.getsockname()[1], ended
        server.shutdown(socket.SHUT_RDWR)


def told(code: str, port: int) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM + code, str(port)], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_behind_the_walls_only_the_consented_address_is_reached() -> None:
    with echo() as (port, _):
        code = (
            "s = broker.dial(there, timeout_s=5); s.sendall(b'hello'); print(s.recv(5).decode(), s.family.name)\n"
            "print(tried(there)); print(tried(Destination('127.0.0.1', port)))\n"
            "print(tried(Destination('localhost', port + 1))); print(tried(Destination('127.0.0.1', 1)))"
        )
        lines = told(code, port).splitlines()
    assert lines[:2] == ["hello AF_UNIX", "reached"]
    assert lines[2].startswith(f"network-refused: Nothing may be sent to 127.0.0.1:{port}.")
    assert lines[3].startswith("network-refused: ")
    assert lines[4] == "server-unreachable: 127.0.0.1:1 cannot be reached: connection refused."


def test_a_broker_that_was_killed_is_told_of() -> None:
    line = told("import signal; os.kill(broker.pid(), signal.SIGKILL); time.sleep(0.2); print(tried(there))", 9)
    assert line == "server-unreachable: The process that dials servers has ended."


@on_linux
def test_it_is_small_holds_no_file_of_the_program_and_leaves_no_core() -> None:
    if os.geteuid() != 0:
        pytest.skip("the broker lets nobody but the superuser look into it")
    command = [
        sys.executable,
        "-c",
        f"{PROGRAM}print(tried(there), file=sys.stderr)\nprint(broker.pid(), flush=True)\ntime.sleep(60)",
        "9",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as program:
        assert program.stdout is not None
        pid = int(program.stdout.readline())
        time.sleep(0.2)  # the connection that was refused is closed after that was told
        proc = Path(f"/proc/{pid}")
        memory = (proc / "smaps_rollup").read_text(encoding="utf-8")
        private_kb = next(int(line.split()[1]) for line in memory.splitlines() if line.startswith("Private_Dirty"))
        files = sorted(file.readlink().name.partition(":")[0] for file in (proc / "fd").iterdir())
        limits = (proc / "limits").read_text(encoding="utf-8").splitlines()
        core = next(line.split()[4] for line in limits if line.startswith("Max core"))
        own_session = os.getsid(pid) == pid
        program.kill()
    assert private_kb < 16_000
    assert files == ["anon_inode", "null", "null", "null", "socket"]
    assert (core, own_session) == ("0", True)


@on_linux
@pytest.mark.parametrize("ends", ["by itself", "by force"])
def test_it_ends_with_the_program(ends: str) -> None:
    code = "print(broker.pid(), flush=True)\ntime.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", PROGRAM + code, "9"], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        pid = int(program.stdout.readline())
        assert Path(f"/proc/{pid}").exists()
        program.send_signal(signal.SIGKILL if ends == "by force" else signal.SIGINT)
    deadline = time.monotonic() + 3
    while _runs(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_without_a_destination_there_is_none() -> None:
    broker.start([])
    assert (broker.pid(), broker.reaches()) == (0, ())
    with pytest.raises(NetworkRefused, match=r"Nothing may be sent to gpu\.lan:8000"):
        broker.dial(Destination("gpu.lan", 8000), timeout_s=1)


# ---- the relay, in a thread


@contextlib.contextmanager
def relayed(*allowed: Destination, to: list[Address] | OSError) -> Iterator[list[Destination]]:
    """`broker.dial` leads to a relay whose hosts have these addresses; yields what was looked up."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    asked: list[Destination] = []

    def resolve(destination: Destination) -> list[Address]:
        asked.append(destination)
        if isinstance(to, OSError):
            raise to
        return to

    relay = Relay(theirs, allowed, resolve)
    relay.look_up_all()
    thread = threading.Thread(target=relay.serve)
    thread.start()
    before = broker._control
    broker._control = ours
    try:
        yield asked
    finally:
        broker._control = before
        ours.close()
        thread.join(5)
        theirs.close()
        assert not thread.is_alive()


GPU = Destination("gpu.lan", 8000)


def at(port: int) -> Address:
    return socket.AF_INET, ("127.0.0.1", port)


def opened(where: Destination = GPU) -> socket.socket:
    found = broker.dial(where, timeout_s=5)
    assert found is not None
    return found


def test_a_name_is_looked_up_once_and_what_is_large_comes_through_whole() -> None:
    sent = os.urandom(3_000_000)
    with echo() as (port, _), relayed(GPU, to=[at(1), at(port)]) as asked:
        with opened() as link:
            threading.Thread(target=link.sendall, args=(sent,)).start()
            got = b""
            while len(got) < len(sent):
                got += link.recv(65_536)
        opened().close()
        assert got == sent
        assert asked == [GPU]


@pytest.mark.flaky(reruns=2)  # a busy machine may be late
def test_who_lets_go_makes_the_server_stop_at_once() -> None:
    with echo() as (port, ended), relayed(GPU, to=[at(port)]):
        link = opened()
        link.sendall(b"x")
        link.recv(1)
        at_s = time.monotonic()
        link.close()
        while not ended and time.monotonic() < at_s + 2:
            time.sleep(0.002)
        assert ended[0] - at_s < 0.2


def test_a_server_that_ends_is_noticed_after_its_last_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, relayed(GPU, to=[at(server.getsockname()[1])]):
        link = opened()
        client = server.accept()[0]
        client.sendall(b"last words")
        client.close()
        got = b""
        while data := link.recv(100):
            got += data
        link.close()
    assert got == b"last words"


def test_a_host_that_is_not_found_is_told_and_looked_up_again() -> None:
    with relayed(GPU, to=OSError(-2, "Name or service not known")) as asked:
        with pytest.raises(Exception, match=r"The host of gpu\.lan:8000 cannot be found: name or service not known\."):
            opened()
        assert asked == [GPU, GPU]


@pytest.mark.flaky(reruns=2)  # a busy machine may be late
def test_nobody_waits_for_a_connection_that_is_not_wanted_any_more() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    before, broker._control = broker._control, ours
    try:
        asked_s = time.monotonic()
        assert broker.dial(GPU, timeout_s=30, is_cancelled=lambda: time.monotonic() > asked_s + 0.05) is None
        assert time.monotonic() < asked_s + 0.5
        with pytest.raises(Exception, match="did not answer in time"):
            broker.dial(GPU, timeout_s=0.05)
    finally:
        broker._control = before
        ours.close()
        theirs.close()


def test_there_are_not_more_connections_than_anybody_needs() -> None:
    with echo() as (port, _), relayed(GPU, to=[at(port)]), contextlib.ExitStack() as stack:
        for _ in range(MOST_LINKS):
            stack.enter_context(opened())
        with pytest.raises(Exception, match="Too many connections"):
            opened()


def test_what_is_no_end_of_a_pair_is_not_taken() -> None:
    with relayed(GPU, to=[at(9)]):
        control = broker._control
        assert control is not None
        with socket.socket(socket.AF_INET) as other, Path(os.devnull).open("rb") as file:
            socket.send_fds(control, [b"gpu.lan 8000"], [other.fileno()])
            socket.send_fds(control, [b"gpu.lan 8000"], [file.fileno()])
            socket.send_fds(control, [b"gpu.lan 8000"], [file.fileno(), other.fileno()])
            control.send(b"nothing with it")
        with pytest.raises(Exception, match="cannot be reached"):
            opened()  # it is still there


def test_a_name_of_this_machine_never_leads_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    def lookup(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, 1, 6, "", (address, 80)) for address in ("192.0.2.7", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    assert look_up(Destination("localhost", 80)) == [(socket.AF_INET, ("127.0.0.1", 80))]
    assert len(look_up(Destination("gpu.lan", 80))) == 2


@pytest.mark.parametrize(
    ("text", "is_here"),
    [
        ("localhost:1", True),
        ("127.8.9.1:80", True),
        ("[::1]:80", True),
        ("[::ffff:127.0.0.1]:80", True),
        ("gpu.lan:8000", False),
        ("localhost.evil.org:80", False),
        ("0.0.0.0:80", False),
        ("[fd00::1]:80", False),
    ],
)
def test_what_is_this_machine(text: str, is_here: bool) -> None:
    assert parse(text).is_here is is_here
    assert str(parse(text)) == text


@pytest.mark.parametrize(
    "text", ["gpu.lan", "gpu.lan:", ":80", "gpu.lan:0", "gpu.lan:70000", "a b:80", "::1:80", "a/b:1"]
)
def test_what_is_no_destination(text: str) -> None:
    with pytest.raises(ValueError, match=r"there is no|in brackets"):
        parse(text)


def test_a_host_is_written_in_one_way() -> None:
    assert make(" GPU.Lan. ", "8000") == GPU
