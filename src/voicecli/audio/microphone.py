"""The sound card's microphone."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final, Unpack

from voicecli.audio.portaudio import Callback, Frames, OpenStream, SoundLibrary, StreamFlags, StreamSettings
from voicecli.audio.ports import BlockSink
from voicecli.audio.resample import Blocker, Resampler, mixed
from voicecli.audio.stream import CardStream, Run
from voicecli.pcm import BLOCK_MS, BLOCK_SAMPLES, RATE_HZ, samples_of

ZEROS_S: Final = 1.5
"""Nothing but zeros for so long is no quiet room: every converter has some noise. The microphone is muted, or the system withholds its sound."""

FLOOR_S: Final = 10.0
"""A microphone that was never silent for so long has a noise of its own. Others, with a noise gate, deliver zeros whenever nobody speaks."""


GATED_S: Final = 0.1
"""Zeros for so long are no sound that happens to be 0."""

PERIOD_MS: Final = 10.0
"""How often the card delivers. A sound server waits until it has a whole period, so half a block at a time brings a voice 10 ms sooner."""

LATENCY_S: Final = 0.08
"""How much the card may keep while this program is busy. It delays nothing."""


class Zeros:
    """Recognises a microphone that delivers only zeros."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Starts anew: the microphone was opened."""
        self._zeros_s = self._sound_s = 0.0
        self._expected = (
            True  # whether sound is expected: it is at first, and from a microphone with a noise of its own
        )

    def take(self, frames: Frames, seconds: float) -> None:
        """Takes a block. Cheap, for callbacks."""
        if frames.any():
            self._zeros_s, self._sound_s = 0.0, self._sound_s + seconds
            self._expected = self._sound_s >= FLOOR_S
        else:
            self._zeros_s += seconds
            if self._zeros_s >= GATED_S:
                self._sound_s = 0.0

    @property
    def last(self) -> bool:
        """Whether there have been only zeros for long enough, although sound was expected."""
        return self._expected and self._zeros_s >= ZEROS_S


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
        self._zeros = Zeros()
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

    def release(self, within_s: float | None = None) -> bool:
        """Closes the device but keeps its settings and sink. Returns False while closing hangs."""
        with self._lock:
            if self._run is not None and self._started:
                self._last_s = min(self._run.called_s, time.monotonic())
            return super().release(within_s)

    def _is_silent(self) -> bool:
        return self._zeros.last

    def _layouts(self) -> Iterable[tuple[int, int]]:
        rates = dict.fromkeys((RATE_HZ, self._device.rate_hz))
        channels = dict.fromkeys((1, self._device.input_channels))
        return [(rate_hz, count) for rate_hz in rates for count in channels]

    def _make(self, sd: SoundLibrary, **settings: Unpack[StreamSettings]) -> OpenStream:
        blocksize = samples_of(PERIOD_MS, settings["samplerate"])
        return sd.InputStream(dtype="int16", blocksize=blocksize, latency=LATENCY_S, **settings)

    def _callback(self, run: Run, rate_hz: int) -> Callback:
        sink = self._sink
        zeros = self._zeros
        zeros.reset()
        resampler = Resampler(rate_hz, RATE_HZ, "LQ")
        blocker = Blocker()

        def receive(frames: Frames, _count: int, _times: object, flags: StreamFlags) -> None:
            if run.closed or sink is None:
                return
            run.called_s = time.monotonic()
            zeros.take(frames, len(frames) / rate_hz)
            if flags.input_overflow:
                self._lost_blocks += 1
                self._next_sample += BLOCK_SAMPLES
            for block in blocker.feed(resampler.feed(mixed(frames))):
                sink(block, self._next_sample)
                self._next_sample += BLOCK_SAMPLES

        return receive
