"""The voice as another program uses it: that of a running chat, or of a chat without a language model that is started for it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from voicecli.app import control_socket, voice_frames
from voicecli.errors import ConfigError, NoChat, StageError, VoiceCliError

if TYPE_CHECKING:
    from voicecli.tools.definitions import IsCancelled

ASK_S: Final = 0.05
"""How often a waiting thread checks whether its call is still wanted."""

START_S: Final = 120.0
"""How long a chat may take to load its models."""

END_S: Final = 5.0
"""How long a process that transcribes a file may take to end after it was terminated."""

TRANSCRIBE_S: Final = 600.0
"""How long the transcription of a file may take."""

Spawn: TypeAlias = "Callable[[Sequence[str]], subprocess.Popen[bytes]]"


class VoiceFailed(StageError):
    """A text could not be spoken, or nobody can be heard."""

    code = "voice-failed"


class CallCancelled(Exception):
    """Nobody waits for the result of a call any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """The result of speaking and listening.

    Attributes:
        heard: The part of the text that the person heard.
        cut: Whether the person talked over it.
        said: What the person said; empty if they said nothing in time.
    """

    heard: str = ""
    cut: bool = False
    said: str = ""


class VoiceClient:
    """Speaks, listens and transcribes for one other program.

    Thread: any. The chat that this starts must be started by a thread that lives as long as this object (`spawn`).

    Args:
        options: Options of `voicecli chat`, for the chat that is started if none runs.
        spawn: Starts a program with these arguments of `voicecli`, from a thread that stays.
    """

    def __init__(self, options: Sequence[str], spawn: Spawn) -> None:
        self._options = tuple(options)
        self._spawn = spawn
        self._own: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def use(self, *, text: str, limit_s: float, is_cancelled: IsCancelled) -> Used:
        """Speaks `text`, then listens for `limit_s` seconds; either may be empty. Waits until that is over.

        Raises:
            VoiceBusy: Another program is using the voice.
            VoiceFailed: It could not be spoken, or nobody can be heard.
            CallCancelled: The call is cancelled. Speech is then stopped.
            VoiceCliError: No voice is available.
        """
        with self._connection(is_cancelled) as connection:
            try:
                voice_frames.send(connection, {"text": text, "limit_s": limit_s})
            except voice_frames.BadFrame as error:
                raise ConfigError(str(error), "Say it in parts.") from error
            while not select.select([connection], [], [], ASK_S)[0]:
                if is_cancelled():
                    raise CallCancelled
            try:
                answer = voice_frames.receive(connection)
            except (OSError, voice_frames.BadFrame):
                answer = None
        if answer is None:
            raise NoChat("The chat ended before it had answered.", "Try again.")
        if fault := str(answer.get("fault", "")):
            raise VoiceFailed(fault)
        return Used(
            heard=str(answer.get("heard", "")), cut=bool(answer.get("cut", False)), said=str(answer.get("said", ""))
        )

    def stop(self) -> bool:
        """Stops the speech of other programs. Returns False if no chat is running."""
        try:
            control_socket.send(control_socket.HUSH)
        except NoChat:
            return False
        return True

    def transcribe(self, path: Path, is_cancelled: IsCancelled) -> str:
        """Returns what is said in a sound file.

        Raises:
            VoiceCliError: It cannot be read, or there is no recogniser.
            CallCancelled: The call is cancelled.
        """
        process = self._spawn(["transcribe", "--json", "--", str(path)])
        try:
            output = _output(process, is_cancelled)
        finally:
            _end(process)
        records = [
            json.loads(line) for line in output.decode("utf-8", errors="replace").splitlines() if line.startswith("{")
        ]
        for each in records:
            if each.get("event") == "error":
                raise VoiceFailed(str(each.get("message", "")), str(each.get("hint", "")))
        if process.returncode:
            raise VoiceFailed(f"{path} could not be transcribed.", f"voicecli transcribe {path}")
        return " ".join(text for each in records if (text := str(each.get("text", "")).strip()))

    def close(self) -> None:
        """Ends the chat that was started, if any."""
        with self._lock:
            own, self._own = self._own, None
        if own is not None:
            _end(own)

    def _connection(self, is_cancelled: IsCancelled) -> socket.socket:
        opened = control_socket.open_voice()
        if opened is None:
            self._start(is_cancelled)
            opened = control_socket.open_voice()
        if opened is None:
            raise NoChat("The chat that was started for this has ended.", "voicecli doctor")
        return opened[0]

    def _start(self, is_cancelled: IsCancelled) -> None:
        """Starts a chat without a language model, and waits until it is ready."""
        with self._lock:
            if self._own is not None:
                _end(self._own)
            self._own = own = self._spawn(["chat", "--voice-only", "--no-save", "--json", *self._options])
        assert own.stdout is not None  # noqa: S101 - it was asked for
        for line in own.stdout:
            event = _event(line)
            if event.get("event") == "error" and event.get("turn") is None:
                own.wait()
                raise VoiceFailed(str(event.get("message", "")), str(event.get("hint", "")))
            if event.get("event") == "ready":
                threading.Thread(target=_drain, args=(own,), name="chat", daemon=True).start()
                return
            if is_cancelled():
                raise CallCancelled
        own.wait()
        raise NoChat("The chat that was started for this has ended.", "voicecli doctor")


def _event(line: bytes) -> dict[str, object]:
    with contextlib.suppress(ValueError):
        event = json.loads(line)
        if isinstance(event, dict):
            return event
    return {}


def _drain(process: subprocess.Popen[bytes]) -> None:
    """Reads and discards the output, so that the program never blocks on it."""
    with contextlib.suppress(OSError, ValueError):
        for _ in process.stdout or ():
            pass
    process.wait()


def _output(process: subprocess.Popen[bytes], is_cancelled: IsCancelled) -> bytes:
    waited_s = 0.0
    while True:
        try:
            return process.communicate(timeout=ASK_S)[0]
        except subprocess.TimeoutExpired:
            waited_s += ASK_S
            if is_cancelled() or waited_s > TRANSCRIBE_S:
                raise CallCancelled from None


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def spawn(words: Sequence[str]) -> subprocess.Popen[bytes]:
    """Starts `voicecli` with these arguments. On Linux it ends with the thread that calls this."""
    from voicecli.tools.mcp.programs import tied

    return subprocess.Popen(
        tied((sys.executable, "-P", "-m", "voicecli", *words)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=dict(os.environ),
        start_new_session=True,
    )


def error_in_words(error: VoiceCliError) -> str:
    """Returns an error as text for another program: what happened, and what to do."""
    return f"{error.message} {error.hint}".strip()
