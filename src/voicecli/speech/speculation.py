"""Decides how much work is done speculatively. Wasted work costs heat, and time on a slow machine."""

from __future__ import annotations

from typing import Literal, TypeAlias

from voicecli.config.choices import SpeculationChoice

Speculation: TypeAlias = Literal["off", "pauses", "speech"]
"""`off`: recognition starts when the utterance is over. `pauses`: an answer is started at every pause. `speech`: in addition, the speech so far is
transcribed while the person keeps speaking, shown, and read by the language model."""

FAST_MS = 500.0
"""A machine that recognises a short utterance in less time can afford one more recognition per second."""

SLOW_MS = 2000.0
"""A slower machine is still busy with a pause when the person continues, every time."""

PARTIAL_MS = 1000
"""How often the speech so far is transcribed."""


def choose(wanted: SpeculationChoice, *, recognition_ms: float, on_battery: bool) -> Speculation:
    """Chooses the speculation for this machine.

    Args:
        wanted: The user's setting.
        recognition_ms: How long the recogniser takes for a short utterance here, measured at the start of the session.
        on_battery: Whether the machine runs on battery.
    """
    if wanted != "auto":
        return wanted
    if recognition_ms > SLOW_MS:
        return "off"
    return "pauses" if on_battery or recognition_ms > FAST_MS else "speech"
