"""Chooses how much sound the card holds back.

What the card and the sound server hold is heard after an answer was paused, so it should be little. With too little, sound breaks off as soon as
the machine is busy. The smallest size that works differs between machines, so it is found by trying: a session begins with the size that worked
last time, and after an underrun it takes the next larger one. The output is open all the time, so most underruns occur in silence, while the
models are loaded, and are not heard.
"""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from voicecli.config import paths
from voicecli.config.documents import MalformedError, parse_json, read_bounded


@dataclass(frozen=True, slots=True, kw_only=True)
class BufferSize:
    """What is requested from PortAudio.

    Attributes:
        block_ms: Length of a block.
        held_ms: How much sound the card and the server hold, of which a block is a part.
    """

    block_ms: float
    held_ms: float


SIZES: Final = (
    BufferSize(block_ms=10.0, held_ms=20.0),
    BufferSize(block_ms=10.0, held_ms=30.0),
    BufferSize(block_ms=20.0, held_ms=40.0),
    BufferSize(block_ms=20.0, held_ms=80.0),
)
"""From the smallest to the largest. The third is what PortAudio calls "high" for blocks of 20 ms."""

USUAL: Final = 2
"""The size where nobody can interrupt, or nobody waits for silence."""

SETTLING_S: Final = 0.2
"""Underruns right after a stream was opened are part of its start."""

CALM_S: Final = 600.0
"""A session of this length without an underrun shows that the next smaller size is worth trying."""

ENOUGH: Final = 3
"""How many underruns the usual size may have before a larger one is taken. More than that is heard late by everybody who interrupts."""

_MOST_BYTES: Final = 1 << 16
"""The largest file that is read. Fifty devices take a tenth of it."""

_MOST_DEVICES: Final = 50
"""How many devices are remembered; those that were used longest ago are forgotten."""


class OutputBuffer:
    """The size of one speaker's buffer.

    Thread: `opened`, `enlarge` and `calmed` from the thread that opens the stream; `broke_off` from the speaker's; the rest from any.

    Args:
        step: Which of `SIZES` to begin with.
    """

    def __init__(self, step: int = 0) -> None:
        self._step = min(max(step, 0), len(SIZES) - 1)
        self._first_s = self._opened_s = time.monotonic()
        self._underruns = 0  # with the present size
        self._enlarged = False

    @property
    def step(self) -> int:
        """Which of `SIZES` it is."""
        return self._step

    @property
    def size(self) -> BufferSize:
        """The present size."""
        return SIZES[self._step]

    @property
    def too_small(self) -> bool:
        """Whether sound broke off too often with the present size, and there is a larger one."""
        return self._underruns >= (1 if self._step < USUAL else ENOUGH) and self._step < len(SIZES) - 1

    @property
    def underruns(self) -> int:
        """How often sound broke off with the present size."""
        return self._underruns

    def opened(self) -> None:
        """Notes that the stream was opened with the present size."""
        self._underruns = 0
        self._opened_s = time.monotonic()

    def broke_off(self) -> None:
        """Notes an underrun."""
        if time.monotonic() - self._opened_s >= SETTLING_S:
            self._underruns += 1

    def enlarge(self) -> None:
        """Takes the next larger size."""
        self._step = min(self._step + 1, len(SIZES) - 1)
        self._enlarged = True

    @property
    def next_step(self) -> int:
        """The step with which the next session begins: the present one, or after a long session without an underrun the next smaller one."""
        calm = not self._enlarged and not self._underruns and time.monotonic() - self._first_s >= CALM_S
        return max(0, self._step - 1) if calm else self._step


def remembered_step(device: str) -> int:
    """Returns the step that worked with `device` last time; the smallest for an unknown device."""
    return _read().get(device, 0)


def remember(device: str, step: int) -> None:
    """Stores the step for the next session. Nothing happens if it cannot be written."""
    known = _read()
    if known.get(device, 0) == step:
        return
    known.pop(device, None)
    newest = dict([*known.items(), (device, step)][-_MOST_DEVICES:])
    with contextlib.suppress(OSError):
        paths.write_private(_file(), json.dumps(newest, indent=0))


def _file() -> Path:
    return paths.state_dir() / "output-buffers.json"


def _read() -> dict[str, int]:
    try:
        known = parse_json(read_bounded(_file(), _MOST_BYTES))
    except (OSError, MalformedError):
        return {}
    if not isinstance(known, dict):
        return {}
    return {name: step for name, step in known.items() if isinstance(step, int) and 0 <= step < len(SIZES)}
