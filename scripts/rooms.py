"""Simulated rooms: what a microphone hears of a loudspeaker, for tests and for measuring echo cancellation.

The chain is a loudspeaker that is too small (band-pass) and driven a little too hard (tanh), the latency of both devices, and a room whose
reflections die away exponentially. Everything is at 16 kHz and works block by block, so a loop can be closed: what is played
may depend on what was heard.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from voicecli.pcm import BLOCK_SAMPLES, RATE_HZ, Float, Pcm, blocks, samples_of, to_float, to_pcm

Wave = NDArray[np.float64]

DIRECT_TO_ROOM_DB = 3.0
"""How much more reaches a microphone half a metre away directly than by way of the walls."""


class Room:
    """A loudspeaker and a microphone in a room.

    Args:
        delay_ms: From the far end to the first echo: the latency of both devices, and the distance.
        gain_db: Level of the echo against what was played.
        rt60_s: Time in which reflections fall by 60 dB; 0.25 is a furnished office, 0.6 a bare living room.
        band_hz: What the loudspeaker can play.
        drive: Loudness at which the loudspeaker begins to distort: tanh(drive * x) / drive; 0 for never.
        noise_dbfs: Noise of the microphone.
        seed: Of the reflections and the noise.
    """

    def __init__(
        self,
        *,
        delay_ms: float = 80.0,
        gain_db: float = -10.0,
        rt60_s: float = 0.25,
        band_hz: tuple[float, float] = (200.0, 7000.0),
        drive: float = 1.5,
        noise_dbfs: float = -65.0,
        seed: int = 0,
    ) -> None:
        self._random = np.random.default_rng(seed)
        self._noise = 10 ** (noise_dbfs / 20)
        self._drive = drive
        response = self._response(rt60_s, band_hz) * 10 ** (gain_db / 20)
        self._size = 1 << int(np.ceil(np.log2(len(response) + BLOCK_SAMPLES)))
        self._spectrum = np.fft.rfft(response, self._size)
        self._tail = np.zeros(self._size)
        self._delay: deque[float] = deque([0.0] * samples_of(delay_ms))

    def _response(self, rt60_s: float, band_hz: tuple[float, float]) -> Wave:
        samples = max(1, round(rt60_s * RATE_HZ))
        decay = 10 ** (-3 * np.arange(samples) / samples)
        walls = self._random.normal(size=samples) * decay
        walls[: samples_of(2)] = 0.0  # the first wall is further away than the loudspeaker
        energy = float(np.sum(walls**2))
        if energy > 0:
            walls *= 10 ** (-DIRECT_TO_ROOM_DB / 20) / np.sqrt(energy)
        walls[0] = 1.0
        response: Wave = np.convolve(walls, band_pass(*band_hz))
        if energy > 0:
            response /= np.sqrt(1 + 10 ** (-DIRECT_TO_ROOM_DB / 10))
        return response

    def jump(self, by_ms: float) -> None:
        """From now on the echo comes so much later or (below 0) earlier, as after an underflow or overflow of a card."""
        for _ in range(samples_of(abs(by_ms))):
            self._delay.append(0.0) if by_ms > 0 else self._delay.popleft()

    def echo(self, far: Pcm) -> Wave:
        """What the microphone hears of the next block that is played; full scale is 1.0."""
        played = to_float(far).astype(np.float64)
        if self._drive:
            played = np.tanh(self._drive * played) / self._drive
        self._tail += np.fft.irfft(np.fft.rfft(played, self._size) * self._spectrum, self._size)
        sounding = self._tail[:BLOCK_SAMPLES].copy()
        self._tail = np.concatenate([self._tail[BLOCK_SAMPLES:], np.zeros(BLOCK_SAMPLES)])
        self._delay.extend(sounding)
        return np.array([self._delay.popleft() for _ in range(BLOCK_SAMPLES)])

    def hear(self, far: Pcm, near: Pcm | None = None) -> Pcm:
        """What the microphone gives while `far` is handed to the speaker and a person says `near`; blocks at 16 kHz."""
        sound = self.echo(far) + self._noise * self._random.normal(size=BLOCK_SAMPLES)
        if near is not None:
            sound += to_float(near)
        return to_pcm(sound.astype(np.float32))

    def hear_all(self, far: Pcm, near: Pcm | None = None) -> Pcm:
        """The same for sound of any length, a multiple of a block long."""
        speech = [None] * (len(far) // BLOCK_SAMPLES) if near is None else list(blocks(near))
        return np.concatenate([self.hear(*pair) for pair in zip(blocks(far), speech, strict=True)])


def band_pass(low_hz: float, high_hz: float, taps: int = 129) -> Wave:
    """A linear-phase band-pass moved to the front, so that it delays nothing: its strongest tap is the first one that matters."""
    index = np.arange(taps) - taps // 2
    low, high = 2 * low_hz / RATE_HZ, 2 * high_hz / RATE_HZ
    response = (high * np.sinc(high * index) - low * np.sinc(low * index)) * np.hamming(taps)
    # A loudspeaker is causal and its phase minimal: the spectrum's logarithm is folded onto positive time.
    size = 8 * taps
    cepstrum = np.fft.irfft(np.log(np.maximum(np.abs(np.fft.rfft(response, size)), 1e-3)), size)
    cepstrum[1 : size // 2] *= 2
    cepstrum[size // 2 + 1 :] = 0
    return np.fft.irfft(np.exp(np.fft.rfft(cepstrum)), size)[:taps]


def at_level(pcm: Pcm, dbfs: float) -> Pcm:
    """`pcm` with another loudness over the stretches that sound; clipped where that is too loud."""
    sound: Float = to_float(pcm)
    loud = sound[np.abs(sound) > 0.01 * max(1e-6, float(np.abs(sound).max()))]
    rms = float(np.sqrt(np.mean(loud**2))) if len(loud) else 1.0
    return to_pcm((sound * np.float32(10 ** (dbfs / 20) / rms)).astype(np.float32))


def drifted(pcm: Pcm, ppm: float) -> Pcm:
    """`pcm` as a clock hears it that runs so much faster than the one it was made by."""
    places = np.arange(int(len(pcm) * (1 + ppm * 1e-6))) / (1 + ppm * 1e-6)
    return np.rint(np.interp(places, np.arange(len(pcm)), pcm)).astype(np.int16)
