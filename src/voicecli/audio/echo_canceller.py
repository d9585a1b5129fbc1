"""Echo cancellation with two cancellers side by side, because neither is good at both jobs.

WebRTC's AEC3 leaves so little echo that a voice detector never fires on it. During double talk, however, it also attenuates the person, and
a recogniser misses the first words. A linear filter (speexdsp's) leaves the person's voice intact, and enough echo for a voice
detector to fire on. So AEC3 decides whether a person speaks, and the linear filter's output is transcribed.
docs/decisions/0007-two-echo-cancellers.md has the figures.
"""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Callable
from typing import Protocol

import numpy as np

from voicecli.audio.ports import Cleaned
from voicecli.config.choices import EchoCancelling
from voicecli.errors import AudioError, EngineNotInstalled
from voicecli.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, blocks_of, silence

AEC3_DELAY_SAMPLES = 128
"""Delay of AEC3's output relative to its input (measured; AEC3 works on blocks of 64 samples)."""

TAIL_SAMPLES = 8192
"""The longest echo delay that the linear filter covers: 512 ms for devices and room together, as with Bluetooth loudspeakers.
Half of it adapts to a near room a little faster, and cancels nothing at 300 ms."""

BYPASS_BLOCKS = blocks_of(1000)
"""How long nothing must have been played before cancelling stops. It is longer than any device or room holds a sound."""

PRIMING_BLOCKS = 2
"""How much of the near end primes a canceller after a bypass. It is more than either canceller buffers."""


class OneCanceller(Protocol):
    """The interface that both cancellers share. Each keeps its state from block to block and processes every block that is not bypassed."""

    name: str

    def cancel(self, near: Pcm, far: Pcm) -> Pcm:
        """Returns the near end without the far end. All three arrays have shape (BLOCK_SAMPLES,)."""
        ...


class DualEchoCanceller:
    """Runs AEC3 for `decide` and a linear filter for `transcribe`. Both are bypassed from one second after the last sound.

    `transcribe` keeps its samples at the positions they have in `near`. `decide` is always 8 ms late, bypassed or not, which is AEC3's delay.
    Neither canceller is ever reset, because what it has learned about the room helps with the next answer.

    Thread: the listener's.

    Args:
        deciding: Computes `decide`, `AEC3_DELAY_SAMPLES` late.
        transcribing: Computes `transcribe`; None to use `decide` for both.
    """

    def __init__(self, deciding: OneCanceller, transcribing: OneCanceller | None) -> None:
        self.name = deciding.name if transcribing is None else f"{deciding.name}, {transcribing.name}"
        self.on_lost: Callable[[Exception], object] | None = None
        """Called in the listener's thread when `transcribing` fails. From then on `transcribe` is the same as `decide`."""
        self._deciding = deciding
        self._transcribing = transcribing
        self._quiet_blocks = BYPASS_BLOCKS
        self._bypassed = True
        self._before = [silence(BLOCK_SAMPLES)] * PRIMING_BLOCKS
        self._fade_in = np.linspace(0.0, 1.0, BLOCK_SAMPLES, endpoint=False, dtype=np.float32)

    def process(self, near: Pcm, far: Pcm) -> Cleaned:
        """Cleans the next block; see `EchoCanceller.process`."""
        self._quiet_blocks = 0 if far.any() else self._quiet_blocks + 1
        was_bypassed, self._bypassed = self._bypassed, self._quiet_blocks >= BYPASS_BLOCKS
        late = np.concatenate([self._before[-1][-AEC3_DELAY_SAMPLES:], near[:-AEC3_DELAY_SAMPLES]])
        around = Cleaned(decide=late, transcribe=near if self._transcribing is not None else late)
        if was_bypassed and self._bypassed:
            cleaned = around
        else:
            if was_bypassed:
                for block in self._before:
                    self._through(block, silence(BLOCK_SAMPLES))
            cleaned = self._through(near, far)
            if was_bypassed:
                cleaned = self._faded(around, cleaned)
            elif self._bypassed:
                cleaned = self._faded(cleaned, around)
        self._before = [*self._before[1:], near]
        return cleaned

    def _through(self, near: Pcm, far: Pcm) -> Cleaned:
        decide = self._deciding.cancel(near, far)
        if self._transcribing is not None:
            try:
                return Cleaned(decide=decide, transcribe=self._transcribing.cancel(near, far))
            except Exception as error:  # noqa: BLE001 - after any error the other one suffices
                self._transcribing = None
                if self.on_lost is not None:
                    self.on_lost(error)
        return Cleaned(decide=decide, transcribe=decide)

    def _faded(self, old: Cleaned, new: Cleaned) -> Cleaned:
        """Crossfades from `old` to `new` over one block. They differ slightly, because a filter changes even sound without echo."""
        return Cleaned(
            decide=self._mixed(old.decide, new.decide), transcribe=self._mixed(old.transcribe, new.transcribe)
        )

    def _mixed(self, old: Pcm, new: Pcm) -> Pcm:
        return np.rint(old + (new.astype(np.float32) - old) * self._fade_in).astype(np.int16)


class Aec3:
    """WebRTC's third echo canceller. It finds the delay by itself, up to half a second, and suppresses what its filter leaves.

    It runs without WebRTC's noise suppressor, which makes it attenuate a person more, and without a delay hint, which does not help.

    Raises:
        EngineNotInstalled: pywebrtc-audio is missing.
    """

    name = "AEC3"

    def __init__(self) -> None:
        try:
            from pywebrtc_audio import EchoCanceller as WebrtcCanceller
        except ImportError as error:
            raise EngineNotInstalled(
                "pywebrtc-audio, which cancels the speaker's echo, is not installed.", "pip install pywebrtc-audio"
            ) from error
        self._canceller = WebrtcCanceller(RATE_HZ)
        # With a far end of zeros AEC3 computes with denormal numbers, which is more than ten times slower.
        self._dither = np.random.default_rng(0).choice(np.array([-1, 1], dtype=np.int16), BLOCK_SAMPLES)

    def cancel(self, near: Pcm, far: Pcm) -> Pcm:
        """Returns the near end without the far end, `AEC3_DELAY_SAMPLES` late.

        Raises:
            AudioError: The library failed.
        """
        try:
            cleaned: Pcm = self._canceller.process(near, np.where(far == 0, self._dither, far))
        except Exception as error:  # its C++ library raises whatever the standard library does
            raise AudioError("The echo canceller AEC3 failed.", "voicecli config set audio.duplex half") from error
        return cleaned


class LinearCanceller:
    """speexdsp's adaptive filter without its preprocessor. It subtracts the estimated echo and changes nothing else.

    Raises:
        EngineNotInstalled: pyaec is missing, or has no library for this machine.
    """

    name = "speexdsp"

    def __init__(self) -> None:
        try:
            from pyaec import AecHandle, lib

            state = lib.AecNew(BLOCK_SAMPLES, TAIL_SAMPLES, RATE_HZ, False)
            self._run = lib.AecCancelEcho
            self._finalizer = weakref.finalize(self, lib.AecDestroy, state)
        except (ImportError, OSError, AttributeError) as error:  # pyaec prints the error, and lacks its functions
            raise EngineNotInstalled(
                "pyaec, which cleans what is transcribed, is not installed or does not run here.", "pip install pyaec"
            ) from error
        self._state: ctypes._Pointer[AecHandle] = state

    def cancel(self, near: Pcm, far: Pcm) -> Pcm:
        """Returns the near end without the far end, without delay."""
        # pyaec's own class takes and returns lists, which costs three times as much as the filter.
        cleaned = np.empty(BLOCK_SAMPLES, dtype=np.int16)
        self._run(self._state, _pointer(near), _pointer(far), _pointer(cleaned), BLOCK_SAMPLES)
        return cleaned


def _pointer(pcm: Pcm) -> ctypes._Pointer[ctypes.c_int16]:
    return np.ascontiguousarray(pcm).ctypes.data_as(ctypes.POINTER(ctypes.c_int16))


def make_canceller(mode: EchoCancelling) -> DualEchoCanceller:
    """Returns the canceller for a setting other than `off`: `auto` uses AEC3 for both jobs if the linear canceller is missing; `on` does not.

    Raises:
        EngineNotInstalled: A package is missing. The session must then be half duplex: the microphone is closed while an answer plays.
    """
    deciding = Aec3()
    try:
        transcribing = LinearCanceller()
    except EngineNotInstalled:
        if mode == "on":
            raise
        transcribing = None
    return DualEchoCanceller(deciding, transcribing)
