"""Records both sides of a virtual sound card on one clock: what is said into its microphone, and what its loudspeaker plays."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from types import TracebackType
from typing import Final, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from virtual_sound_card import RATE_HZ, NoSoundServer, VirtualSoundCard
from voicecli.pcm import Pcm

SideName: TypeAlias = Literal["microphone", "loudspeaker"]

MONITORS: Final[dict[SideName, str]] = {"microphone": "mic_in.monitor", "loudspeaker": "speaker.monitor"}

RECORDER_MS: Final = 200
"""The latency that the recorder asks for. It is large, because the sound server renders in smaller blocks for everybody as soon as one program asks
for a small latency: the recorder would speed up what it measures."""

READY_S: Final = 10.0
GAP_MS: Final = (1.5, 120.0)
"""Zeros of this length inside sound are a gap: shorter ones occur in speech, longer ones are pauses."""

AROUND_S: Final = 1.0
"""How far from a stretch of sound deliveries still say when it was."""

AROUND_MS: Final = 8.0
LOUD: Final = 300.0
"""Root mean square from which sound around a gap is loud, so that the gap cannot be a silence between two words."""


class Side:
    """Everything that one side carries, with the time of each sample.

    The time of a sample is calculated from the deliveries of the seconds around it. The earliest of them counts, because a busy machine only delays.
    A virtual device renders a block before it is due, so the times of both sides are early by a block: their difference is right. While nothing
    but the recorder uses a device its blocks are as long as the recorder's latency, so only times while the program runs can be compared.

    Thread: its own reads; any may ask.
    """

    def __init__(self, card: VirtualSoundCard, name: SideName) -> None:
        recorder = ["parec", f"--device={MONITORS[name]}", "--raw", "--format=s16le", "--channels=1"]
        self._recorder = subprocess.Popen(
            [*recorder, f"--latency-msec={RECORDER_MS}", f"--rate={RATE_HZ}"],
            stdout=subprocess.PIPE,
            env={**os.environ, **card.environment},
        )
        self._pieces: list[bytes] = []
        self._bytes = 0
        self._deliveries: list[tuple[float, int]] = []  # when, and how many bytes by then
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def flows(self) -> bool:
        """Whether anything was delivered."""
        return self._bytes > 0

    def sound(self, from_s: float, to_s: float) -> Pcm:
        """Returns what was carried between two times. It waits until all of it was delivered."""
        deadline_s = time.monotonic() + READY_S
        while time.monotonic() < min(deadline_s, to_s + AROUND_S):
            time.sleep(0.02)
        while True:
            with self._lock:
                near = [each for each in self._deliveries if from_s - AROUND_S < each[0] < to_s + AROUND_S]
                first_s = min((at_s - count / 2 / RATE_HZ for at_s, count in near), default=from_s)
                start, end = (max(0, round((at_s - first_s) * RATE_HZ)) for at_s in (from_s, to_s))
                if self._bytes >= 2 * end or time.monotonic() > deadline_s:
                    return np.frombuffer(b"".join(self._pieces)[2 * start : 2 * end], dtype=np.int16)
            time.sleep(0.02)

    def close(self) -> None:
        """Ends the recording."""
        self._recorder.kill()
        self._recorder.wait()
        self._thread.join()
        if self._recorder.stdout is not None:
            self._recorder.stdout.close()

    def _read(self) -> None:
        assert self._recorder.stdout is not None  # noqa: S101 - for the type checker: it is a pipe
        while data := os.read(self._recorder.stdout.fileno(), 1 << 16):
            now_s = time.monotonic()
            with self._lock:
                self._pieces.append(data)
                self._bytes += len(data)
                self._deliveries.append((now_s, self._bytes))


class BothSides:
    """Both recordings, from entering to leaving.

    Raises:
        NoSoundServer: Nothing can be recorded.
    """

    def __init__(self, card: VirtualSoundCard) -> None:
        self.microphone = Side(card, "microphone")
        self.loudspeaker = Side(card, "loudspeaker")

    def __enter__(self) -> Self:
        deadline_s = time.monotonic() + READY_S
        while not (self.microphone.flows and self.loudspeaker.flows):
            if time.monotonic() > deadline_s:
                self.close()
                raise NoSoundServer("Nothing can be recorded from the virtual sound card.")
            time.sleep(0.02)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends both recordings."""
        self.microphone.close()
        self.loudspeaker.close()


def place_of(clip: Pcm, sound: Pcm) -> tuple[int, float]:
    """Returns at which sample of `sound` `clip` begins, and how certain that is: their correlation there, 0.0 to 1.0."""
    clip = clip[: len(sound)]
    size = 1 << (len(sound) + len(clip)).bit_length()
    template = clip.astype(np.float64)
    there = np.fft.irfft(np.fft.rfft(sound.astype(np.float64), size) * np.conj(np.fft.rfft(template, size)), size)
    energy = np.concatenate([[0.0], np.cumsum(sound.astype(np.float64) ** 2)])
    places = len(sound) - len(clip) + 1
    level = np.sqrt(np.maximum(energy[len(clip) :][:places] - energy[:places], 1.0))
    likeness = there[:places] / (level * max(1.0, float(np.sqrt((template**2).sum()))))
    best = int(np.argmax(likeness))
    return best, float(likeness[best])


def gaps(sound: Pcm) -> list[tuple[float, float]]:
    """Returns the gaps in played speech: at which second each begins, and its length in ms."""
    zero = np.concatenate([[False], sound == 0, [False]])
    edges = np.flatnonzero(np.diff(zero.astype(np.int8)))
    around = round(AROUND_MS * RATE_HZ / 1000)
    found = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        length_ms = (end - start) * 1000 / RATE_HZ
        if not GAP_MS[0] <= length_ms <= GAP_MS[1] or start < around or end + around > len(sound):
            continue
        if min(_loudness(sound[start - around : start]), _loudness(sound[end : end + around])) >= LOUD:
            found.append((start / RATE_HZ, length_ms))
    return found


def _loudness(sound: Pcm) -> float:
    squared: NDArray[np.float64] = sound.astype(np.float64) ** 2
    return float(np.sqrt(squared.mean()))
