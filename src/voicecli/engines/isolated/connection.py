"""The conversation's end of the connection to an engine's process: requests work, waits for results, cancels work."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from voicecli.engines.isolated.framing import Frame, GoneError, MalformedError, Wire
from voicecli.engines.isolated.process_status import Looks, look_at

if TYPE_CHECKING:
    from voicecli.engines.isolated.fields import Fields
    from voicecli.engines.ports import IsCancelled
    from voicecli.pcm import Pcm

ASK_S: Final = 0.005
"""How often a thread that waits for an engine checks whether the work is still wanted."""

DROPPED_S: Final = 30.0
"""How long an engine may go on computing work that was cancelled. A window of the largest recogniser takes that long on a slow machine."""

END_S: Final = 1.0
"""How long a process may take to end by itself; then the watch ends it."""

_OPTIONS: Final = ("-P", "-m", "voicecli.engines.isolated.child")
"""With `-P` nothing is imported from the folder in which the program was started."""


class CrashedError(Exception):
    """The process died, or was ended because it hung, before it had finished its work."""


class EngineProcess:
    """One process of an engine, from its start to its end.

    Thread: one thread at a time requests work; any thread may call `close`, `kill` and `look`.

    Args:
        parent: The number of this process.
        name: The engine's name, shown in a list of processes.

    Attributes:
        on_end: Called once when the process has ended, by the thread that noticed.
        ended: Set after that call.
        hung: Whether the process was ended because it hung.
        loading: Whether it is loading its model.
    """

    def __init__(self, parent: int, name: str) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            theirs.set_inheritable(True)
            command = [sys.executable, *_OPTIONS, str(theirs.fileno()), str(parent), name]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # stderr may be the screen; if there is a log, the process opens it itself
                pass_fds=(theirs.fileno(),),
                process_group=0,  # only the conversation gets Ctrl-C and Ctrl-Z from the terminal
            )
        self._wire = Wire(ours)
        self._looks = Looks()
        self._number = 0
        self._owes = False
        self._closed_s: float | None = None
        self._began_s = time.monotonic()
        self.on_end: Callable[[EngineProcess], object] = lambda _: None
        self.ended = threading.Event()
        self.hung = False
        self.loading = False

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """The exit code, or a signal as a negative number; None until it is known."""
        return self._process.returncode

    @property
    def age_s(self) -> float:
        """How long ago the process was started."""
        return time.monotonic() - self._began_s

    # ---- work

    def ask(self, fields: Fields, sound: Pcm | None, is_cancelled: IsCancelled) -> Fields:
        """Has the engine do one piece of work.

        Returns:
            The fields of the answer.

        Raises:
            CrashedError: The process died.
            VoiceCliError: The engine raised it.
        """
        number = self._begin(fields, sound, is_cancelled)
        frame = self._wait(number, is_cancelled)
        return _checked(frame)

    def stream(self, fields: Fields, is_cancelled: IsCancelled) -> Iterator[Frame]:
        """Has the engine make a result piece by piece; each piece is made when it is requested.

        Yields:
            The pieces, and last the frame that says how the stream ended.

        Raises:
            CrashedError: The process died.
            VoiceCliError: The engine raised it.
        """
        number = self._begin(fields, None, is_cancelled)
        over = False
        try:
            while True:
                frame = self._wait(number, is_cancelled)
                over = bool(frame.fields.get("end"))
                if over:
                    _checked(frame)
                yield frame
                if over:
                    return
                if is_cancelled():
                    return
                if not frame.fields.get("aside"):
                    self._send({"do": "next", "id": number})
        except CrashedError:
            over = True
            raise
        finally:
            if not over:
                self._abandon(number)

    def _begin(self, fields: Fields, sound: Pcm | None, is_cancelled: IsCancelled) -> int:
        self._number += 1
        request: Fields = {**fields, "id": self._number}
        if is_cancelled():
            request["dropped"] = True
        self._owes = True
        self._send(request, sound)
        return self._number

    def _wait(self, number: int, is_cancelled: IsCancelled) -> Frame:
        """Returns the next frame with that number. Tells the process once if the work is no longer wanted."""
        told_s: float | None = None
        self._owes = True
        try:
            while True:
                if told_s is None and is_cancelled():
                    told_s = time.monotonic()
                    self._send({"do": "drop", "id": number})
                elif told_s is not None and time.monotonic() > told_s + DROPPED_S:
                    self.kill(hung=True)
                frame = self._wire.receive(ASK_S)
                if frame is not None and frame.fields.get("id") == number:
                    return frame
        except GoneError as error:
            raise CrashedError from error
        except MalformedError as error:
            self.kill()
            raise CrashedError from error
        finally:
            self._owes = False

    def _abandon(self, number: int) -> None:
        """Gives a stream up and waits for its end, because the engine does one piece of work at a time."""
        try:
            while not self._wait(number, lambda: True).fields.get("end"):
                pass
        except CrashedError:
            return  # the next request reports it

    def _send(self, fields: Fields, sound: Pcm | None = None) -> None:
        try:
            self._wire.send(fields, sound)
        except GoneError as error:
            self._owes = False
            raise CrashedError from error

    # ---- life

    def hangs(self) -> bool:
        """Looks at the process. Returns whether it hangs, or has not ended although it should have. Thread: the watch's."""
        if self._closed_s is not None:
            return time.monotonic() > self._closed_s + END_S
        try:
            owes = self._owes and not self._wire.waits()
        except GoneError:
            owes = False
        return self._looks.hangs(look_at(self.pid), owes=owes, loading=self.loading)

    def reap(self) -> bool:
        """Returns whether the process has ended; calls `on_end` the first time that it has. Thread: the watch's."""
        if self._process.poll() is None:
            return False
        if not self.ended.is_set():
            self._wire.close()
            self.on_end(self)
            self.ended.set()
        return True

    def kill(self, *, hung: bool = False) -> None:
        """Ends the process by force."""
        self.hung = self.hung or hung
        if not self.ended.is_set():
            self._process.send_signal(signal.SIGKILL)

    def let_go(self) -> None:
        """Lets the process end and does not wait for it. May be called twice."""
        if self._closed_s is None:
            self._closed_s = time.monotonic()
        self._wire.close()

    def close(self) -> None:
        """Ends the process, by force if it does not end by itself. May be called twice."""
        self.let_go()
        self.ended.wait(2 * END_S)


def _checked(frame: Frame) -> Fields:
    error = frame.fields.get("error")
    if error is not None:
        from voicecli.engines.isolated import codec

        raise codec.to_error(error)
    return frame.fields
