"""Detects that a sound card is lost, and opens it again."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from voicecli.audio.devices import leave_open_at_exit, restart_backend
from voicecli.audio.output_buffer import BufferSize
from voicecli.audio.ports import DeviceHealth, Microphone, Speaker
from voicecli.errors import AudioError, DeviceLost, place_of

log = logging.getLogger(__name__)

CHECK_S = 0.5
FLOW_S = 0.1
"""How often it is checked whether a device that was opened again delivers sound."""

ENLARGE_S = 0.05
"""How often it is tried to enlarge a buffer that is too small. A pause between two words is not much longer."""

SHORTEST_WAIT_S = 0.5
LONGEST_WAIT_S = 5.0
SUSPENDED_S = 1.0
STOP_S = 0.5
"""How long an attempt to open the devices may go on at the end of the program."""


def suspended_s() -> float:
    """For how long the machine has been suspended since it was started; always 0 where the system does not say (only Linux does)."""
    if sys.platform != "linux":
        return 0.0
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)


def _suspended(slept_s: float) -> DeviceLost:
    minutes = round(slept_s / 60)
    how_long = f"{minutes} minute{'' if minutes == 1 else 's'}" if minutes else f"{round(slept_s)} seconds"
    return DeviceLost(f"The machine was suspended for {how_long}, so the sound devices are opened again.")


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


@runtime_checkable
class Buffered(Protocol):
    """A speaker whose buffer can be enlarged: `SoundDeviceSpeaker`."""

    @property
    def breaks_off(self) -> bool:
        """Whether its buffer is too small."""
        ...

    @property
    def underruns(self) -> int:
        """How often sound broke off with the present size, in silence too."""
        ...

    def adapt(self) -> BufferSize | None:
        """Enlarges it if sound broke off and the moment is right. Returns the new size.

        Raises:
            AudioError: The device cannot be opened again.
        """
        ...


class DeviceWatch:
    """Checks twice a second whether the devices work, and opens them again when one was lost.

    Both are closed and opened together, because PortAudio finds devices only when it starts, and a restart ends all streams. A device that
    cannot be opened at the start of the session counts as lost, and as told (see `start`). After the machine was suspended both are opened
    again in any case. Attempts are 0.5 s apart at first, then at increasing intervals of up to 5 s. Stop the watch before the devices.

    Thread: its own. The callbacks are called from it.

    Args:
        microphone: Watched if it is a card; files are never lost.
        speaker: The same.
        on_lost: Called once when a device was lost.
        on_back: Called once when both work again.
        on_silent: Called with the name of a microphone when it begins to deliver nothing but zeros, and with "" when it delivers sound again.
        on_dropped: Called with `microphone` or `speaker` and the number of blocks that the device lost since the last check, if it lost some.
        on_enlarged: Called with the new size when the speaker's buffer was enlarged.
        restart: Makes PortAudio look for devices. Tests pass another function.
        asleep_s: Returns for how long the machine has been suspended in all. Tests pass another function.
    """

    def __init__(
        self,
        microphone: Microphone | None,
        speaker: Speaker | None,
        on_lost: Callable[[DeviceLost], object],
        on_back: Callable[[], object],
        restart: Callable[[], None] = restart_backend,
        *,
        on_silent: Callable[[str], object] = lambda _: None,
        on_dropped: Callable[[str, int], object] = lambda _word, _blocks: None,
        on_enlarged: Callable[[BufferSize], object] = lambda _size: None,
        asleep_s: Callable[[], float] = suspended_s,
    ) -> None:
        devices: dict[str, object] = {"microphone": microphone, "speaker": speaker}
        self._cards = {word: device for word, device in devices.items() if isinstance(device, Card)}
        self._on_lost = on_lost
        self._on_back = on_back
        self._on_silent = on_silent
        self._on_dropped = on_dropped
        self._on_enlarged = on_enlarged
        self._dropped = dict.fromkeys(self._cards, 0)
        self._restart = restart
        self._asleep_s = asleep_s
        self._slept_s = asleep_s()
        self._lost = False
        self._opened = False  # again, and not known to deliver sound yet
        self._silent = ""
        self._wait_s = SHORTEST_WAIT_S
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="device watch", daemon=True)

    def start(self, *, lost: bool = False) -> None:
        """Starts watching.

        Args:
            lost: Whether a device could not be opened, which the user was told. Devices that are lost between their start and this call are told.
        """
        if self._cards:
            self._lost = lost
            self._thread.start()

    def stop(self) -> None:
        """Stops. No callback is called after this method returns, unless the sound server hangs. May be called twice."""
        self._stopped.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(STOP_S)
            if self._thread.is_alive():
                leave_open_at_exit()

    def check(self) -> float:
        """Checks once, and recovers if necessary. Returns the seconds until the next check."""
        slept_s = self._asleep_s() - self._slept_s
        self._slept_s += slept_s
        if not self._lost:
            error = _suspended(slept_s) if slept_s > SUSPENDED_S else self._what_is_gone()
            if error is None:
                self._look_for_silence()
                self._look_for_gaps()
                return self._enlarge_buffers()
            self._lost, self._opened = True, False
            self._wait_s = SHORTEST_WAIT_S
            self._on_lost(error)
        if not self._opened or not all(card.health().alive for card in self._cards.values()):
            self._opened = False
            try:
                self._recover()
            except AudioError as error:
                log.info("not back yet: %s", error.message)
                wait_s = self._wait_s
                self._wait_s = min(2 * wait_s, LONGEST_WAIT_S)
                return wait_s
            self._opened = True
        if not all(card.health().flows for card in self._cards.values()):
            return FLOW_S
        self._lost = False
        self._on_back()
        return CHECK_S

    def _what_is_gone(self) -> DeviceLost | None:
        gone = [f"{word} {card.name}" for word, card in self._cards.items() if not card.health().alive]
        if not gone:
            return None
        verb = "does" if len(gone) == 1 else "do"
        return DeviceLost(
            f"The {' and the '.join(gone)} {verb} not answer any more.",
            "Connect it again; it is tried every few seconds.",
        )

    def _look_for_silence(self) -> None:
        silent = next((card.name for card in self._cards.values() if card.health().silent), "")
        if silent != self._silent:
            self._silent = silent
            self._on_silent(silent)

    def _look_for_gaps(self) -> None:
        for word, card in self._cards.items():
            lost = card.health().lost_blocks
            if lost > self._dropped[word]:
                self._on_dropped(word, lost - self._dropped[word])
            self._dropped[word] = lost

    def _enlarge_buffers(self) -> float:
        """Enlarges buffers that are too small. Returns the seconds until the next check."""
        speakers = [card for card in self._cards.values() if isinstance(card, Buffered)]
        for speaker in speakers:
            try:
                size = speaker.adapt()
            except AudioError as error:
                log.info("not opened again: %s", error.message)  # the next check opens it as a lost device
                continue
            if size is not None:
                self._on_enlarged(size)
        return ENLARGE_S if any(speaker.breaks_off for speaker in speakers) else CHECK_S

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
            try:
                wait_s = self.check()
            except Exception as error:  # noqa: BLE001 - the devices must be watched for as long as the session lasts
                log.error("device watch: %s", place_of(error))  # noqa: TRY400 - without its words
                wait_s = LONGEST_WAIT_S
