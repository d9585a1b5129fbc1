"""The interfaces of microphones, speakers and echo cancellers.

A microphone pushes and a speaker pulls. Both do so from their own thread (PortAudio's, or a clock's) at the pace of sound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeAlias

from voicecli.pcm import Pcm

BlockSink: TypeAlias = Callable[[Pcm, int], None]
"""Takes a captured block, shape (BLOCK_SAMPLES,) at 16 kHz, which it may keep, and the index of its first sample
since the microphone was started. Indices advance over lost blocks. It is called from the microphone's thread, must
not wait and must not raise."""

BlockSource: TypeAlias = Callable[[int], Pcm]
"""Returns the next n samples to be played, shape (n,) at the speaker's rate. It is called from the speaker's thread, with the same rules."""


HELD_MS = 100
"""The longest time until a card plays what was handed to it. A speaker that is stopped sooner loses the end. Of a tone of
1000 ms, 950 ms were heard without waiting, 990 ms after 50 ms, and all after 100 ms (PulseAudio 16.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceHealth:
    """The state of a device since it was started.

    Attributes:
        lost_blocks: Number of blocks that the card reported as lost (microphone overflow, speaker underflow).
        alive: False if the device is gone or has stopped calling back.
        flows: Whether it has called back since it was opened last.
        silent: Whether a microphone delivers nothing but zeros although it should not: from the start, or after it was never quite silent before.
    """

    lost_blocks: int
    alive: bool
    flows: bool = True
    silent: bool = False


class Microphone(Protocol):
    """A source of sound."""

    @property
    def name(self) -> str:
        """The name shown to users."""
        ...

    def start(self, sink: BlockSink) -> None:
        """Starts pushing blocks into `sink`.

        Raises:
            AudioError: The device cannot be opened.
        """
        ...

    def stop(self) -> None:
        """Stops. `sink` is not called again after this method returns. May be called twice."""
        ...

    def health(self) -> DeviceHealth:
        """Returns the device's health. Cheap; from any thread."""
        ...


class Speaker(Protocol):
    """A sink for sound. It keeps one stream open for a whole session, silent when idle."""

    @property
    def name(self) -> str:
        """The name shown to users."""
        ...

    @property
    def rate_hz(self) -> int:
        """The rate at which it pulls, fixed at construction."""
        ...

    @property
    def held_ms(self) -> float:
        """The usual time from the pull of a sample until it is heard."""
        ...

    def start(self, source: BlockSource) -> None:
        """Starts pulling from `source`.

        Raises:
            AudioError: The device cannot be opened.
        """
        ...

    def stop(self) -> None:
        """Stops at once. What was pulled in the last `HELD_MS` is not heard. `source` is not called again after this method returns.

        May be called twice.
        """
        ...

    def health(self) -> DeviceHealth:
        """Returns the device's health. Cheap; from any thread."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cleaned:
    """A block of the microphone without what the speaker plays. Both arrays have the shape of the block.

    Attributes:
        decide: For the voice detectors. Hardly any echo is left, but a person who speaks at the same time is attenuated.
        transcribe: For the recogniser. The person's voice is intact, but some echo is left.
    """

    decide: Pcm
    transcribe: Pcm


class EchoCanceller(Protocol):
    """Removes the speaker's sound from the microphone's. It learns the room while something plays. It is owned by the listener's thread."""

    @property
    def name(self) -> str:
        """The name shown to users."""
        ...

    def process(self, near: Pcm, far: Pcm) -> Cleaned:
        """Cleans the next block.

        Args:
            near: What the microphone recorded, shape (BLOCK_SAMPLES,) at 16 kHz.
            far: What was handed to the speaker at that time, or earlier than it can have been heard; same shape. Sound that reaches the microphone
                before it is in `far` is not cancelled.
        """
        ...


class Cancelling(Enum):
    """How well the echo is cancelled."""

    CONVERGED = "converged"
    LEARNING = "learning"
    NOT_CONVERGING = "not converging"


class NearEnd(Protocol):
    """The microphone without what the speaker plays. It is owned by the listener's thread."""

    @property
    def playing(self) -> bool:
        """Whether something was played so recently that its echo may still arrive."""
        ...

    def clean(self, near: Pcm, first_sample: int) -> Cleaned:
        """Returns the next block, shape (BLOCK_SAMPLES,), without the echo. `first_sample` is the index of its first sample."""
        ...

    def judge(self, *, speech: bool) -> Cancelling:
        """Returns how well echoes are cancelled, after the last cleaned block. `speech`: whether a voice was detected in that block."""
        ...

    def is_echo(self) -> bool:
        """Whether the voice in the newest block is the speaker's own, in spite of the cancelling."""
        ...

    def was_disturbed(self) -> bool:
        """Whether blocks were lost or moved since the last call. For a while, some echo may be left."""
        ...
