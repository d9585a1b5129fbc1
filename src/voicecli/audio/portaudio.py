"""Types of the calls that are made into the package sounddevice, whose module is passed around as a value.

A test compares the names with the installed package.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Protocol, TypeAlias, TypedDict, overload

import numpy as np
from numpy.typing import NDArray

Frames: TypeAlias = NDArray[np.int16]
"""A buffer of shape (n, channels)."""


class StreamFlags(Protocol):
    """What went wrong before a callback."""

    input_overflow: bool
    output_underflow: bool


Callback: TypeAlias = Callable[[Frames, int, object, StreamFlags], None]
"""What PortAudio calls, with a buffer, its number of frames, times and flags."""


class DeviceInfo(TypedDict):
    """What is used of the description of a device."""

    index: int
    name: str
    hostapi: int
    max_input_channels: int
    max_output_channels: int
    default_samplerate: float


class HostApiInfo(TypedDict):
    """What is used of the description of a system interface."""

    name: str


class StreamSettings(TypedDict):
    """What both directions set in the same way."""

    device: int
    samplerate: int
    channels: int
    callback: Callback
    finished_callback: Callable[[], None]


class OpenStream(Protocol):
    """A stream of a card."""

    def start(self) -> None:
        """Starts the callbacks."""
        ...

    def abort(self) -> None:
        """Stops without waiting for what is buffered."""
        ...

    def close(self) -> None:
        """Closes it."""
        ...


class StreamMaker(Protocol):
    """Creates an input stream or an output stream."""

    def __call__(
        self,
        *,
        dtype: Literal["int16"],
        blocksize: int,
        latency: float | Literal["low", "high"],
        device: int,
        samplerate: int,
        channels: int,
        callback: Callback,
        finished_callback: Callable[[], None],
    ) -> OpenStream:
        """Opens the device. Raises `PortAudioError`."""
        ...


class SoundLibrary(Protocol):
    """The part of the module `sounddevice` that is used."""

    InputStream: StreamMaker
    OutputStream: StreamMaker
    PortAudioError: type[Exception]

    def get_portaudio_version(self) -> tuple[int, str]:
        """Returns the version as a number and as a text."""
        ...

    def query_hostapis(self) -> Sequence[HostApiInfo]:
        """Returns the system's interfaces."""
        ...

    @overload
    def query_devices(self) -> Sequence[DeviceInfo]: ...
    @overload
    def query_devices(self, *, kind: Literal["input", "output"]) -> DeviceInfo: ...

    def check_output_settings(self, *, device: int, channels: int, dtype: Literal["int16"], samplerate: int) -> None:
        """Raises `PortAudioError` if the device refuses these settings."""
        ...

    def _initialize(self) -> None: ...

    def _terminate(self) -> None: ...
