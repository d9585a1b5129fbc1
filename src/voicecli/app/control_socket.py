"""A private socket through which other commands control a running `chat`.

Only its owner can reach the socket file (directory 0700, socket 0600). The kernel is asked for the user of each connection all the same, and other
users are refused. The server reads one word from a short list. The word `voice` passes the connection to `voice_hub`, which reads frames from it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import socket
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from voicecli.config import paths
from voicecli.errors import ConfigError, NoChat, VoiceBusy
from voicecli.pipeline.worker import log_fault

log = logging.getLogger(__name__)

WORDS: Final = ("start", "stop", "toggle", "discard", "mute")
"""The words that `voicecli ptt` can send."""

HUSH: Final = "hush"
"""Stops the speech of other programs."""

VOICE: Final = "voice"
"""Begins a connection of another program that wants to speak or to listen."""

BUSY: Final = "busy"

_YES: Final = "ok"
_ANSWER_S: Final = 1.0
"""How long either side waits for the other in all. It normally takes a millisecond."""

_LEAST_S: Final = 0.2
"""How long a chat may take to answer even if earlier ones have used up the time."""

_PAUSE_S: Final = 0.2
"""How long the server waits after an error. Without open files left, each connection is one until another file is closed."""

_MOST_CLIENTS: Final = 16
"""How many clients may be connected at a time. One more replaces the oldest."""

_LONGEST_WORD: Final = 32
"""In bytes; longer than any word."""

_LONGEST_PATH: Final = 103
"""The longest path of a socket in bytes on macOS, without the zero at its end. Linux allows four more."""

_LONGEST_NAME: Final = "chat-4194304.sock"
_JOIN_S: Final = 1.0
"""How long the thread of the socket may take to end, in seconds."""

NO_FOLDER: Final = "no folder for its socket has a path that is short enough"
ROOM: Final = _LONGEST_PATH - len(_LONGEST_NAME) - len(paths.APP) - 2
"""How many characters of a socket's path are left for the folder."""

SHORTER: Final = f"Set XDG_RUNTIME_DIR or TMPDIR to a folder whose path has at most {ROOM} characters."


def folders() -> list[Path]:
    """Returns the folders in which sockets may be, the best first.

    The best one is removed at a reboot; it is used if the system has it and this user owns it.
    """
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}")
    own = [runtime / paths.APP] if _is_own(runtime) else []
    found = [*own, paths.state_dir() / "run", Path(tempfile.gettempdir()) / f"voicecli-{os.getuid()}"]
    return [folder for folder in found if len(os.fsencode(folder / _LONGEST_NAME)) <= _LONGEST_PATH]


class ControlServer:
    """Receives the words that other commands send. A client that is slow, or sends nothing, does not delay others.

    Args:
        obey: Takes a word of `WORDS`, or `HUSH`, in this server's thread. Returns False if the session is over. Must not wait.
        folder: The folder of the socket; None for the best one.
        adopt: Takes the connection of a program that wants to speak or to listen, and closes it at the end. Returns False if another program
            is using the voice.

    Raises:
        OSError: The socket cannot be made.
    """

    def __init__(
        self,
        obey: Callable[[str], bool],
        folder: Path | None = None,
        *,
        adopt: Callable[[socket.socket], bool] = lambda _connection: False,
    ) -> None:
        self._obey = obey
        self._adopt = adopt
        self._clients: dict[socket.socket, _Client] = {}
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._woken, self._waker = socket.socketpair()
        try:
            self.path = self._bind(folder or _best_folder())
        except BaseException:
            self._close_all()
            raise
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Removes the socket. May be called twice."""
        self.path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._waker.send(b"x")
        self._thread.join(_JOIN_S)
        self._close_all()

    def _bind(self, folder: Path) -> Path:
        paths.private_dir(folder)
        if not _is_own(folder):
            raise PermissionError(13, "it belongs to somebody else", str(folder))
        folder.chmod(0o700)
        for _ in _living(folder):
            pass  # iterating removes the sockets of dead sessions
        path = folder / f"chat-{os.getpid()}.sock"
        # The socket gets its name once it can answer, so that nobody takes it for the socket of a dead session.
        unnamed = folder / f".{os.getpid()}"
        unnamed.unlink(missing_ok=True)
        self._socket.bind(str(unnamed))
        unnamed.chmod(0o600)
        self._socket.listen(_MOST_CLIENTS)
        unnamed.rename(path)
        return path

    def _close_all(self) -> None:
        for each in (self._socket, self._woken, self._waker, *self._clients):
            each.close()

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while True:
                ready = [key.fileobj for key, _ in selector.select(self._patience_s())]
                if self._woken in ready:
                    return
                try:
                    self._serve(selector, ready)
                except Exception as error:  # noqa: BLE001 - the key has to work for as long as the chat does
                    log_fault("control", error)
                    time.sleep(_PAUSE_S)  # a connection that cannot be accepted is reported again at once

    def _patience_s(self) -> float | None:
        if not self._clients:
            return None
        return max(0.0, min(client.until_s for client in self._clients.values()) - time.monotonic())

    def _serve(self, selector: selectors.BaseSelector, ready: Collection[object]) -> None:
        for connection, client in list(self._clients.items()):
            over = time.monotonic() >= client.until_s
            if connection not in ready and not over:
                continue
            adopted = False
            try:
                said = _said(connection, client)
                if said is not None or over:
                    self._release(selector, connection)
                adopted = said is not None and self._is_adopted(connection, said)
            except OSError as error:  # it went away
                log.info("control: %s", error)
                self._release(selector, connection)
            finally:
                if connection not in self._clients and not adopted:
                    connection.close()
        if self._socket in ready:
            connection, _ = self._socket.accept()
            if len(self._clients) >= _MOST_CLIENTS:
                oldest = next(iter(self._clients))
                self._release(selector, oldest)
                oldest.close()
            connection.setblocking(False)
            self._clients[connection] = _Client(until_s=time.monotonic() + _ANSWER_S)
            selector.register(connection, selectors.EVENT_READ)

    def _release(self, selector: selectors.BaseSelector, connection: socket.socket) -> None:
        if self._clients.pop(connection, None) is not None:
            selector.unregister(connection)

    def _is_adopted(self, connection: socket.socket, word: str) -> bool:
        """Carries out a word, and answers. Returns whether the connection was passed on."""
        if peer_uid(connection) != os.geteuid():
            log.warning("control: another user was refused")
            answer = "refused"
        elif word == VOICE:
            if self._adopt(connection):
                return True
            answer = BUSY
        elif word not in {*WORDS, HUSH}:
            answer = "unknown"
        else:
            answer = _YES if self._obey(word) else "gone"
        connection.send(answer.encode() + b"\n")
        return False


@dataclass(slots=True, kw_only=True)
class _Client:
    """A connection. `until_s`: when it is dropped. `said`: the data received so far."""

    until_s: float
    said: bytes = b""


def _said(connection: socket.socket, client: _Client) -> str | None:
    """Reads what has arrived. Returns the word once it is complete; None before that, and if nobody waits for the answer any more."""
    try:
        waiting = connection.recv(_LONGEST_WORD, socket.MSG_PEEK)
    except BlockingIOError:
        return None
    if not waiting:
        client.until_s = 0.0  # the client went away
        return None
    end = waiting.find(b"\n") + 1
    client.said += connection.recv(end or len(waiting))  # data after the word is not for this server
    if not end and len(client.said) < _LONGEST_WORD:
        return None
    if _is_gone(connection):  # the word is old: this process was suspended since then
        client.until_s = 0.0
        return None
    return client.said.decode("ascii", errors="replace").strip()


def _is_gone(connection: socket.socket) -> bool:
    """Whether nobody is left at the other end to get an answer."""
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False


def _best_folder() -> Path:
    found = folders()
    if not found:
        raise OSError(f"{NO_FOLDER}. {SHORTER.rstrip('.')}")
    return found[0]


def send(word: str, pid: int | None = None) -> None:
    """Sends a word of `WORDS`, or `HUSH`, to the newest chat of this user, or to the chat with this process number. A suspended chat is skipped.

    Raises:
        NoChat: No chat is running, or none answers.
        ConfigError: This system has no such sockets, or no folder for them.
    """
    if sys.platform == "win32" or not hasattr(socket, "AF_UNIX"):
        raise ConfigError(
            "This system has no local sockets that belong to one user.", "Use a global key: voicecli chat --hotkey F9"
        )
    if not folders():
        raise ConfigError(f"A chat cannot be reached: {NO_FOLDER}.", SHORTER)
    until_s = time.monotonic() + _ANSWER_S
    trouble: NoChat | None = None
    for path, connection in (each for folder in folders() for each in _living(folder)):
        with connection:
            number = path.stem.removeprefix("chat-")
            if pid is not None and number != str(pid):
                continue
            if _is_suspended(number):
                trouble = trouble or NoChat(f"The chat with process ID {number} is suspended.", "fg")
                continue
            connection.settimeout(max(_LEAST_S, until_s - time.monotonic()))
            try:
                connection.sendall(word.encode() + b"\n")
                answer = _line(connection)
            except OSError:
                trouble = trouble or NoChat(f"The chat with process ID {number} does not respond.", f"ps -p {number}")
                continue
            if answer == _YES:
                return
            trouble = trouble or NoChat(
                f"The chat with process ID {number} refused: {answer or 'it ended'}.", f"ps -p {number}"
            )
    which = "No chat is running" if pid is None else f"No chat with process ID {pid} is running"
    raise trouble or NoChat(f"{which}.", "Start one: voicecli chat --ptt")


def _is_suspended(number: str) -> bool:
    """Whether a process is stopped (Ctrl-Z); False if the system does not say. Only Linux does."""
    try:
        return (
            Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
            == "T"
        )
    except (OSError, IndexError):
        return False


def open_voice() -> tuple[socket.socket, int] | None:
    """Connects to the newest chat of this user, to speak or to listen. The connection blocks.

    Returns:
        The connection and the process number of the chat; None if no chat is running.

    Raises:
        VoiceBusy: Another program is using the voice.
        NoChat: The chat does not respond.
    """
    for folder in folders():
        for path, connection in _living(folder, keeps=True):
            pid = int(path.stem.removeprefix("chat-"))
            try:
                connection.sendall(VOICE.encode() + b"\n")
                answer = _line(connection, longest=1 + max(len(BUSY), len(_YES)))
            except OSError as error:
                connection.close()
                raise NoChat(f"The chat with process ID {pid} does not respond.", f"ps -p {pid}") from error
            if answer == _YES:
                connection.settimeout(None)
                return connection, pid
            connection.close()
            if answer == BUSY:
                raise VoiceBusy("Another program is using the voice.", "Wait until it has finished, or stop it there.")
            raise NoChat(f"The chat with process ID {pid} refused: {answer or 'it ended'}.", f"ps -p {pid}")
    return None


def peer_uid(connection: socket.socket) -> int | None:
    """Returns the user at the other end according to the kernel; None if it does not report one."""
    try:
        if hasattr(socket, "SO_PEERCRED"):
            raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("iII"))
            return int(struct.unpack("iII", raw)[1])
        # macOS and the BSDs: SOL_LOCAL, LOCAL_PEERCRED; a struct xucred begins with its version and the user (unix(4)).
        raw = connection.getsockopt(0, 1, 128)
        return int(struct.unpack_from("II", raw)[1])
    except (OSError, struct.error):
        return None


def _living(folder: Path, *, keeps: bool = False) -> Iterator[tuple[Path, socket.socket]]:
    """Yields connections to the chats of a folder, the newest first, and removes sockets that nobody answers. With `keeps` the caller closes them."""
    if not _is_own(folder):
        return
    born = {}
    for path in folder.glob("chat-*.sock"):
        with contextlib.suppress(FileNotFoundError):
            born[path] = path.stat().st_mtime_ns
    for path in sorted(born, key=lambda path: born[path], reverse=True):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(_ANSWER_S)
        try:
            _connect(connection, path)
        except ConnectionRefusedError:
            connection.close()
            path.unlink(missing_ok=True)
        except OSError:  # it has just ended, or is too busy to answer
            connection.close()
        else:
            if keeps:
                yield path, connection
                continue
            with connection:
                yield path, connection


def _connect(connection: socket.socket, path: Path) -> None:
    """Connects, and waits while the chat has not yet taken the connections of others."""
    until_s = time.monotonic() + _LEAST_S
    while True:
        try:
            return connection.connect(str(path))
        except BlockingIOError:  # Linux does not wait for its turn where there is a time limit
            if time.monotonic() > until_s:
                raise
        time.sleep(0.005)


def _line(connection: socket.socket, longest: int = _LONGEST_WORD) -> str:
    """Reads a short line and returns it without its end. Nothing after it is read."""
    received = b""
    while not received.endswith(b"\n") and len(received) < longest:
        more = connection.recv(1)
        if not more:
            break
        received += more
    return received.decode("ascii", errors="replace").strip()


def _is_own(folder: Path) -> bool:
    """Whether this is a folder of this user, and not a link to a folder of somebody else."""
    try:
        return folder.is_dir() and folder.lstat().st_uid == os.geteuid()
    except OSError:
        return False
