"""What a microphone and a speaker have in common: a PortAudio stream that can be lost and opened again.

Only callback streams, never blocking ones: closing a blocking stream while another thread reads or writes crashes the interpreter. No
call into PortAudio tells whether a stream is well, either: a sound server that hangs keeps every such call waiting. The callbacks
leave a time mark and PortAudio says when it has given up; that is enough.
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from voicecli.audio.devices import Direction, backend, choose, list_devices, word_for
from voicecli.audio.ports import DeviceHealth
from voicecli.errors import AudioError

log = logging.getLogger(__name__)

SILENT_S = 1.0
"""No callback for so long, 50 blocks, means that the device is gone or hangs."""

FIRST_CALLBACK_S = 3.0
"""So long the first callback may take; a Bluetooth headset changes its mode before."""

CLOSE_S = 2.0
"""So long closing a stream is waited for. It takes a millisecond, or hangs as long as the sound server does."""

Callback: TypeAlias = Callable[[Any, int, Any, Any], None]
"""What PortAudio calls with a buffer, its frames, times and flags."""


class Run:
    """One time that a stream was open; a stream that was given up still calls into its own."""

    __slots__ = ("called_s", "closed", "ended")

    def __init__(self) -> None:
        self.called_s = time.monotonic() + FIRST_CALLBACK_S - SILENT_S
        self.ended = False
        self.closed = False

    def finish(self) -> None:
        """PortAudio will not call again."""
        self.ended = True

    @property
    def alive(self) -> bool:
        """Whether callbacks come."""
        return not (self.ended or self.closed) and time.monotonic() - self.called_s < SILENT_S


class CardStream(ABC):
    """A sound card in one direction.

    Thread: any; callbacks come from PortAudio's.

    Args:
        device: Number, name or part of a name; "" or None for the system's own choice. It is looked up again each time the stream is
            opened, by name even if it was given by number, because numbers change when devices come and go.
        direction: Whether it records or plays.

    Raises:
        AudioError: There is no such device.
    """

    def __init__(self, device: str | int | None, direction: Direction) -> None:
        self._direction = direction
        self._device = choose(list_devices(), device, direction)
        by_number = isinstance(device, int) or (device or "").isdecimal()
        self._wanted = self._device.name if by_number else device
        self._lost_blocks = 0
        self._started = False
        self._run: Run | None = None
        self._stream: Any = None
        self._closing: threading.Thread | None = None
        self._lock = threading.RLock()

    @property
    def name(self) -> str:
        """What PortAudio calls it."""
        return self._device.name

    def health(self) -> DeviceHealth:
        """How it fares; calls nothing that could hang."""
        run = self._run
        return DeviceHealth(lost_blocks=self._lost_blocks, alive=run is not None and run.alive)

    def stop(self) -> None:
        """Ends at once; no block is exchanged after it returns. May be called twice."""
        self._started = False
        if not self.release():
            log.warning("the %s %s hangs and could not be closed", word_for(self._direction), self.name)
            # At exit sounddevice would close it once more, and wait for ever.
            atexit.unregister(backend()._exit_handler)  # noqa: SLF001 - there is no public way

    def acquire(self) -> None:
        """Opens the device again after `release`, if it is still wanted.

        Raises:
            AudioError: It is not there, or cannot be opened.
        """
        with self._lock:
            if not self._started or self._stream is not None:
                return
            self._device = choose(list_devices(), self._wanted, self._direction)
            self._stream, self._run = self._open()

    def release(self) -> bool:
        """Closes the device but remembers what it was used for; False while closing hangs, which can be asked again."""
        with self._lock:
            run, self._run = self._run, None
            stream, self._stream = self._stream, None
            if run is not None:
                run.closed = True
            if stream is not None:
                self._closing = threading.Thread(target=_close, args=(stream,), name="close sound", daemon=True)
                self._closing.start()
            if self._closing is not None:
                self._closing.join(CLOSE_S)
                if self._closing.is_alive():
                    return False
                self._closing = None
            return True

    @abstractmethod
    def _layouts(self) -> Iterable[tuple[int, int]]:
        """Rates and numbers of channels to be tried in turn."""

    @abstractmethod
    def _callback(self, run: Run, rate_hz: int) -> Callback:
        """What PortAudio shall call."""

    @abstractmethod
    def _make(self, sd: Any, **settings: Any) -> Any:  # noqa: ANN401 - sounddevice has no types
        """A stream that is not started."""

    def _open(self) -> tuple[Any, Run]:
        sd = backend()
        reason = ""
        for rate_hz, channels in self._layouts():
            run = Run()
            try:
                stream = self._make(
                    sd,
                    device=self._device.index,
                    samplerate=rate_hz,
                    channels=channels,
                    callback=self._callback(run, rate_hz),
                    finished_callback=run.finish,
                )
            except sd.PortAudioError as error:
                reason = str(error)
                continue
            try:
                stream.start()
            except sd.PortAudioError as error:
                stream.close()
                reason = str(error)
                continue
            return stream, run
        word = word_for(self._direction)
        raise AudioError(
            f"The {word} {self.name} cannot be opened: {reason}.",
            "Close the program that uses it, or choose another: voicecli devices",
        )


def _close(stream: Any) -> None:  # noqa: ANN401 - sounddevice has no types
    stream.abort()
    stream.close()
