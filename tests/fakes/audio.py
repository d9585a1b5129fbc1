"""A microphone and a speaker that a test steps, and a fake sound card."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voicecli.audio.ports import BlockSink, BlockSource, DeviceHealth
from voicecli.pcm import BLOCK_MS, BLOCK_SAMPLES, RATE_HZ, Pcm, blocks, samples_of, silence


class FakeMicrophone:
    """Records the sound that a test pushes. It can be lost and found again, as a sound card can."""

    name = "fake microphone"

    def __init__(self) -> None:
        self.samples = 0
        self.lost_blocks = 0
        self.alive = True
        self.opens = 0
        self.closes = 0
        self.failures: list[Exception] = []
        """Errors to raise, one each time it is opened."""
        self.hangs = False
        self.flows = True
        self.silent = False
        self._sink: BlockSink | None = None

    def start(self, sink: BlockSink) -> None:
        self._open()
        self._sink = sink

    def stop(self) -> None:
        self._sink = None

    def health(self) -> DeviceHealth:
        return DeviceHealth(lost_blocks=self.lost_blocks, alive=self.alive, flows=self.flows, silent=self.silent)

    def release(self) -> bool:
        self.closes += 1
        self.alive = False
        return not self.hangs

    def acquire(self) -> None:
        self._open()
        self.alive = True

    def hear(self, pcm: Pcm) -> None:
        """Pushes sound at 16 kHz, block by block. The last block is padded with silence."""
        assert self._sink is not None, "the microphone was not started"
        for block in blocks(pcm):
            self._sink(block.copy(), self.samples)
            self.samples += BLOCK_SAMPLES

    def hear_silence(self, duration_ms: float) -> None:
        """Pushes silence."""
        self.hear(silence(samples_of(duration_ms)))

    def lose(self, count: int) -> None:
        """Drops `count` blocks, as a sound card does."""
        self.lost_blocks += count
        self.samples += count * BLOCK_SAMPLES

    def _open(self) -> None:
        self.opens += 1
        if self.failures:
            raise self.failures.pop(0)


class FakeSpeaker:
    """Plays when a test asks it to, and stores what it played."""

    name = "fake speaker"
    held_ms = 0.0

    def __init__(self, rate_hz: int = RATE_HZ) -> None:
        self.rate_hz = rate_hz
        self.lost_blocks = 0
        self.alive = True
        self._source: BlockSource | None = None
        self._played: list[Pcm] = []

    @property
    def played(self) -> Pcm:
        """Everything played so far."""
        return np.concatenate(self._played) if self._played else silence(0)

    def start(self, source: BlockSource) -> None:
        self._source = source

    def stop(self) -> None:
        self._source = None

    def health(self) -> DeviceHealth:
        return DeviceHealth(lost_blocks=self.lost_blocks, alive=self.alive)

    def play(self, blocks: int = 1) -> Pcm:
        """Pulls `blocks` blocks of 20 ms, and returns them."""
        assert self._source is not None, "the speaker was not started"
        size = samples_of(BLOCK_MS, self.rate_hz)
        pulled = [self._source(size) for _ in range(blocks)]
        assert all(block.shape == (size,) for block in pulled)
        self._played += pulled
        return np.concatenate(pulled)


class FakePortAudioError(Exception):
    """The error that sounddevice raises."""


@dataclass
class FakeCard:
    """A device of `FakeSoundDevice`, and the settings it accepts."""

    name: str = "card"
    inputs: int = 1
    outputs: int = 2
    rate_hz: int = 48_000
    rates: Iterable[int] = (8_000, 16_000, 22_050, 44_100, 48_000)
    channels: Iterable[int] = (1, 2)
    host_api: str = "ALSA"


class FakeStream:
    """A stream whose callback a test calls."""

    def __init__(self, sd: FakeSoundDevice, settings: dict[str, Any]) -> None:
        self.sd = sd
        self.settings = settings
        self.state = "made"

    def start(self) -> None:
        if self.sd.refuses_start:
            raise FakePortAudioError("Device unavailable")
        self.state = "started"

    def abort(self) -> None:
        self.sd.on_abort()
        self.state = "aborted"

    def close(self) -> None:
        self.state = "closed"
        self.settings["finished_callback"]()

    def call(self, frames: NDArray[np.int16], *, overflow: bool = False, underflow: bool = False) -> None:
        """Does what PortAudio does once per block."""
        flags = SimpleNamespace(input_overflow=overflow, output_underflow=underflow)
        self.settings["callback"](frames, len(frames), None, flags)

    def give_up(self) -> None:
        """Does what PortAudio does when the device is gone."""
        self.settings["finished_callback"]()


class FakeSoundDevice:
    """The part of the module `sounddevice` that voicecli uses."""

    PortAudioError = FakePortAudioError

    def __init__(self, *cards: FakeCard) -> None:
        self.cards = list(cards)
        self.streams: list[FakeStream] = []
        self.refuses_start = False
        self.on_abort: Callable[[], object] = lambda: None
        self.restarts = 0

    def query_hostapis(self) -> list[dict[str, Any]]:
        return [{"name": name} for name in dict.fromkeys(card.host_api for card in self.cards)]

    def query_devices(self, kind: str | None = None) -> Any:  # noqa: ANN401 - one or all, as the real one
        apis = [api["name"] for api in self.query_hostapis()]
        found = [
            {
                "index": index,
                "name": card.name,
                "hostapi": apis.index(card.host_api),
                "max_input_channels": card.inputs,
                "max_output_channels": card.outputs,
                "default_samplerate": float(card.rate_hz),
            }
            for index, card in enumerate(self.cards)
        ]
        if kind is None:
            return found
        able = [device for device in found if device[f"max_{kind}_channels"]]
        if not able:
            raise FakePortAudioError("Error querying device -1")
        return able[0]

    def check_output_settings(self, *, device: int, channels: int, dtype: str, samplerate: int) -> None:
        assert dtype == "int16"
        self._check(device, samplerate, channels)

    def InputStream(self, **settings: Any) -> FakeStream:  # noqa: ANN401, N802 - as the real one
        return self._stream(settings)

    def OutputStream(self, **settings: Any) -> FakeStream:  # noqa: ANN401, N802 - as the real one
        return self._stream(settings)

    def _stream(self, settings: dict[str, Any]) -> FakeStream:
        assert settings["dtype"] == "int16"
        self._check(settings["device"], settings["samplerate"], settings["channels"])
        self.streams.append(FakeStream(self, settings))
        return self.streams[-1]

    def _check(self, device: int, rate_hz: int, channels: int) -> None:
        card = self.cards[device]
        if rate_hz not in card.rates:
            raise FakePortAudioError("Invalid sample rate")
        if channels not in card.channels:
            raise FakePortAudioError("Invalid number of channels")

    def _exit_handler(self) -> None:
        """The function that sounddevice registers to run at exit."""

    def _terminate(self) -> None:
        self.restarts += 1

    def _initialize(self) -> None:
        pass
