"""The sound card's speaker."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final, Unpack

from voicecli.audio.devices import backend
from voicecli.audio.output_buffer import USUAL, BufferSize, OutputBuffer, remember, remembered_step
from voicecli.audio.portaudio import Callback, Frames, OpenStream, SoundLibrary, StreamFlags, StreamSettings
from voicecli.audio.ports import BlockSource
from voicecli.audio.stream import CardStream, Run
from voicecli.pcm import samples_of

QUIET_S: Final = 0.1
"""The stream is opened with a larger buffer once it has been silent for this long. Opening it again takes some 30 ms."""

OFTEN: Final = 4
"""After so many underruns it is opened again in the middle of sound, which breaks off anyway."""


class SoundDeviceSpeaker(CardStream):
    """Plays from a source for a whole session. A stream opened for each sentence would lose the end of it.

    Thread: pulls from PortAudio's; `adapt` from the watch's.

    Args:
        device: Number, name or part of a name; "" or None for the system's default.
        preferred_rate_hz: The voice's rate. If the card refuses it, the card's own rate is used.
        prompt: Whether to keep as little sound as possible in the card, so that a pause is heard sooner, at the price of more wake-ups. The size
            that worked last time is used, and `adapt` enlarges it.

    Raises:
        NoOutputDevice: There is no such speaker.
        AudioBackendMissing: PortAudio is not installed.
    """

    def __init__(self, device: str | int | None, preferred_rate_hz: int, *, prompt: bool = False) -> None:
        super().__init__(device, "output")
        self._prompt = prompt
        self._buffer = OutputBuffer(remembered_step(self.name) if prompt else USUAL)
        self._source: BlockSource | None = None
        self._sounded_s = 0.0
        self.rate_hz = self._best_rate(preferred_rate_hz)

    @property
    def held_ms(self) -> float:
        """The usual time from the pull of a sample until it is heard."""
        return self._buffer.size.held_ms

    @property
    def breaks_off(self) -> bool:
        """Whether the buffer is too small and `adapt` will enlarge it as soon as there is silence."""
        return self._prompt and self._buffer.too_small

    @property
    def underruns(self) -> int:
        """How often sound broke off with the present buffer, in silence too."""
        return self._buffer.underruns

    def adapt(self) -> BufferSize | None:
        """Enlarges the buffer if sound broke off and there is silence now. Returns the new size, or None if nothing was changed.

        Raises:
            AudioError: The device cannot be opened again.
        """
        if not self.breaks_off or not self._started:
            return None
        if time.monotonic() - self._sounded_s < QUIET_S and self._buffer.underruns < OFTEN:
            return None
        if not self.release():
            return None
        self._buffer.enlarge()
        self.acquire()
        remember(self.name, self._buffer.step)
        return self._buffer.size

    def start(self, source: BlockSource) -> None:
        """Starts pulling from `source`.

        Raises:
            AudioError: The device cannot be opened.
        """
        self._source = source
        self._started = True
        self.acquire()

    def stop(self) -> None:
        """Stops at once, and remembers the size of the buffer for the next session."""
        if self._prompt and self._started:
            remember(self.name, self._buffer.next_step)
        super().stop()

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
        size = self._buffer.size
        self._buffer.opened()
        blocksize = samples_of(size.block_ms, self.rate_hz)
        return sd.OutputStream(dtype="int16", blocksize=blocksize, latency=size.held_ms / 1000, **settings)

    def _callback(self, run: Run, rate_hz: int) -> Callback:  # noqa: ARG002 - always the speaker's own
        source = self._source
        buffer = self._buffer
        sounding = False

        def send(frames: Frames, count: int, _times: object, flags: StreamFlags) -> None:
            nonlocal sounding
            if run.closed or source is None:
                frames.fill(0)
                return
            run.called_s = time.monotonic()
            if flags.output_underflow:
                buffer.broke_off()
                self._lost_blocks += sounding  # nothing is lost of silence
            block = source(count)
            sounding = bool(block.any())
            if sounding:
                self._sounded_s = run.called_s
            frames[:] = block[:, None]  # the same on every channel

        return send
