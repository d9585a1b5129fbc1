"""Detects that a sound card is lost, and opens it again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from voicecli.audio.devices import restart_backend
from voicecli.audio.ports import DeviceHealth, Microphone, Speaker
from voicecli.errors import AudioError, DeviceLost

log = logging.getLogger(__name__)

CHECK_S = 0.5
SHORTEST_WAIT_S = 0.5
LONGEST_WAIT_S = 5.0


@runtime_checkable
class Card(Protocol):
    """A device that can be lost and opened again: `SoundDeviceMicrophone` and `SoundDeviceSpeaker`, but not files."""

    @property
    def name(self) -> str:
        """The name shown to users."""
        ...

    def health(self) -> DeviceHealth:
        """Returns the device's health."""
        ...

    def release(self) -> bool:
        """Closes the device. Returns False while closing hangs."""
        ...

    def acquire(self) -> None:
        """Opens the device again.

        Raises:
            AudioError: It cannot be opened.
        """
        ...


class DeviceWatch:
    """Checks twice a second whether the devices work, and opens them again when one was lost.

    Both are closed and opened together, because PortAudio finds devices only when it starts, and a restart ends all streams.
    Attempts are 0.5 s apart at first, then at increasing intervals of up to 5 s. Stop the watch before the devices.

    Thread: its own. The callbacks are called from it.

    Args:
        microphone: Watched if it is a card; files are never lost.
        speaker: The same.
        on_lost: Called once when a device was lost.
        on_back: Called once when both work again.
        restart: Makes PortAudio look for devices. Tests pass another function.
    """

    def __init__(
        self,
        microphone: Microphone | None,
        speaker: Speaker | None,
        on_lost: Callable[[DeviceLost], object],
        on_back: Callable[[], object],
        restart: Callable[[], None] = restart_backend,
    ) -> None:
        devices: dict[str, object] = {"microphone": microphone, "speaker": speaker}
        self._cards = {word: device for word, device in devices.items() if isinstance(device, Card)}
        self._on_lost = on_lost
        self._on_back = on_back
        self._restart = restart
        self._lost = False
        self._wait_s = SHORTEST_WAIT_S
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="device watch", daemon=True)

    def start(self) -> None:
        """Starts watching. The devices must have been started."""
        if self._cards:
            self._thread.start()

    def stop(self) -> None:
        """Stops. No callback is called after this method returns. May be called twice."""
        self._stopped.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def check(self) -> float:
        """Checks once, and recovers if necessary. Returns the seconds until the next check."""
        if not self._lost:
            gone = [f"{word} {card.name}" for word, card in self._cards.items() if not card.health().alive]
            if not gone:
                return CHECK_S
            self._lost = True
            self._wait_s = SHORTEST_WAIT_S
            verb = "does" if len(gone) == 1 else "do"
            self._on_lost(
                DeviceLost(
                    f"The {' and the '.join(gone)} {verb} not answer any more.",
                    "Connect it again; it is tried every few seconds.",
                )
            )
        try:
            self._recover()
        except AudioError as error:
            log.info("not back yet: %s", error.message)
            wait_s = self._wait_s
            self._wait_s = min(2 * wait_s, LONGEST_WAIT_S)
            return wait_s
        self._lost = False
        self._on_back()
        return CHECK_S

    def _recover(self) -> None:
        released = [card.release() for card in self._cards.values()]
        if not all(released):
            raise DeviceLost("The sound server hangs.")
        self._restart()
        for card in self._cards.values():
            card.acquire()

    def _run(self) -> None:
        wait_s = CHECK_S
        while not self._stopped.wait(wait_s):
            wait_s = self.check()
