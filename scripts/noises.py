"""Makes the sounds of a lived-in room that are no speech, from numbers alone: the same seed gives the same sound.

Every maker gives shape (n,) float64 of any loudness; `at_level` sets it. None of them was made to suit a detector: they follow what is known of the
real thing (mains hum and its harmonics, noise that falls 3 dB an octave, the two strokes of a key, the three phases of a cough).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from voicecli.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, to_pcm

Sound: TypeAlias = NDArray[np.floating[Any]]
Maker: TypeAlias = Callable[[int, np.random.Generator], Sound]
"""How many samples, and where chance comes from."""

LOUD_SHARE: Final = 0.1
"""A sound is as loud as the loudest tenth of its 20 ms blocks: of keys and doors the silence between them does not count."""

SOUNDED: Final = 10 ** (-30 / 10)

FLOOR_DBFS: Final = -75.0
"""No room is digitally silent."""


def at_level(sound: Sound, dbfs: float, seed: int = 0) -> Pcm:
    """`sound` so loud, over the noise of a quiet room."""
    floor = np.random.default_rng(seed).normal(0.0, 10 ** (FLOOR_DBFS / 20), len(sound))
    loud = loudness(sound)
    scaled = sound * (10 ** (dbfs / 20) / loud) if loud else sound
    return to_pcm((scaled + floor).astype(np.float32))


def loudness(sound: Sound) -> float:
    """Root mean square of the loudest blocks, as an amplitude."""
    whole = sound[: len(sound) // BLOCK_SAMPLES * BLOCK_SAMPLES].astype(np.float64).reshape(-1, BLOCK_SAMPLES)
    power = np.sort((whole**2).mean(axis=1))
    return float(np.sqrt(power[-max(1, round(LOUD_SHARE * len(power))) :].mean()))


def loudness_of_speech(sound: Sound) -> float:
    """Root mean square of what is sounded, as an amplitude: of the blocks that are within 30 dB of the loudest."""
    whole = sound[: len(sound) // BLOCK_SAMPLES * BLOCK_SAMPLES].reshape(-1, BLOCK_SAMPLES)
    power = (whole**2).mean(axis=1)
    return float(np.sqrt(power[power > power.max() * SOUNDED].mean()))


def silence(n: int, _rng: np.random.Generator) -> Sound:
    """Nothing, but for the floor that `at_level` adds."""
    return np.zeros(n)


def hum(mains_hz: float) -> Maker:
    """A transformer: the mains and its harmonics, which swell a little."""

    def make(n: int, rng: np.random.Generator) -> Sound:
        time = np.arange(n) / RATE_HZ
        sound = np.zeros(n)
        for harmonic in range(1, 20):
            phase, size = rng.uniform(0, 2 * np.pi), rng.uniform(0.5, 1.0) / harmonic
            sound += size * np.sin(2 * np.pi * mains_hz * harmonic * time + phase)
        return sound * (1 + 0.2 * np.sin(2 * np.pi * 0.3 * time))

    return make


def white(n: int, rng: np.random.Generator) -> Sound:
    """The same power in every Hz: hiss."""
    return rng.normal(size=n)


def pink(n: int, rng: np.random.Generator) -> Sound:
    """The same power in every octave: rain, a fan, traffic far away."""
    return shaped(n, rng, lambda hz: 1 / np.sqrt(np.maximum(hz, 20.0)))


def shaped(n: int, rng: np.random.Generator, gain: Callable[[Sound], Sound]) -> Sound:
    """Noise with a spectrum."""
    spectrum = np.fft.rfft(rng.normal(size=n)) * gain(np.fft.rfftfreq(n, 1 / RATE_HZ))
    return np.fft.irfft(spectrum, n)


def band(n: int, rng: np.random.Generator, low_hz: float, high_hz: float) -> Sound:
    """Noise between two frequencies, with soft edges."""
    return shaped(n, rng, lambda hz: 1 / (1 + (low_hz / np.maximum(hz, 1.0)) ** 4) / (1 + (hz / high_hz) ** 4))


def keys(n: int, rng: np.random.Generator) -> Sound:
    """Somebody types: words of a few strokes; each goes down and comes up, a click of a few ms and the ring of the case."""
    sound = np.zeros(n)
    at = 0.0
    while True:
        for _ in range(rng.integers(3, 9)):
            at += rng.uniform(0.09, 0.22)
            add(sound, at, _stroke(rng))
            add(sound, at + rng.uniform(0.05, 0.11), 0.4 * _stroke(rng))
        at += rng.uniform(0.2, 2.5)
        if at * RATE_HZ > n:
            return sound


def _stroke(rng: np.random.Generator) -> Sound:
    length = RATE_HZ * 40 // 1000
    time = np.arange(length) / RATE_HZ
    click = rng.normal(size=length) * np.exp(-time / 0.003)
    ring = np.sin(2 * np.pi * rng.uniform(900, 4000) * time) * np.exp(-time / 0.010)
    stroke: Sound = rng.uniform(0.5, 1.0) * (click + 0.5 * ring)
    return stroke


def breath(n: int, rng: np.random.Generator) -> Sound:
    """Somebody breathes close to the microphone: in, out, and a rest; the band of a mouth without a voice."""
    sound = np.zeros(n)
    at = 0.5
    while at * RATE_HZ < n:
        for low_hz, high_hz, size in ((500.0, 4000.0, 0.7), (300.0, 2500.0, 1.0)):
            length = round(rng.uniform(0.7, 1.6) * RATE_HZ)
            add(sound, at, size * band(length, rng, low_hz, high_hz) * np.hanning(length) / np.sqrt(high_hz - low_hz))
            at += length / RATE_HZ + rng.uniform(0.1, 0.5)
        at += rng.uniform(0.5, 2.0)
    return sound


def coughs(n: int, rng: np.random.Generator) -> Sound:
    """One to three coughs at a time: a burst, air through the throat, and often a short sounded end."""
    sound = np.zeros(n)
    at = 1.0
    while at * RATE_HZ < n:
        for _ in range(rng.integers(1, 4)):
            add(sound, at, _cough(rng))
            at += rng.uniform(0.4, 0.7)
        at += rng.uniform(3.0, 8.0)
    return sound


def _cough(rng: np.random.Generator) -> Sound:
    length = RATE_HZ * 400 // 1000
    time = np.arange(length) / RATE_HZ
    burst = band(length, rng, 200.0, 6000.0) * np.exp(-time / 0.03)
    air = 0.4 * band(length, rng, 400.0, 3500.0) * np.exp(-(((time - 0.12) / 0.08) ** 2))
    noise = (burst + air) / max(float(np.abs(burst + air).max()), 1e-9)
    pulses = np.zeros(length)
    pulses[:: RATE_HZ // int(rng.integers(110, 260))] = 1.0
    throat = np.convolve(pulses, np.exp(-time[:160] / 0.002) * np.cos(2 * np.pi * 600 * time[:160]))[:length]
    voiced = rng.choice([0.0, 0.5]) * throat * np.exp(-(((time - 0.25) / 0.06) ** 2))
    cough: Sound = rng.uniform(0.6, 1.0) * (noise + voiced)
    return cough


def doors(n: int, rng: np.random.Generator) -> Sound:
    """A door falls shut somewhere in the house: a thud, the frame that rings on, the latch."""
    sound = np.zeros(n)
    at = 1.0
    while at * RATE_HZ < n:
        length = RATE_HZ * 700 // 1000
        time = np.arange(length) / RATE_HZ
        thud = np.sin(2 * np.pi * rng.uniform(50, 120) * time) * np.exp(-time / 0.12)
        rattle = band(length, rng, 100.0, 1500.0) * np.exp(-time / 0.06)
        add(sound, at, 2 * thud + rattle / max(float(np.abs(rattle).max()), 1e-9))
        add(sound, at + 0.06, 0.5 * _stroke(rng))
        at += rng.uniform(2.0, 8.0)
    return sound


SCALE_HZ: Final = tuple(220.0 * 2 ** (step / 12) for step in (0, 2, 4, 5, 7, 9, 11, 12, 14, 16, 17, 19, 21, 23, 24))
"""Two octaves of A major."""


def chords(n: int, rng: np.random.Generator) -> Sound:
    """A piano-like instrument plays a chord every second or so."""
    sound = np.zeros(n)
    at = 0.0
    while at * RATE_HZ < n:
        root = int(rng.integers(0, len(SCALE_HZ) - 4))
        for step in (0, 2, 4):
            add(sound, at, _note(SCALE_HZ[root + step] / 2, 2.0, rng, decay_s=0.7))
        at += float(rng.choice([0.5, 1.0, 1.5]))
    return sound


def melody(n: int, rng: np.random.Generator) -> Sound:
    """One instrument alone plays a tune: notes that are held and sway, as a flute's or a violin's."""
    sound = np.zeros(n)
    at, step = 0.0, 7
    while at * RATE_HZ < n:
        step = int(np.clip(step + rng.integers(-3, 4), 0, len(SCALE_HZ) - 1))
        length_s = float(rng.choice([0.25, 0.5, 0.5, 1.0]))
        add(sound, at, _note(SCALE_HZ[step], length_s, rng, vibrato=0.006))
        at += length_s + (rng.uniform(0.5, 1.5) if rng.random() < 0.1 else 0.0)  # noqa: PLR2004 - now and then a rest
    return sound


def _note(
    pitch_hz: float, length_s: float, rng: np.random.Generator, decay_s: float | None = None, vibrato: float = 0.0
) -> Sound:
    time = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    phase = 2 * np.pi * pitch_hz * (time + vibrato * np.sin(2 * np.pi * 5.5 * time) / (2 * np.pi * 5.5))
    harmonics = [h for h in range(1, 12) if h * pitch_hz < RATE_HZ / 2]
    sound = sum((np.sin(h * phase + rng.uniform(0, 2 * np.pi)) / h**1.5 for h in harmonics), np.zeros(len(time)))
    edges = np.minimum(1.0, np.minimum(time / 0.02, (time[-1] - time) / 0.04))
    note: Sound = sound * edges * (np.exp(-time / decay_s) if decay_s else 1.0)
    return note


def add(sound: Sound, at_s: float, part: Sound) -> None:
    """Puts `part` into `sound` where it belongs; what reaches over the end is left out."""
    start = round(at_s * RATE_HZ)
    end = min(len(sound), start + len(part))
    if start < end:
        sound[start:end] += part[: end - start]


def softened(speech: Sound) -> Sound:
    """`speech` as it comes from another room: low-passed at 2 kHz, with the echoes of that room behind it."""
    hz = np.fft.rfftfreq(len(speech), 1 / RATE_HZ)
    dull = np.fft.irfft(np.fft.rfft(speech) / (1 + (hz / 2000.0) ** 4), len(speech))
    room = dull.copy()
    for delay_ms, gain in ((17, 0.5), (31, 0.4), (53, 0.3), (89, 0.2), (143, 0.12)):
        delay = RATE_HZ * delay_ms // 1000
        room[delay:] += gain * dull[:-delay]
    return room


MAKERS: Final[dict[str, Maker]] = {
    "silence": silence,
    "hum 50 Hz": hum(50.0),
    "hum 60 Hz": hum(60.0),
    "white noise": white,
    "pink noise": pink,
    "keys": keys,
    "breath": breath,
    "coughs": coughs,
    "doors": doors,
    "chords": chords,
    "melody": melody,
}
"""All but speech."""
