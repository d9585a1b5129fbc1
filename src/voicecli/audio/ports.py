"""What the program asks of a microphone and a speaker.

A microphone pushes and a speaker pulls; both do it from a thread of their own (PortAudio's, or a clock's) at the pace of sound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeAlias

from voicecli.pcm import Pcm

BlockSink: TypeAlias = Callable[[Pcm, int], None]
"""Takes a captured block, shape (BLOCK_SAMPLES,) at 16 kHz, that it may keep, and the index of its first sample
since the microphone was started. Indices go on counting over blocks that were lost. Called from the microphone's thread: it must
wait for nothing and raise nothing."""

BlockSource: TypeAlias = Callable[[int], Pcm]
"""Gives the next n samples to be played, shape (n,) at the speaker's rate. Called from the speaker's thread, same rules."""


HELD_MS = 100
"""What was handed to a card is heard after so long at most; a speaker that is stopped sooner swallows the end of it. Of a tone of
1000 ms, 950 were heard without waiting, 990 after 50 ms, all after 100 ms (PulseAudio 16.1)."""


CARD_HELD_MS = 40.0
"""What a card holds back as a rule: what PortAudio reports of blocks of 20 ms with `latency="high"`, and two blocks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceHealth:
    """How a device has fared since it was started.

    Attributes:
        lost_blocks: Blocks the card said it dropped (microphone overflow, speaker underflow).
        alive: False when the device is gone or has stopped calling.
    """

    lost_blocks: int
    alive: bool


class Microphone(Protocol):
    """A source of sound."""

    @property
    def name(self) -> str:
        """In words for a user."""
        ...

    def start(self, sink: BlockSink) -> None:
        """Begins to push blocks into `sink`.

        Raises:
            AudioError: The device cannot be opened.
        """
        ...

    def stop(self) -> None:
        """Ends; after it returns `sink` is not called again. May be called twice."""
        ...

    def health(self) -> DeviceHealth:
        """How it fares; cheap, from any thread."""
        ...


class Speaker(Protocol):
    """A sink for sound. One stream for a whole session, silent when idle."""

    @property
    def name(self) -> str:
        """In words for a user."""
        ...

    @property
    def rate_hz(self) -> int:
        """The rate at which it pulls; known from construction on."""
        ...

    @property
    def held_ms(self) -> float:
        """How long after it was pulled a sample is heard, as a rule; known from construction on."""
        ...

    def start(self, source: BlockSource) -> None:
        """Begins to pull from `source`.

        Raises:
            AudioError: The device cannot be opened.
        """
        ...

    def stop(self) -> None:
        """Ends at once, with what was pulled in the last `HELD_MS` unheard; after it returns `source` is not called again.

        May be called twice.
        """
        ...

    def health(self) -> DeviceHealth:
        """How it fares; cheap, from any thread."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cleaned:
    """A block of the microphone without what the speaker plays; both arrays have the shape of the block.

    Attributes:
        decide: For the voice detectors: hardly any echo is left, and of a person who speaks at the same time not everything.
        transcribe: For the recogniser: the person is left whole, and some echo with them.
    """

    decide: Pcm
    transcribe: Pcm


class EchoCanceller(Protocol):
    """Takes the speaker's sound out of the microphone's. Learns the room while something plays; owned by the thread that listens."""

    @property
    def name(self) -> str:
        """In words for a user."""
        ...

    def process(self, near: Pcm, far: Pcm) -> Cleaned:
        """Cleans the next block.

        Args:
            near: What the microphone heard, shape (BLOCK_SAMPLES,) at 16 kHz.
            far: What was handed to the speaker at that time or earlier than it can have been heard, same shape. Sound that reaches the microphone
                before it is in `far` is not cancelled.
        """
        ...


class Cancelling(Enum):
    """How well the echo is cancelled."""

    CONVERGED = "converged"
    LEARNING = "learning"
    NOT_CONVERGING = "not converging"


class NearEnd(Protocol):
    """The microphone without what the speaker plays; owned by the thread that listens."""

    @property
    def playing(self) -> bool:
        """Whether something was played so lately that its echo may still come."""
        ...

    def clean(self, near: Pcm, first_sample: int) -> Cleaned:
        """The next block, shape (BLOCK_SAMPLES,), whose first sample has that index, without the echo."""
        ...

    def judge(self, *, speech: bool) -> Cancelling:
        """How well echoes are cancelled, after the block that was cleaned last; `speech`: a voice was heard in it."""
        ...

    def is_echo(self) -> bool:
        """Whether the voice in the newest block is the speaker's own, in spite of all cancelling."""
        ...

    def was_disturbed(self) -> bool:
        """Whether blocks were lost or moved since this was asked last, so that for a while some echo may be left."""
        ...
