"""What a microphone and a speaker share: a PortAudio stream that can be lost and opened again.

It uses only callback streams, never blocking ones, because closing a blocking stream while another thread reads or writes crashes the
interpreter. No call into PortAudio tells whether a stream works, either: if the sound server hangs, every such call waits. Instead, the callbacks
record when they ran, and PortAudio reports when it has given up. That is enough.
"""

from __future__ import annotations

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Unpack

from voicecli.audio.devices import Direction, backend, choose, leave_open_at_exit, list_devices, word_for
from voicecli.audio.portaudio import Callback, OpenStream, SoundLibrary, StreamSettings
from voicecli.audio.ports import DeviceHealth
from voicecli.errors import AudioError

log = logging.getLogger(__name__)

SILENT_S = 1.0
"""If no callback comes for this long (50 blocks), the device is gone or hangs."""

FIRST_CALLBACK_S = 3.0
"""The longest time allowed for the first callback. A Bluetooth headset switches its mode before it."""

CLOSE_S = 2.0
"""The longest time to wait until a stream is closed. Closing takes a millisecond, or hangs as long as the sound server does."""

STOP_S = 0.3
"""The same at the end of the program, where everything that stops shares two seconds."""


class Run:
    """One period in which a stream was open. A stream that was abandoned still calls into its own `Run`."""

    __slots__ = ("called_s", "closed", "ended", "first_s")

    def __init__(self) -> None:
        self.first_s = self.called_s = time.monotonic() + FIRST_CALLBACK_S - SILENT_S
        self.ended = False
        self.closed = False

    def finish(self) -> None:
        """Notes that PortAudio will not call again."""
        self.ended = True

    @property
    def flows(self) -> bool:
        """Whether a callback has come."""
        return self.called_s != self.first_s

    @property
    def alive(self) -> bool:
        """Whether callbacks arrive."""
        return not (self.ended or self.closed) and time.monotonic() - self.called_s < SILENT_S


class CardStream(ABC):
    """A sound card in one direction.

    Thread: any; callbacks come from PortAudio's.

    Args:
        device: Number, name or part of a name; "" or None for the system's default. It is looked up each time the stream is
            opened. The lookup uses the name even if a number was given, because numbers change when devices come and go.
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
        self._stream: OpenStream | None = None
        self._closing: threading.Thread | None = None
        self._lock = threading.RLock()

    @property
    def name(self) -> str:
        """PortAudio's name of the device."""
        return self._device.name

    def health(self) -> DeviceHealth:
        """Returns the device's health. Calls nothing that could hang."""
        run = self._run
        return DeviceHealth(
            lost_blocks=self._lost_blocks,
            alive=run is not None and run.alive,
            flows=run is not None and run.flows,
            silent=self._is_silent(),
        )

    def stop(self) -> None:
        """Stops at once. No block is exchanged after this method returns. May be called twice."""
        self._started = False
        if not self.release(STOP_S):
            log.warning("the %s %s hangs and could not be closed", word_for(self._direction), self.name)
            leave_open_at_exit()  # sounddevice would close it once more, and wait forever

    def acquire(self) -> None:
        """Opens the device again after `release`, unless it was stopped.

        Raises:
            AudioError: It does not exist any more, or cannot be opened.
        """
        with self._lock:
            if not self._started or self._stream is not None:
                return
            self._device = choose(list_devices(), self._wanted, self._direction)
            self._stream, self._run = self._open()

    def release(self, within_s: float | None = None) -> bool:
        """Closes the device but keeps its settings. Returns False while closing hangs; it can then be called again.

        `within_s` is how long to wait for it; None for the usual time.
        """
        with self._lock:
            run, self._run = self._run, None
            stream, self._stream = self._stream, None
            if run is not None:
                run.closed = True
            if stream is not None:
                self._closing = threading.Thread(target=_close, args=(stream,), name="close sound", daemon=True)
                self._closing.start()
            if self._closing is not None:
                self._closing.join(CLOSE_S if within_s is None else within_s)
                if self._closing.is_alive():
                    return False
                self._closing = None
            return True

    def _is_silent(self) -> bool:
        """See `DeviceHealth.silent`."""
        return False

    @abstractmethod
    def _layouts(self) -> Iterable[tuple[int, int]]:
        """Returns the rates and numbers of channels to try, in order."""

    @abstractmethod
    def _callback(self, run: Run, rate_hz: int) -> Callback:
        """Returns the callback for PortAudio."""

    @abstractmethod
    def _make(self, sd: SoundLibrary, **settings: Unpack[StreamSettings]) -> OpenStream:
        """Returns a stream that is not started."""

    def _open(self) -> tuple[OpenStream, Run]:
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


def _close(stream: OpenStream) -> None:
    stream.abort()
    stream.close()
