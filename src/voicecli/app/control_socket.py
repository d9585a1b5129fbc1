"""A private socket by which one command tells a running `chat` what to do.

It is a file only its owner can reach (directory 0700, socket 0600), and whoever connects is asked of the kernel all the same: another user is
refused. What is read is a word from a short list. The word `voice` hands the connection to `voice_hub`, which reads frames from it.
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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from voicecli.config import paths
from voicecli.errors import ConfigError, NoChat, VoiceBusy

log = logging.getLogger(__name__)

WORDS: Final = ("start", "stop", "toggle", "discard", "mute")
"""What `voicecli ptt` can say."""

HUSH: Final = "hush"
"""Stops what other programs are saying."""

VOICE: Final = "voice"
"""Begins a connection of another program that wants to speak or to listen."""

BUSY: Final = "busy"

_YES: Final = "ok"
_ANSWER_S: Final = 2.0
"""So long either side waits for the other; it takes a millisecond."""

_LONGEST_PATH: Final = 103
"""Bytes of a socket's path, without the zero at its end, that macOS allows; Linux allows four more."""

_LONGEST_NAME: Final = "chat-4194304.sock"
_JOIN_S: Final = 2.0


def folders() -> list[Path]:
    """Where sockets may be, the best first: a place that is gone after a reboot, if the system has one and it is this user's."""
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}")
    own = [runtime / paths.APP] if _is_own(runtime) else []
    found = [*own, paths.state_dir() / "run", Path(tempfile.gettempdir()) / f"voicecli-{os.getuid()}"]
    return [folder for folder in found if len(os.fsencode(folder / _LONGEST_NAME)) <= _LONGEST_PATH]


class ControlServer:
    """Hears what other commands have to say.

    Args:
        obey: Takes a word of `WORDS`, or `HUSH`, in this server's thread; False when nobody is there any more to obey it. Must not wait.
        folder: Where the socket is made; None for the best there is.
        adopt: Takes the connection of a program that wants to speak or to listen, and closes it at the end; False if another one is using the voice.

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
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._woken, self._waker = socket.socketpair()
        try:
            self.path = self._bind(folder or folders()[0])
        except BaseException:
            self._close_all()
            raise
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Takes the socket away; may be called twice."""
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
            pass  # what dead sessions left is cleared away
        path = folder / f"chat-{os.getpid()}.sock"
        # It gets its name when it can answer, so that nobody takes it for one that a dead session left.
        unnamed = folder / f".{os.getpid()}"
        unnamed.unlink(missing_ok=True)
        self._socket.bind(str(unnamed))
        unnamed.chmod(0o600)
        self._socket.listen(4)
        unnamed.rename(path)
        return path

    def _close_all(self) -> None:
        for each in (self._socket, self._woken, self._waker):
            each.close()

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _ in selector.select()}
                if self._woken in ready:
                    return
                try:
                    connection, _ = self._socket.accept()
                    self._serve(connection)
                except OSError as error:  # it went away, or never said anything
                    log.info("control: %s", error)

    def _serve(self, connection: socket.socket) -> None:
        kept = False
        try:
            connection.settimeout(_ANSWER_S)
            word = _line(connection)  # read in any case: closed with something unread, the answer would be lost
            if word == VOICE and peer_uid(connection) == os.geteuid():
                kept = self._adopt(connection)
                if not kept:
                    connection.sendall(BUSY.encode() + b"\n")
            else:
                connection.sendall(self._answer(connection, word).encode() + b"\n")
        finally:
            if not kept:
                connection.close()

    def _answer(self, connection: socket.socket, word: str) -> str:
        if peer_uid(connection) != os.geteuid():
            log.warning("control: another user was refused")
            return "refused"
        if word not in {*WORDS, HUSH}:
            return "unknown"
        return "ok" if self._obey(word) else "gone"


def send(word: str, pid: int | None = None) -> None:
    """Tells the newest chat of this user, or the one with a process number, a word of `WORDS`, or `HUSH`.

    Raises:
        NoChat: None is running, or it does not answer.
        ConfigError: This system has no such sockets.
    """
    if sys.platform == "win32" or not hasattr(socket, "AF_UNIX"):
        raise ConfigError(
            "This system has no local sockets that belong to one user.", "Use a global key: voicecli chat --hotkey F9"
        )
    for folder in folders():
        for path, connection in _living(folder):
            with connection:
                if pid is not None and path.stem != f"chat-{pid}":
                    continue
                _say(connection, word, path)
                return
    which = "No chat is running" if pid is None else f"No chat with process ID {pid} is running"
    raise NoChat(f"{which}.", "Start one: voicecli chat --ptt")


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
    """The user at the other end, as the kernel knows it; None where it does not say."""
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
    """Connections to the chats of a folder, the newest first; what nobody answers at any more is taken away. With `keeps` the caller closes them."""
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
            connection.connect(str(path))
        except ConnectionRefusedError:
            connection.close()
            path.unlink(missing_ok=True)
        except OSError:  # it ended just now, or is too busy to answer
            connection.close()
        else:
            if keeps:
                yield path, connection
                continue
            with connection:
                yield path, connection


def _say(connection: socket.socket, word: str, path: Path) -> None:
    pid = path.stem.removeprefix("chat-")
    try:
        connection.sendall(word.encode() + b"\n")
        answer = _line(connection)
    except OSError as error:
        raise NoChat(f"The chat with process ID {pid} does not respond.", f"ps -p {pid}") from error
    if answer != "ok":
        raise NoChat(f"The chat with process ID {pid} refused: {answer or 'it ended'}.", f"ps -p {pid}")


def _line(connection: socket.socket, longest: int = 32) -> str:
    """A short line, without its end. Nothing that follows it is read."""
    received = b""
    while not received.endswith(b"\n") and len(received) < longest:
        more = connection.recv(1)
        if not more:
            break
        received += more
    return received.decode("ascii", errors="replace").strip()


def _is_own(folder: Path) -> bool:
    """Whether it is a folder of this user (and no link to somebody else's)."""
    try:
        return folder.is_dir() and folder.lstat().st_uid == os.geteuid()
    except OSError:
        return False
