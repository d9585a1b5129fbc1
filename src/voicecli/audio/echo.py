"""Echo cancellation: two cancellers side by side, since none is good at both of its jobs.

WebRTC's AEC3 leaves so little of an echo that a voice detector never fires on it, but while both sides speak it holds the person down too, and
a recogniser misses the first words. A linear filter (speexdsp's) leaves the person whole, and enough echo for a voice
detector to fire on. So the first decides whether somebody speaks, and the second is what is written down.
docs/decisions/0007-two-echo-cancellers.md has the figures.
"""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Callable
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np

from voicecli.audio.ports import Cleaned
from voicecli.errors import EngineNotInstalled
from voicecli.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, blocks_of, silence

Mode: TypeAlias = Literal["auto", "on"]
"""`auto` makes do with AEC3 for both jobs where the linear canceller is missing, `on` does not."""

AEC3_DELAY_SAMPLES = 128
"""By how much AEC3's output comes after its input (measured; it works on blocks of 64 samples)."""

TAIL_SAMPLES = 8192
"""How much later than the far end an echo may come to be cancelled linearly: 512 ms, devices and room together, as with loudspeakers on Bluetooth.
Half of it learns a near room a little faster, and at 300 ms cancels nothing."""

BYPASS_BLOCKS = blocks_of(1000)
"""How long nothing must have been played before cancelling stops: longer than any device or room holds a sound."""

PRIMING_BLOCKS = 2
"""How much of the near end a canceller that was bypassed is given first: more than either holds inside."""


class OneCanceller(Protocol):
    """What the two have in common. Each keeps its state from block to block and takes every block that is not bypassed."""

    name: str

    def cancel(self, near: Pcm, far: Pcm) -> Pcm:
        """The near end without the far end; all three of shape (BLOCK_SAMPLES,)."""
        ...


class TwoCancellers:
    """AEC3 to decide, a linear filter to transcribe; both idle from one second after the last sound on.

    `transcribe` keeps its samples where they are in `near`. `decide` is 8 ms late all the time, bypassed or not, since that is AEC3's delay.
    Neither is ever reset: what it knows of the room is good for the next answer.

    Thread: the one that listens.

    Args:
        deciding: Gives `decide`, `AEC3_DELAY_SAMPLES` late.
        transcribing: Gives `transcribe`; None for the same as `decide`.
    """

    def __init__(self, deciding: OneCanceller, transcribing: OneCanceller | None) -> None:
        self.name = deciding.name if transcribing is None else f"{deciding.name}, {transcribing.name}"
        self.on_lost: Callable[[Exception], object] | None = None
        """Told, in the thread that listens, that `transcribing` has failed; from then on `transcribe` is the same as `decide`."""
        self._deciding = deciding
        self._transcribing = transcribing
        self._quiet_blocks = BYPASS_BLOCKS
        self._bypassed = True
        self._before = [silence(BLOCK_SAMPLES)] * PRIMING_BLOCKS
        self._fade_in = np.linspace(0.0, 1.0, BLOCK_SAMPLES, endpoint=False, dtype=np.float32)

    @property
    def bypassed(self) -> bool:
        """Whether the newest block went through as it was."""
        return self._bypassed

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
            except Exception as error:  # noqa: BLE001 - whatever it is, the other one is enough to go on with
                self._transcribing = None
                if self.on_lost is not None:
                    self.on_lost(error)
        return Cleaned(decide=decide, transcribe=decide)

    def _faded(self, old: Cleaned, new: Cleaned) -> Cleaned:
        """From the one to the other over a block: they differ by what a filter does to sound that holds no echo, little but not nothing."""
        return Cleaned(
            decide=self._mixed(old.decide, new.decide), transcribe=self._mixed(old.transcribe, new.transcribe)
        )

    def _mixed(self, old: Pcm, new: Pcm) -> Pcm:
        return np.rint(old + (new.astype(np.float32) - old) * self._fade_in).astype(np.int16)


class Aec3:
    """WebRTC's third echo canceller: finds the delay by itself, up to half a second, and suppresses what its filter leaves.

    Without WebRTC's noise suppressor, which makes it hold down a person more, and without any hint at the delay, which helps nothing.

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
        # A far end of zeros makes it compute with denormal numbers, which costs ten times as much and more.
        self._dither = np.random.default_rng(0).choice(np.array([-1, 1], dtype=np.int16), BLOCK_SAMPLES)

    def cancel(self, near: Pcm, far: Pcm) -> Pcm:
        """The near end without the far end, `AEC3_DELAY_SAMPLES` late."""
        cleaned: Pcm = self._canceller.process(near, np.where(far == 0, self._dither, far))
        return cleaned


class LinearCanceller:
    """speexdsp's adaptive filter without its preprocessor: subtracts what it takes for the echo and touches nothing else.

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
        except (ImportError, OSError, AttributeError) as error:  # it prints, and is left without functions
            raise EngineNotInstalled(
                "pyaec, which cleans what is transcribed, is not installed or does not run here.", "pip install pyaec"
            ) from error
        self._state: ctypes._Pointer[AecHandle] = state

    def cancel(self, near: Pcm, far: Pcm) -> Pcm:
        """The near end without the far end, sample by sample in its place."""
        # pyaec's own class takes and gives lists, which costs three times what the filter does.
        cleaned = np.empty(BLOCK_SAMPLES, dtype=np.int16)
        self._run(self._state, _pointer(near), _pointer(far), _pointer(cleaned), BLOCK_SAMPLES)
        return cleaned


def _pointer(pcm: Pcm) -> Any:  # noqa: ANN401 - ctypes makes the type
    return np.ascontiguousarray(pcm).ctypes.data_as(ctypes.POINTER(ctypes.c_int16))


def make_canceller(mode: Mode) -> TwoCancellers:
    """The canceller for `echo_cancel = auto|on`.

    Raises:
        EngineNotInstalled: A package is missing; then the microphone has to be shut while an answer sounds.
    """
    deciding = Aec3()
    try:
        transcribing = LinearCanceller()
    except EngineNotInstalled:
        if mode == "on":
            raise
        transcribing = None
    return TwoCancellers(deciding, transcribing)
