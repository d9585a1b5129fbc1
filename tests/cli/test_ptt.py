"""`voicecli ptt` and its socket: it reaches the right chat, and only the user's own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import pytest

from fakes.forked import voicecli as run
from voicecli.app import control_socket
from voicecli.app.control_socket import WORDS, ControlServer, peer_uid, send
from voicecli.app.talk_keys import REPORT_OF_WORD
from voicecli.errors import ConfigError, NoChat

NOBODY = 65534


class Chat(ControlServer):
    """Stores the messages it receives."""

    def __init__(self, folder: Path, pid: int | None = None) -> None:
        self.told: list[str] = []
        self.alive = True
        super().__init__(self._take, folder)
        if pid is not None:  # as if it were another process
            self.path = self.path.rename(folder / f"chat-{pid}.sock")

    def _take(self, word: str) -> bool:
        self.told.append(word)
        return self.alive

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for sockets. Its path is short, because the path of a socket has to be."""
    with tempfile.TemporaryDirectory(prefix="vc-") as name:
        for variable in ("XDG_RUNTIME_DIR", "XDG_STATE_HOME", "TMPDIR", "HOME"):
            monkeypatch.setenv(variable, name)
        monkeypatch.setattr(tempfile, "tempdir", name)
        yield Path(name) / "voicecli"


@pytest.mark.parametrize("word", WORDS)
def test_every_word_reaches_the_chat_and_says_nothing(folder: Path, word: str) -> None:
    with Chat(folder) as chat:
        done = run("ptt", word)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert chat.told == [word]


def test_every_word_means_something() -> None:
    assert set(REPORT_OF_WORD) == set(WORDS)


def test_without_a_chat_it_says_so_and_what_to_do(folder: Path) -> None:
    done = run("ptt", "toggle")
    assert done.returncode == 1
    assert done.stderr == "error: No chat is running.\nhint: Start one: voicecli chat --ptt\n"
    assert not folder.exists()


def test_only_its_owner_can_open_it(folder: Path) -> None:
    with Chat(folder) as chat:
        assert oct(chat.path.stat().st_mode & 0o777) == "0o600"
        assert oct(folder.stat().st_mode & 0o777) == "0o700"


def test_a_folder_that_others_can_look_into_is_closed_to_them(folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    with Chat(folder):
        assert oct(folder.stat().st_mode & 0o777) == "0o700"


def test_the_newest_of_several_chats_is_told_or_the_one_that_is_named(folder: Path) -> None:
    with Chat(folder, pid=1001) as old, Chat(folder, pid=1002) as new:
        os.utime(old.path, ns=(0, 0))
        send("toggle")
        assert (old.told, new.told) == ([], ["toggle"])
        send("toggle", pid=1001)
        assert (old.told, new.told) == (["toggle"], ["toggle"])
        with pytest.raises(NoChat, match="1003"):
            send("toggle", pid=1003)


def test_it_is_gone_when_the_chat_has_ended_and_so_is_its_thread(folder: Path) -> None:
    before = threading.active_count()
    with Chat(folder):
        assert threading.active_count() == before + 1
    assert list(folder.iterdir()) == []
    assert threading.active_count() == before
    with pytest.raises(NoChat):
        send("toggle")


def test_what_a_dead_chat_left_is_cleared_away_by_whoever_comes_next(folder: Path) -> None:
    def leave() -> None:
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(folder / "chat-1.sock"))

    folder.mkdir(parents=True, mode=0o700)
    leave()
    with pytest.raises(NoChat):
        send("toggle")
    assert list(folder.iterdir()) == []
    leave()
    with Chat(folder) as chat:
        assert list(folder.iterdir()) == [chat.path]


def test_a_chat_that_is_ending_is_no_chat(folder: Path) -> None:
    with Chat(folder) as chat:
        chat.alive = False
        with pytest.raises(NoChat, match="refused: gone"):
            send("toggle")


@pytest.mark.parametrize("said", [b"", b"quit\n", b"toggle" * 1000, b"\xff\xfe\n", b"toggle toggle\n"])
def test_nothing_but_its_words_does_anything_and_it_goes_on(folder: Path, said: bytes) -> None:
    with Chat(folder) as chat:
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.connect(str(chat.path))
            stranger.sendall(said)
            stranger.shutdown(socket.SHUT_WR)
        send("toggle")
        assert chat.told == ["toggle"]


def test_clients_that_are_slow_or_say_nothing_delay_nobody_and_are_dropped(folder: Path) -> None:
    with Chat(folder) as chat, ExitStack() as stack:
        slow = [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(control_socket._MOST_CLIENTS + 2)]
        for stranger in slow:
            stranger.connect(str(chat.path))
            stranger.send(b"t")
        began_s = time.monotonic()
        send("toggle")
        assert time.monotonic() - began_s < 0.5
        assert chat.told == ["toggle"]
        for stranger in slow:
            stranger.settimeout(5)
            assert stranger.recv(100) == b""
        assert time.monotonic() - began_s < 2.5


def test_a_fault_of_the_server_costs_one_word(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Chat(folder) as chat:
        with monkeypatch.context() as broken:
            broken.setattr(control_socket, "peer_uid", lambda _: 1 / 0)
            with pytest.raises(NoChat):
                send("toggle")
        send("toggle")
        assert chat.told == ["toggle"]


def test_a_key_waits_its_turn_behind_a_crowd_of_others(folder: Path) -> None:
    folder.mkdir(parents=True, mode=0o700)
    with socket.socket(socket.AF_UNIX) as crowded, ExitStack() as stack:
        path = folder / "chat-1001.sock"
        crowded.bind(str(path))
        crowded.listen(0)
        first = stack.enter_context(socket.socket(socket.AF_UNIX))
        first.connect(str(path))

        def accept_late() -> None:
            time.sleep(0.05)
            stack.enter_context(crowded.accept()[0])
            connection = stack.enter_context(crowded.accept()[0])
            connection.recv(32)
            connection.sendall(b"ok\n")

        thread = threading.Thread(target=accept_late)
        thread.start()
        send("toggle")
        thread.join()


def test_without_open_files_it_waits_and_goes_on_when_there_are_some(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept, refused = socket.socket.accept, 0

    def full(_listener: socket.socket) -> tuple[socket.socket, object]:
        nonlocal refused
        refused += 1
        raise OSError(24, "Too many open files")

    with Chat(folder) as chat, socket.socket(socket.AF_UNIX) as client:
        monkeypatch.setattr(socket.socket, "accept", full)
        client.connect(str(chat.path))
        time.sleep(0.5)
        assert 1 <= refused < 10
        monkeypatch.setattr(socket.socket, "accept", accept)
        send("toggle")
        assert chat.told == ["toggle"]


OTHER = """
import sys
from pathlib import Path
from voicecli.app.control_socket import ControlServer
server = ControlServer(lambda word: print(word, flush=True) is None, Path(sys.argv[1]))
print(server.path, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def suspended(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A chat of another process, stopped as by Ctrl-Z; it tells what it was told."""
    other = subprocess.Popen(
        [sys.executable, "-c", OTHER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline().strip() == str(folder / f"chat-{other.pid}.sock")
    other.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, other.pid, os.WSTOPPED | os.WNOWAIT)
    try:
        yield other
    finally:
        other.kill()
        other.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says that a process is stopped")
def test_a_suspended_chat_hides_no_living_one(folder: Path, suspended: subprocess.Popen[str]) -> None:
    with pytest.raises(NoChat, match=f"{suspended.pid} is suspended"):
        send("toggle")
    with Chat(folder, pid=1001) as living:
        os.utime(living.path, ns=(0, 0))  # the suspended one is newer
        began_s = time.monotonic()
        send("toggle")
        assert time.monotonic() - began_s < 1.0
        assert living.told == ["toggle"]


def test_what_was_said_to_a_suspended_chat_by_somebody_who_has_gone_is_not_obeyed(
    folder: Path, suspended: subprocess.Popen[str]
) -> None:
    with socket.socket(socket.AF_UNIX) as gone:
        gone.connect(str(folder / f"chat-{suspended.pid}.sock"))
        gone.sendall(b"start\n")
    suspended.send_signal(signal.SIGCONT)
    send("toggle", pid=suspended.pid)
    assert suspended.stdout is not None
    assert suspended.stdout.readline() == "toggle\n"


def test_where_every_path_is_too_long_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_socket, "folders", list)
    with pytest.raises(ConfigError, match="short enough") as caught:
        send("toggle")
    assert "XDG_RUNTIME_DIR" in caught.value.hint
    with pytest.raises(OSError, match="short enough"):
        ControlServer(lambda _: True)


def test_the_kernel_says_who_is_at_the_other_end() -> None:
    one, other = socket.socketpair(socket.AF_UNIX)
    with one, other:
        assert peer_uid(one) == os.getuid()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_another_user_is_refused_even_where_the_files_would_let_them(folder: Path) -> None:
    code = f"""
import os, socket, sys
os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
with socket.socket(socket.AF_UNIX) as there:
    there.connect(sys.argv[1])
    there.sendall(b"toggle\\n")
    print(there.recv(100).decode(), end="")
"""
    with Chat(folder) as chat:
        attempt = [sys.executable, "-c", code, str(chat.path)]
        closed = subprocess.run(attempt, capture_output=True, text=True, timeout=60, check=False)
        assert "PermissionError" in closed.stderr
        for path in (folder.parent, folder):
            path.chmod(0o755)
        chat.path.chmod(0o666)
        opened = subprocess.run(attempt, capture_output=True, text=True, timeout=60, check=False)
        assert opened.stdout == "refused\n", opened.stderr
        assert chat.told == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_folder_of_somebody_else_is_not_used(folder: Path) -> None:
    folder.mkdir(parents=True)
    os.chown(folder, NOBODY, NOBODY)
    with pytest.raises(PermissionError):
        Chat(folder)
    os.chown(folder.parent, NOBODY, NOBODY)
    assert folder not in control_socket.folders()
    os.chown(folder.parent, 0, 0)


def test_a_path_too_long_for_a_socket_is_passed_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = folder.parent / ("d" * 100)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    monkeypatch.setenv("XDG_STATE_HOME", str(deep))
    assert control_socket.folders() == [folder.parent / f"voicecli-{os.getuid()}"]
    with Chat(control_socket.folders()[0]) as chat:
        send("toggle")
        assert chat.told == ["toggle"]


def test_a_process_that_may_not_reach_any_machine_may_reach_it() -> None:
    code = """
import socket, tempfile
from pathlib import Path
from voicecli.app import control_socket
from voicecli.errors import NetworkRefused
from voicecli.offline import refuse_network
refuse_network()
with tempfile.TemporaryDirectory(prefix="vc-") as name:
    control_socket.folders = lambda: [Path(name)]
    told = []
    server = control_socket.ControlServer(lambda word: told.append(word) is None)
    control_socket.send("toggle")
    server.close()
    assert told == ["toggle"]
try:
    socket.create_connection(("192.0.2.1", 443))
except NetworkRefused:
    print("refused")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "refused\n", done.stderr
