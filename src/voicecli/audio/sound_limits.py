"""Limits on what a sound file may claim. The process that decodes files imports this module, so it imports nothing."""

from __future__ import annotations

from typing import Final

HIGHEST_RATE_HZ: Final = 768_000
LOWEST_RATE_HZ: Final = 2_000
"""Speech cannot be understood below this rate, and a rate of 1 Hz would make hours of sound from a few bytes."""

MOST_CHANNELS: Final = 255
"""The most channels that a WAV file may have."""

MOST_PIECE_SAMPLES: Final = 1_000_000
"""The most samples in memory at a time, of all channels together."""
