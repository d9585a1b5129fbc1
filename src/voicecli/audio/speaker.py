"""The sound card's speaker."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final, Literal, Unpack

from voicecli.audio.devices import backend
from voicecli.audio.portaudio import Callback, Frames, OpenStream, SoundLibrary, StreamFlags, StreamSettings
from voicecli.audio.ports import CARD_HELD_MS, BlockSource
from voicecli.audio.stream import CardStream, Run
from voicecli.pcm import BLOCK_MS, samples_of

PROMPT_BLOCK_MS: Final = 10.0
PROMPT_LATENCY_S: Final = 0.03
"""Block and latency requested from the card if a key press must take effect at once. From a key to silence it took 46 ms on a virtual card, and 65 ms
with whole blocks and PortAudio's "high"."""


class SoundDeviceSpeaker(CardStream):
    """Plays from a source for a whole session. A stream opened for each sentence would lose the end of it.

    Thread: pulls from PortAudio's.

    Args:
        device: Number, name or part of a name; "" or None for the system's default.
        preferred_rate_hz: The voice's rate. If the card refuses it, the card's own rate is used.
        prompt: Whether to ask the card for a smaller buffer, at the price of more wake-ups.

    Raises:
        NoOutputDevice: There is no such speaker.
        AudioBackendMissing: PortAudio is not installed.
    """

    held_ms = CARD_HELD_MS

    def __init__(self, device: str | int | None, preferred_rate_hz: int, *, prompt: bool = False) -> None:
        super().__init__(device, "output")
        self._prompt = prompt
        self._source: BlockSource | None = None
        self.rate_hz = self._best_rate(preferred_rate_hz)

    def start(self, source: BlockSource) -> None:
        """Starts pulling from `source`.

        Raises:
            AudioError: The device cannot be opened.
        """
        self._source = source
        self._started = True
        self.acquire()

    def _best_rate(self, preferred_rate_hz: int) -> int:
        sd = backend()
        for channels in self._channels():
            try:
                sd.check_output_settings(
                    device=self._device.index, channels=channels, dtype="int16", samplerate=preferred_rate_hz
                )
            except sd.PortAudioError:  # the rate or the number of channels is refused; the next attempt shows which
                continue
            return preferred_rate_hz
        return self._device.rate_hz

    def _channels(self) -> Iterable[int]:
        most = self._device.output_channels
        return dict.fromkeys((1, min(2, most), most))

    def _layouts(self) -> Iterable[tuple[int, int]]:
        return [(self.rate_hz, channels) for channels in self._channels()]

    def _make(self, sd: SoundLibrary, **settings: Unpack[StreamSettings]) -> OpenStream:
        blocksize = samples_of(PROMPT_BLOCK_MS if self._prompt else BLOCK_MS, self.rate_hz)
        latency: float | Literal["high"] = PROMPT_LATENCY_S if self._prompt else "high"
        return sd.OutputStream(dtype="int16", blocksize=blocksize, latency=latency, **settings)

    def _callback(self, run: Run, rate_hz: int) -> Callback:  # noqa: ARG002 - always the speaker's own
        source = self._source

        def send(frames: Frames, count: int, _times: object, flags: StreamFlags) -> None:
            if run.closed or source is None:
                frames.fill(0)
                return
            run.called_s = time.monotonic()
            if flags.output_underflow:
                self._lost_blocks += 1
            frames[:] = source(count)[:, None]  # the same on every channel

        return send
