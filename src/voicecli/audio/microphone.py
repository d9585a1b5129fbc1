"""The sound card's microphone."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from voicecli.audio.ports import BlockSink
from voicecli.audio.resample import Blocker, Resampler, mixed
from voicecli.audio.stream import Callback, CardStream, Run
from voicecli.pcm import BLOCK_MS, BLOCK_SAMPLES, RATE_HZ, samples_of


class SoundDeviceMicrophone(CardStream):
    """Records at 16 kHz. If the card refuses that, it records at the card's own rate, and if necessary on all channels.

    Thread: blocks come from PortAudio's.

    Args:
        device: Number, name or part of a name; "" or None for the system's default.

    Raises:
        NoInputDevice: There is no such microphone.
        AudioBackendMissing: PortAudio is not installed.
    """

    def __init__(self, device: str | int | None = None) -> None:
        super().__init__(device, "input")
        self._sink: BlockSink | None = None
        self._next_sample = 0
        self._last_s: float | None = None  # while released: the time up to which indices were assigned

    def start(self, sink: BlockSink) -> None:
        """Starts pushing blocks into `sink`.

        Raises:
            AudioError: The device cannot be opened.
        """
        self._sink = sink
        self._next_sample = 0
        self._started = True
        self._last_s = None
        self.acquire()

    def acquire(self) -> None:
        """Opens the device again after `release`. The sound in between is lost, but sample indices advance over it."""
        with self._lock:
            if self._last_s is not None:
                missed = round((time.monotonic() - self._last_s) * 1000 / BLOCK_MS)
                self._next_sample += missed * BLOCK_SAMPLES
                self._last_s += missed * BLOCK_MS / 1000
            super().acquire()
            self._last_s = None

    def release(self) -> bool:
        """Closes the device but keeps its settings and sink. Returns False while closing hangs."""
        with self._lock:
            if self._run is not None and self._started:
                self._last_s = min(self._run.called_s, time.monotonic())
            return super().release()

    def _layouts(self) -> Iterable[tuple[int, int]]:
        rates = dict.fromkeys((RATE_HZ, self._device.rate_hz))
        channels = dict.fromkeys((1, self._device.input_channels))
        return [(rate_hz, count) for rate_hz in rates for count in channels]

    def _make(self, sd: Any, **settings: Any) -> Any:  # noqa: ANN401 - sounddevice has no types
        blocksize = samples_of(BLOCK_MS, settings["samplerate"])
        return sd.InputStream(dtype="int16", blocksize=blocksize, latency="high", **settings)

    def _callback(self, run: Run, rate_hz: int) -> Callback:
        sink = self._sink
        resampler = Resampler(rate_hz, RATE_HZ, "LQ")
        blocker = Blocker()

        def receive(frames: Any, _count: int, _times: Any, flags: Any) -> None:  # noqa: ANN401 - PortAudio's
            if run.closed or sink is None:
                return
            run.called_s = time.monotonic()
            if flags.input_overflow:
                self._lost_blocks += 1
                self._next_sample += BLOCK_SAMPLES
            for block in blocker.feed(resampler.feed(mixed(frames))):
                sink(block, self._next_sample)
                self._next_sample += BLOCK_SAMPLES

        return receive
